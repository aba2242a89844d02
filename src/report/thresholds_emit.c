/* Results of thresholds in JSON, and as findings. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/thresholds.h"
#include "util/text.h"

#define TEXT_MAX (5 * GATE_TEXT_MAX)

void thresholds_summary(const struct thresholds *t, struct buf *out) {
    size_t n = t->rules.count, holds = n - t->crossed - t->pending;
    buf_printf(out, "%zu of %zu threshold%s passed", holds, n, text_plural(n));
    if (t->crossed > 0)
        buf_printf(out, ", %zu failed", t->crossed);
    if (t->pending > 0)
        buf_printf(out, ", %zu pending until the server's side is imported", t->pending);
}

/* ---- JSON ---- */

/* A text that a function of the gate writes. */
static void json_made(struct json_writer *w, const char *key,
                      void (*make)(const struct gate_rule *, struct buf *),
                      const struct gate_rule *r) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    make(r, &text);
    json_write_text(w, key, buf_text(&text));
    buf_done(&text);
}

static void condition_and_words(const struct gate_rule *r, struct buf *out) {
    gate_condition_text(r, out);
    gate_words_text(r, out);
}

const char *thresholds_unit(const struct gate_rule *r) {
    if (r->aggregation == GATE_PER_SECOND)
        return gate_metrics[r->metric].unit[0] == 'B' ? "bytes_per_second" : "per_second";
    if (gate_metrics[r->metric].kind == GATE_RATE)
        return "share";
    if (gate_metrics[r->metric].kind == GATE_TREND)
        return "ms";
    return gate_metrics[r->metric].unit[0] == 'B' ? "bytes" : "count";
}

static void json_result(struct json_writer *w, const struct gate_result *x) {
    const struct gate_rule *r = x->rule;
    bool bounded = !isnan(x->low) && !isnan(x->high);
    json_write_object(w, NULL, JSON_LINES);
    json_made(w, "metric", gate_metric_text, r);
    json_made(w, "expression", condition_and_words, r);
    json_write_number(w, "value", x->value);
    json_write_pair(w, "interval", bounded ? x->low : (double)NAN, bounded ? x->high : (double)NAN);
    if (x->verdict == GATE_PENDING)
        json_write_null(w, "ok");
    else
        json_write_bool(w, "ok", x->verdict == GATE_HOLDS);
    json_write_text(w, "reason", x->reason[0] == '\0' ? NULL : x->reason);
    json_write_number(w, "limit", r->limit);
    json_write_number(w, "margin", x->margin);
    if (bounded)
        json_write_bool(w, "sure", r->limit < x->low || x->high < r->limit);
    else
        json_write_null(w, "sure");
    json_write_text(w, "unit", thresholds_unit(r));
    json_write_uint(w, "samples", x->samples);
    json_write_pair(w, "range_s", (double)x->from_us / 1e6, (double)x->to_us / 1e6);
    if (r->over_ns > 0) {
        json_write_number(w, "over_s", (double)r->over_ns / 1e9);
        json_write_uint(w, "windows", x->windows);
        json_write_uint(w, "windows_crossed", x->crossed);
    }
    json_write_end(w);
}

void thresholds_write_json(struct json_writer *w, const struct thresholds *t,
                           enum json_layout layout) {
    json_write_array(w, "thresholds", layout);
    for (size_t i = 0; i < t->rules.count; i++)
        json_result(w, &t->results[i]);
    json_write_end(w);
}

/* ---- findings ---- */

void thresholds_findings(const void *thresholds, finding_fn *fn, void *context) {
    const struct thresholds *t = thresholds;
    for (size_t i = 0; i < t->rules.count; i++) {
        const struct gate_result *x = &t->results[i];
        struct buf name, sentence;
        buf_init(&name, TEXT_MAX);
        buf_init(&sentence, TEXT_MAX);
        gate_rule_text(x->rule, &name);
        thresholds_sentence(x, &sentence);
        fn(context, &(struct finding){.state = x->verdict == GATE_HOLDS     ? FINDING_HOLDS
                                               : x->verdict == GATE_CROSSED ? FINDING_FAILS
                                                                            : FINDING_SKIPPED,
                                      .kind = "thresholds",
                                      .name = buf_text(&name),
                                      .sentence = buf_text(&sentence),
                                      .type = "threshold",
                                      .time_s = -1,
                                      .failed = !buf_ok(&name) || !buf_ok(&sentence)});
        buf_done(&name);
        buf_done(&sentence);
    }
}
