/* Results of thresholds: in words, as a table, and as findings. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/thresholds.h"
#include "util/text.h"
#include "util/units.h"

#define CELL_MAX (5 * GATE_TEXT_MAX)

static const char *unit_of(const struct gate_rule *r) {
    const struct gate_metric_def *m = &gate_metrics[r->metric];
    if (m->kind == GATE_RATE)
        return " %";
    if (r->aggregation == GATE_PER_SECOND)
        return m->unit[0] == 'B' ? " B/s" : "/s";
    return m->unit[0] == 'B' ? " B" : m->kind == GATE_TREND ? " ms" : "";
}

/* Six digits: enough that a value beside its limit does not look like it. */
static void number(double value, struct buf *out) {
    if (fabs(value) >= 100000 && fabs(value) < 1e15)
        buf_printf(out, "%.0f", value);
    else
        buf_printf(out, "%.6g", value);
}

static double shown(const struct gate_rule *r, double value) {
    return gate_metrics[r->metric].kind == GATE_RATE ? 100 * value : value;
}

/* The words of people: "412 ms", "0.4 %", "–" if there is none. */
static void value_text(const struct gate_rule *r, double value, struct buf *out) {
    if (isnan(value)) {
        buf_str(out, TABLE_UNKNOWN);
        return;
    }
    number(shown(r, value), out);
    buf_str(out, unit_of(r));
}

/* For people. */
static const char *verdict_text(const struct gate_result *x) {
    return x->verdict == GATE_HOLDS ? "ok" : x->verdict == GATE_CROSSED ? "FAILED" : "pending";
}

/* "405 to 420 ms", "88 ms (17.6 %)"; an en dash where there is nothing to say. */
static void interval_text(const struct gate_result *x, struct buf *out) {
    if (isnan(x->low) || isnan(x->high)) {
        buf_str(out, TABLE_UNKNOWN);
        return;
    }
    number(shown(x->rule, x->low), out);
    buf_str(out, " to ");
    value_text(x->rule, x->high, out);
}

static void margin_text(const struct gate_result *x, struct buf *out) {
    value_text(x->rule, x->margin, out);
    if (!isnan(x->margin) && x->rule->limit != 0)
        buf_printf(out, " (%.1f %%)", 100 * x->margin / fabs(x->rule->limit));
}

/* Is the limit within the interval, so that another such run may well say the opposite? */
static bool is_close(const struct gate_result *x) {
    return x->low <= x->rule->limit && x->rule->limit <= x->high;
}

static void note_text(const struct gate_result *x, struct buf *out) {
    buf_str(out, x->reason);
    if (x->rule->over_ns != 0 && !isnan(x->value)) {
        char from[UNITS_BYTES], to[UNITS_BYTES];
        buf_printf(out, "%sworst from %s to %s", x->reason[0] == '\0' ? "" : "; ",
                   units_seconds_text(x->from_us * 1000, from),
                   units_seconds_text(x->to_us * 1000, to));
    }
    if (is_close(x))
        buf_printf(out, "%sthe interval contains the limit, so another run may differ",
                   out->len == 0 ? "" : "; ");
}

/* One line: the threshold, its value, and why it fails. */
static void sentence_text(const struct gate_result *x, struct buf *out) {
    const struct gate_rule *r = x->rule;
    struct buf note;
    gate_metric_text(r, out);
    buf_char(out, ' ');
    gate_condition_text(r, out);
    gate_words_text(r, out);
    buf_str(out, ": ");
    if (!isnan(x->value)) {
        value_text(r, x->value, out);
        if (!isnan(x->margin) && x->verdict == GATE_CROSSED && x->margin < 0) {
            buf_str(out, ", ");
            value_text(r, -x->margin, out);
            buf_str(out,
                    r->op == GATE_LT || r->op == GATE_LE ? " over the limit" : " below the limit");
        }
        if (!isnan(x->low) && !isnan(x->high)) {
            buf_str(out, " (95 % interval ");
            interval_text(x, out);
            buf_char(out, ')');
        }
        buf_str(out, "; ");
    }
    buf_init(&note, CELL_MAX);
    note_text(x, &note);
    buf_str(out, note.len > 0 ? buf_text(&note) : "it passed");
    buf_done(&note);
}

void thresholds_summary(const struct thresholds *t, struct buf *out) {
    size_t n = t->rules.count, holds = n - t->crossed - t->pending;
    buf_printf(out, "%zu of %zu threshold%s passed", holds, n, text_plural(n));
    if (t->crossed > 0)
        buf_printf(out, ", %zu failed", t->crossed);
    if (t->pending > 0)
        buf_printf(out, ", %zu pending until the server's side is imported", t->pending);
}

/* ---- the table ---- */

/* For programs. */
static const char *result_text(const struct gate_result *x) {
    return x->verdict == GATE_HOLDS ? "ok" : x->verdict == GATE_CROSSED ? "CROSSED" : "waits";
}

