/* Results of thresholds in words, and their table. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/thresholds.h"
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
static void thresholds_value_text(const struct gate_rule *r, double value, struct buf *out) {
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
static void thresholds_interval_text(const struct gate_result *x, struct buf *out) {
    if (isnan(x->low) || isnan(x->high)) {
        buf_str(out, TABLE_UNKNOWN);
        return;
    }
    number(shown(x->rule, x->low), out);
    buf_str(out, " to ");
    thresholds_value_text(x->rule, x->high, out);
}

static void thresholds_margin_text(const struct gate_result *x, struct buf *out) {
    thresholds_value_text(x->rule, x->margin, out);
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

void thresholds_sentence(const struct gate_result *x, struct buf *out) {
    const struct gate_rule *r = x->rule;
    struct buf note;
    gate_metric_text(r, out);
    buf_char(out, ' ');
    gate_condition_text(r, out);
    gate_words_text(r, out);
    buf_str(out, ": ");
    if (!isnan(x->value)) {
        thresholds_value_text(r, x->value, out);
        if (!isnan(x->margin) && x->verdict == GATE_CROSSED && x->margin < 0) {
            buf_str(out, ", ");
            thresholds_value_text(r, -x->margin, out);
            buf_str(out,
                    r->op == GATE_LT || r->op == GATE_LE ? " over the limit" : " below the limit");
        }
        if (!isnan(x->low) && !isnan(x->high)) {
            buf_str(out, " (95 % interval ");
            thresholds_interval_text(x, out);
            buf_char(out, ')');
        }
        buf_str(out, "; ");
    }
    buf_init(&note, CELL_MAX);
    note_text(x, &note);
    buf_str(out, note.len > 0 ? buf_text(&note) : "it passed");
    buf_done(&note);
}

/* ---- the table ---- */

void thresholds_table(struct table *t, const struct thresholds *of) {
    static const struct table_column columns[] = {{"result", "Result", TABLE_TEXT},
                                                  {"metric", "Metric", TABLE_TEXT},
                                                  {"expression", "Threshold", TABLE_TEXT},
                                                  {"value", "Value", TABLE_NUMBER},
                                                  {"interval", "95 % interval", TABLE_NUMBER},
                                                  {"margin", "Margin", TABLE_NUMBER},
                                                  {"samples", "Samples", TABLE_COUNT},
                                                  {"note", "Note", TABLE_TEXT}};
    struct buf text;
    table_init(t, "thresholds", "Thresholds", columns, sizeof columns / sizeof *columns);
    t->whole_names = true;
    buf_init(&text, CELL_MAX);
    for (size_t i = 0; i < of->rules.count; i++) {
        const struct gate_result *x = &of->results[i];
        table_text(t, verdict_text(x));
        buf_clear(&text);
        gate_metric_text(x->rule, &text);
        table_text(t, buf_text(&text));
        buf_clear(&text);
        gate_condition_text(x->rule, &text);
        gate_words_text(x->rule, &text);
        table_text(t, buf_text(&text));
        buf_clear(&text);
        thresholds_value_text(x->rule, x->value, &text);
        table_worded(t, x->value, buf_text(&text));
        buf_clear(&text);
        thresholds_interval_text(x, &text);
        table_worded(t, x->low, buf_text(&text));
        buf_clear(&text);
        thresholds_margin_text(x, &text);
        table_worded(t, x->margin, buf_text(&text));
        table_number(t, (double)x->samples);
        buf_clear(&text);
        note_text(x, &text);
        table_text(t, buf_text(&text));
    }
    buf_done(&text);
}
