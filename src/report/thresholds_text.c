/* Results of thresholds in words, and the tables for people. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/emit.h"
#include "report/layout.h"
#include "report/thresholds.h"

#define NO_NUMBER "\xe2\x80\x93" /* an en dash */
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

void thresholds_value_text(const struct gate_rule *r, double value, struct buf *out) {
    if (isnan(value)) {
        buf_str(out, NO_NUMBER);
        return;
    }
    number(shown(r, value), out);
    buf_str(out, unit_of(r));
}

const char *thresholds_verdict_text(const struct gate_result *x) {
    return x->verdict == GATE_HOLDS ? "ok" : x->verdict == GATE_CROSSED ? "CROSSED" : "waits";
}

void thresholds_interval_text(const struct gate_result *x, struct buf *out) {
    if (isnan(x->low) || isnan(x->high)) {
        buf_str(out, NO_NUMBER);
        return;
    }
    number(shown(x->rule, x->low), out);
    buf_str(out, " to ");
    thresholds_value_text(x->rule, x->high, out);
}

void thresholds_margin_text(const struct gate_result *x, struct buf *out) {
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
    if (x->rule->over_ns != 0 && !isnan(x->value))
        buf_printf(out, "%sworst from %.15gs to %.15gs", x->reason[0] == '\0' ? "" : "; ",
                   (double)x->from_us / 1e6, (double)x->to_us / 1e6);
    if (is_close(x))
        buf_printf(out, "%sthe interval holds the limit: too close to be sure",
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
    buf_str(out, note.len > 0 ? buf_text(&note) : "it holds");
    buf_done(&note);
}

/* ---- the table ---- */

static void column(struct grid *g, const char *head, bool right) {
    g->head[g->columns] = head;
    g->right[g->columns++] = right;
}

/* Ends the cell that was written; NAN where it is a text. */
static void end_cell(struct grid *g, double value) {
    buf_char(&g->cells, '\0');
    buf_add(&g->values, &value, sizeof value);
}

void layout_thresholds(struct grid *g, const struct thresholds *t) {
    *g = (struct grid){.key = "thresholds", .title = "Thresholds"};
    const double text = (double)NAN;
    buf_init(&g->cells, (size_t)256 << 20);
    buf_init(&g->values, (size_t)256 << 20);
    column(g, "Result", false);
    column(g, "Metric", false);
    column(g, "Threshold", false);
    column(g, "Value", true);
    column(g, "95 % interval", true);
    column(g, "Margin", true);
    column(g, "Samples", true);
    column(g, "Note", false);
    for (size_t i = 0; i < t->rules.count; i++) {
        const struct gate_result *x = &t->results[i];
        struct buf note;
        buf_str(&g->cells, thresholds_verdict_text(x));
        end_cell(g, text);
        gate_metric_text(x->rule, &g->cells);
        end_cell(g, text);
        gate_condition_text(x->rule, &g->cells);
        gate_words_text(x->rule, &g->cells);
        end_cell(g, text);
        thresholds_value_text(x->rule, x->value, &g->cells);
        end_cell(g, x->value);
        thresholds_interval_text(x, &g->cells);
        end_cell(g, x->low);
        thresholds_margin_text(x, &g->cells);
        end_cell(g, x->margin);
        buf_printf(&g->cells, "%llu", (unsigned long long)x->samples);
        end_cell(g, (double)x->samples);
        buf_init(&note, CELL_MAX);
        note_text(x, &note);
        buf_str(&g->cells, buf_text(&note));
        buf_done(&note);
        end_cell(g, text);
        g->rows++;
    }
}

static void summary(struct buf *out, const struct thresholds *t) {
    size_t n = t->rules.count, holds = n - t->crossed - t->pending;
    buf_printf(out, "%zu of %zu threshold%s hold%s", holds, n, n == 1 ? "" : "s",
               n == 1 || holds == 1 ? "s" : "");
    if (t->crossed > 0)
        buf_printf(out, ", %zu crossed", t->crossed);
    if (t->pending > 0)
        buf_printf(out, ", %zu wait for the server's side", t->pending);
}

void thresholds_emit_text(struct buf *out, const struct thresholds *t) {
    struct grid g;
    layout_thresholds(&g, t);
    emit_table_grid(out, &g);
    if (!buf_ok(&g.cells))
        out->failed = true;
    buf_done(&g.cells);
    buf_done(&g.values);
    buf_char(out, '\n');
    summary(out, t);
    buf_char(out, '\n');
}

void thresholds_emit_markdown(struct buf *out, const struct thresholds *t, const char *run) {
    struct grid g;
    layout_thresholds(&g, t);
    buf_printf(out, "# Load test %s: ", t->ok ? "passed" : "failed");
    emit_markdown_text(out, run);
    buf_str(out, "\n\n");
    summary(out, t);
    buf_str(out, ".\n\n");
    emit_markdown_grid(out, &g);
    if (!buf_ok(&g.cells))
        out->failed = true;
    buf_done(&g.cells);
    buf_done(&g.values);
}