static const char *unit_word(const struct gate_rule *r) {
    if (r->aggregation == GATE_PER_SECOND)
        return gate_metrics[r->metric].unit[0] == 'B' ? "bytes_per_second" : "per_second";
    if (gate_metrics[r->metric].kind == GATE_RATE)
        return "share";
    if (gate_metrics[r->metric].kind == GATE_TREND)
        return "ms";
    return gate_metrics[r->metric].unit[0] == 'B' ? "bytes" : "count";
}

/* Each reader has an order of its own. */
static const struct table_column columns[] = {
    {"result", "Result", TABLE_TEXT | TABLE_PEOPLE},
    {"metric", "Metric", TABLE_TEXT},
    {"expression", "Threshold", TABLE_TEXT},
    {"result", NULL, TABLE_TEXT | TABLE_CSV},
    {"value", "Value", TABLE_NUMBER},
    {"interval", "95 % interval", TABLE_RANGE | TABLE_JSON | TABLE_PEOPLE},
    {"low", NULL, TABLE_NUMBER | TABLE_CSV},
    {"high", NULL, TABLE_NUMBER | TABLE_CSV},
    {"ok", NULL, TABLE_BOOL | TABLE_JSON},
    {"reason", NULL, TABLE_TEXT | TABLE_JSON},
    {"limit", NULL, TABLE_NUMBER | TABLE_JSON | TABLE_CSV},
    {"margin", "Margin", TABLE_NUMBER},
    {"sure", NULL, TABLE_BOOL | TABLE_JSON},
    {"unit", NULL, TABLE_TEXT | TABLE_JSON | TABLE_CSV},
    {"samples", "Samples", TABLE_COUNT},
    {"range_s", NULL, TABLE_RANGE | TABLE_JSON},
    {"over_s", NULL, TABLE_NUMBER | TABLE_JSON | TABLE_OPTIONAL},
    {"windows", NULL, TABLE_COUNT | TABLE_JSON | TABLE_OPTIONAL},
    {"windows_crossed", NULL, TABLE_COUNT | TABLE_JSON | TABLE_OPTIONAL},
    {"reason", NULL, TABLE_TEXT | TABLE_CSV},
    {"note", "Note", TABLE_TEXT | TABLE_PEOPLE},
};

static void row(struct table *t, const struct gate_result *x) {
    const struct gate_rule *r = x->rule;
    bool bounded = !isnan(x->low), windows = r->over_ns > 0;
    struct buf text;
    buf_init(&text, CELL_MAX);
    table_text(t, verdict_text(x));
    gate_metric_text(r, &text);
    table_text(t, buf_text(&text));
    buf_clear(&text);
    gate_condition_text(r, &text);
    gate_words_text(r, &text);
    table_text(t, buf_text(&text));
    table_text(t, result_text(x));
    buf_clear(&text);
    value_text(r, x->value, &text);
    table_worded(t, x->value, buf_text(&text));
    buf_clear(&text);
    interval_text(x, &text);
    table_range(t, x->low, x->high, buf_text(&text));
    table_number(t, x->low);
    table_number(t, x->high);
    table_number(t, x->verdict == GATE_PENDING ? (double)NAN : x->verdict == GATE_HOLDS);
    table_text(t, x->reason[0] == '\0' ? NULL : x->reason);
    table_number(t, r->limit);
    buf_clear(&text);
    margin_text(x, &text);
    table_worded(t, x->margin, buf_text(&text));
    table_number(t, bounded ? !is_close(x) : (double)NAN);
    table_text(t, unit_word(r));
    table_number(t, (double)x->samples);
    table_interval(t, (double)NAN, (double)x->from_us / 1e6, (double)x->to_us / 1e6);
    table_number(t, windows ? (double)r->over_ns / 1e9 : (double)NAN);
    table_number(t, windows ? (double)x->windows : (double)NAN);
    table_number(t, windows ? (double)x->crossed : (double)NAN);
    table_text(t, x->reason);
    buf_clear(&text);
    note_text(x, &text);
    table_text(t, buf_text(&text));
    t->failed = t->failed || !buf_ok(&text);
    buf_done(&text);
}

void thresholds_table(struct table *t, const struct thresholds *of) {
    table_init(t, "thresholds", "Thresholds", columns, sizeof columns / sizeof *columns);
    t->whole_names = true;
    for (size_t i = 0; i < of->rules.count; i++)
        row(t, &of->results[i]);
}

/* ---- findings ---- */

void thresholds_findings(const void *thresholds, finding_fn *fn, void *context) {
    const struct thresholds *t = thresholds;
    for (size_t i = 0; i < t->rules.count; i++) {
        const struct gate_result *x = &t->results[i];
        struct buf name, sentence;
        buf_init(&name, CELL_MAX);
        buf_init(&sentence, CELL_MAX);
        gate_rule_text(x->rule, &name);
        sentence_text(x, &sentence);
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
