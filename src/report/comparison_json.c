/* A comparison for programs. ASCII only: what is not is written as \uXXXX. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/comparison.h"
#include "report/json_text.h"

static const char *const verdicts[] = {
    [COMPARE_NO_DIFFERENCE] = "no_difference",
    [COMPARE_SLOWER] = "slower",
    [COMPARE_FASTER] = "faster",
    [COMPARE_TOO_LITTLE] = "too_little_data",
};

static void number(struct buf *out, const char *key, double value) {
    buf_printf(out, "\"%s\": ", key);
    json_number(out, value);
}

static void two(struct buf *out, const char *key, double low, double high) {
    buf_printf(out, "\"%s\": ", key);
    if (!isfinite(low) && !isfinite(high)) {
        buf_str(out, "null");
        return;
    }
    for (int i = 0; i < 2; i++) {
        buf_str(out, i == 0 ? "[" : ", ");
        json_number(out, i == 0 ? low : high);
    }
    buf_char(out, ']');
}

static void one(struct buf *out, const struct comparison *c, const struct comparison_entry *x,
                size_t s) {
    const struct compare_result *r = &x->results[s];
    enum compare_kind kind = comparison_statistics[s].measure.kind;
    double unit = kind == COMPARE_MEAN || kind == COMPARE_QUANTILE ? 1e-3 : 1;
    buf_str(out, "    {\"name\": ");
    json_text(out, x->name);
    buf_str(out, ", \"method\": ");
    json_text(out, x->method);
    buf_printf(out, ", \"statistic\": \"%s\", ", comparison_statistics[s].word);
    number(out, "base", r->base * unit);
    buf_str(out, ", ");
    number(out, "new", r->with * unit);
    buf_str(out, ", ");
    number(out, "difference", r->difference * unit);
    buf_str(out, ", ");
    two(out, "difference_interval", r->difference_low * unit, r->difference_high * unit);
    buf_str(out, ", ");
    number(out, "ratio", r->ratio);
    buf_str(out, ", ");
    two(out, "interval", r->ratio_low, r->ratio_high);
    buf_str(out, ", ");
    number(out, "p_value", r->p_value);
    buf_printf(out, ", \"verdict\": \"%s\", \"verdict_alone\": \"%s\", ", verdicts[r->verdict],
               verdicts[r->alone]);
    two(out, "block_seconds", r->lack == COMPARE_LACK_REQUESTS ? (double)NAN : r->block_s[0],
        r->lack == COMPARE_LACK_REQUESTS ? (double)NAN : r->block_s[1]);
    struct buf sentence;
    buf_init(&sentence, out->max);
    comparison_sentence(c, x, s, &sentence);
    if (!buf_ok(&sentence))
        out->failed = true;
    buf_str(out, ", \"sentence\": ");
    json_text(out, buf_text(&sentence));
    buf_char(out, '}');
    buf_done(&sentence);
}

static void ranks(struct buf *out, const struct comparison *c) {
    for (size_t i = 0; i < c->entry_count; i++) {
        const struct comparison_entry *x = &c->entries[i];
        buf_str(out, i == 0 ? "\n    {\"name\": " : ",\n    {\"name\": ");
        json_text(out, x->name);
        buf_str(out, ", \"method\": ");
        json_text(out, x->method);
        buf_printf(out, ", \"requests\": [%" PRIu64 ", %" PRIu64 "], ", x->requests[0],
                   x->requests[1]);
        number(out, "u", x->rank.u);
        buf_str(out, ", ");
        number(out, "share", x->rank.share);
        buf_str(out, ", ");
        two(out, "interval", x->rank.low, x->rank.high);
        buf_str(out, ", ");
        number(out, "p_value", x->rank.p_value);
        buf_char(out, '}');
    }
}

static void files(struct buf *out, const struct comparison *c) {
    for (size_t i = 0; i < c->file_count; i++) {
        const struct comparison_file *f = &c->files[i];
        buf_str(out, i == 0 ? "\n      {\"file\": " : ",\n      {\"file\": ");
        json_text(out, f->path);
        buf_printf(out,
                   ", \"side\": \"%s\", \"from_seconds\": %.6f, \"to_seconds\": %.6f, \"rule\": ",
                   f->with ? "new" : "base", (double)f->from_us / 1e6, (double)f->to_us / 1e6);
        json_text(out, f->rule);
        buf_printf(out,
                   ", \"requests\": %" PRIu64 ", \"left_out\": {\"before\": %" PRIu64
                   ", \"after\": %" PRIu64 ", \"without_time\": %" PRIu64 "}}",
                   f->requests, f->before, f->after, f->untimed);
    }
}

void comparison_emit_json(struct buf *out, const struct comparison *c) {
    buf_str(out, "{\n  \"comparisons\": [");
    for (size_t i = 0; i < c->entry_count; i++)
        for (size_t s = 0; s < COMPARISON_STATISTICS; s++) {
            buf_str(out, i + s == 0 ? "\n" : ",\n");
            one(out, c, &c->entries[i], s);
        }
    buf_str(out, "\n  ],\n  \"mann_whitney\": [");
    ranks(out, c);
    buf_printf(out,
               "\n  ],\n  \"method\": {\n    \"bootstrap\": \"%s\",\n    \"resamples\": %u,\n"
               "    \"seed\": \"%" PRIu64 "\",\n    \"confidence\": %.15g,\n"
               "    \"verdicts\": \"holm\",\n    \"family\": %zu,\n    \"time\": \"%s\",\n"
               "    \"runs\": [%zu, %zu],\n    \"files\": [",
               c->runs[0] > 1 || c->runs[1] > 1 ? "runs, then circular blocks" : "circular blocks",
               c->options.resamples, c->options.seed, c->options.confidence, c->family,
               c->options.service ? "service" : "response", c->runs[0], c->runs[1]);
    files(out, c);
    buf_str(out, "\n    ],\n    \"forced\": [");
    const char *text = buf_text(&c->refusals);
    for (size_t i = 0; i < c->refusal_count; i++, text += strlen(text) + 1) {
        buf_str(out, i == 0 ? "" : ", ");
        json_text(out, text);
    }
    buf_str(out, "]\n  }\n}\n");
}
