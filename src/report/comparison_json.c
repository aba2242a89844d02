/* A comparison for programs. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/comparison.h"
#include "report/comparison_inputs.h"
#include "util/json_write.h"

static const char *const verdicts[] = {
    [COMPARE_NO_DIFFERENCE] = "no_difference",
    [COMPARE_SLOWER] = "slower",
    [COMPARE_FASTER] = "faster",
    [COMPARE_TOO_LITTLE] = "too_little_data",
};

static void one(struct json_writer *w, const struct comparison *c, const struct comparison_entry *x,
                size_t s) {
    const struct compare_result *r = &x->results[s];
    enum compare_kind kind = comparison_statistics[s].measure.kind;
    double unit = kind == COMPARE_MEAN || kind == COMPARE_QUANTILE ? 1e-3 : 1;
    bool no_blocks = r->lack == COMPARE_LACK_REQUESTS;
    struct buf sentence;
    buf_init(&sentence, w->out->max);
    comparison_sentence(c, x, s, &sentence);
    if (!buf_ok(&sentence))
        w->out->failed = true;
    json_write_object(w, NULL, JSON_LINE);
    json_write_text(w, "name", x->name);
    json_write_text(w, "method", x->method);
    json_write_text(w, "statistic", comparison_statistics[s].word);
    json_write_number(w, "base", r->base * unit);
    json_write_number(w, "new", r->with * unit);
    json_write_number(w, "difference", r->difference * unit);
    json_write_pair(w, "difference_interval", r->difference_low * unit, r->difference_high * unit);
    json_write_number(w, "ratio", r->ratio);
    json_write_pair(w, "interval", r->ratio_low, r->ratio_high);
    json_write_number(w, "p_value", r->p_value);
    json_write_text(w, "verdict", verdicts[r->verdict]);
    json_write_text(w, "verdict_alone", verdicts[r->alone]);
    json_write_pair(w, "block_seconds", no_blocks ? (double)NAN : r->block_s[0],
                    no_blocks ? (double)NAN : r->block_s[1]);
    json_write_text(w, "sentence", buf_text(&sentence));
    json_write_end(w);
    buf_done(&sentence);
}

static void ranks(struct json_writer *w, const struct comparison *c) {
    json_write_array(w, "mann_whitney", JSON_LINES);
    for (size_t i = 0; i < c->entry_count; i++) {
        const struct comparison_entry *x = &c->entries[i];
        json_write_object(w, NULL, JSON_LINE);
        json_write_text(w, "name", x->name);
        json_write_text(w, "method", x->method);
        json_write_array(w, "requests", JSON_LINE);
        json_write_uint(w, NULL, x->requests[0]);
        json_write_uint(w, NULL, x->requests[1]);
        json_write_end(w);
        json_write_number(w, "u", x->rank.u);
        json_write_number(w, "share", x->rank.share);
        json_write_pair(w, "interval", x->rank.low, x->rank.high);
        json_write_number(w, "p_value", x->rank.p_value);
        json_write_end(w);
    }
    json_write_end(w);
}

static void seconds(struct json_writer *w, const char *key, int64_t us) {
    json_write_key(w, key);
    buf_printf(w->out, "%.6f", (double)us / 1e6);
}

static void files(struct json_writer *w, const struct comparison *c) {
    json_write_array(w, "files", JSON_LINES);
    for (size_t i = 0; i < c->file_count; i++) {
        const struct comparison_file *f = &c->files[i];
        json_write_object(w, NULL, JSON_LINE);
        json_write_text(w, "file", f->path);
        json_write_text(w, "side", f->with ? "new" : "base");
        seconds(w, "from_seconds", f->from_us);
        seconds(w, "to_seconds", f->to_us);
        json_write_text(w, "rule", f->rule);
        json_write_uint(w, "requests", f->requests);
        json_write_object(w, "left_out", JSON_LINE);
        json_write_uint(w, "before", f->before);
        json_write_uint(w, "after", f->after);
        json_write_uint(w, "without_time", f->untimed);
        json_write_end(w);
        json_write_end(w);
    }
    json_write_end(w);
}

static void hashes(struct json_writer *w, const char *key, const struct comparison *c,
                   const struct comparison_input *x, bool with) {
    const char *all[COMPARE_RUNS_MAX];
    size_t n = comparison_input_hashes(c, x, with, all);
    json_write_array(w, key, JSON_LINE);
    for (size_t i = 0; i < n; i++)
        json_write_text(w, NULL, all[i]);
    json_write_end(w);
}

static void inputs(struct json_writer *w, const struct comparison *c) {
    json_write_array(w, "inputs", JSON_LINES);
    for (size_t i = 0; i < c->input_count; i++) {
        json_write_object(w, NULL, JSON_LINE);
        json_write_text(w, "file", c->inputs[i].path);
        hashes(w, "base", c, &c->inputs[i], false);
        hashes(w, "new", c, &c->inputs[i], true);
        json_write_end(w);
    }
    json_write_end(w);
}

static void method(struct json_writer *w, const struct comparison *c) {
    bool several = c->runs[0] > 1 || c->runs[1] > 1;
    char seed[32];
    snprintf(seed, sizeof seed, "%" PRIu64, c->options.seed);
    json_write_object(w, "method", JSON_LINES);
    json_write_text(w, "bootstrap", several ? "runs, then circular blocks" : "circular blocks");
    json_write_uint(w, "resamples", c->options.resamples);
    json_write_text(w, "seed", seed);
    json_write_number(w, "confidence", c->options.confidence);
    json_write_text(w, "verdicts", "holm");
    json_write_uint(w, "family", c->family);
    json_write_text(w, "time", c->options.service ? "service" : "response");
    json_write_array(w, "runs", JSON_LINE);
    json_write_uint(w, NULL, c->runs[0]);
    json_write_uint(w, NULL, c->runs[1]);
    json_write_end(w);
    files(w, c);
    json_write_array(w, "forced", JSON_LINE);
    const char *text = buf_text(&c->refusals);
    for (size_t i = 0; i < c->refusal_count; i++, text += strlen(text) + 1)
        json_write_text(w, NULL, text);
    json_write_end(w);
    json_write_end(w);
}

void comparison_json(struct json_writer *w, const struct document *d) {
    const struct comparison *c = d->of;
    json_write_array(w, "comparisons", JSON_LINES);
    for (size_t i = 0; i < c->entry_count; i++)
        for (size_t s = 0; s < COMPARISON_STATISTICS; s++)
            if (comparison_has(&c->entries[i], s))
                one(w, c, &c->entries[i], s);
    json_write_end(w);
    ranks(w, c);
    inputs(w, c);
    method(w, c);
}
