/* A report in CSV: a row for each endpoint; and the table of thresholds. */
#include <inttypes.h>

#include "report/csv.h"
#include "report/emit.h"

static void levels(struct buf *out, const double ms[SUMMARY_LEVELS]) {
    for (size_t i = 0; i < SUMMARY_LEVELS; i++) {
        buf_char(out, ',');
        csv_number(out, ms[i]);
    }
}

static void intervals(struct buf *out, const struct summary_interval x[SUMMARY_LEVELS]) {
    for (size_t i = 0; i < SUMMARY_LEVELS && summary_levels[i] < 100; i++) {
        buf_char(out, ',');
        csv_number(out, x[i].low_ms);
        buf_char(out, ',');
        csv_number(out, x[i].high_ms);
    }
}

static void entry(struct buf *out, const struct model_entry *x) {
    const struct summary_row *row = &x->row;
    csv_text(out, x->method);
    buf_char(out, ',');
    csv_text(out, x->name);
    buf_printf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, row->requests, row->failures,
               row->not_sent, row->cancelled);
    const double numbers[] = {row->average_ms,
                              row->min_ms,
                              row->max_ms,
                              row->median_ms,
                              row->average_size_bytes,
                              row->requests_per_second,
                              row->failures_per_second};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        buf_char(out, ',');
        csv_number(out, numbers[i]);
    }
    levels(out, row->response_ms);
    levels(out, row->service_ms);
    intervals(out, row->response_intervals);
    intervals(out, row->service_intervals);
    buf_printf(out, ",%" PRIu64 "\n", row->unsendable);
}

void document_csv(struct buf *out, const struct document *d) {
    const struct model *m = d->model;
    buf_str(out, "method,name,requests,failures,not_sent,cancelled,average_ms,min_ms,max_ms,"
                 "median_ms,average_size_bytes,requests_per_second,failures_per_second");
    for (size_t i = 0; i < SUMMARY_LEVELS; i++)
        buf_printf(out, ",p%d_ms", summary_levels[i]);
    for (size_t i = 0; i < SUMMARY_LEVELS; i++)
        buf_printf(out, ",service_p%d_ms", summary_levels[i]);
    for (size_t i = 0; i < SUMMARY_LEVELS && summary_levels[i] < 100; i++)
        buf_printf(out, ",p%d_low_ms,p%d_high_ms", summary_levels[i], summary_levels[i]);
    for (size_t i = 0; i < SUMMARY_LEVELS && summary_levels[i] < 100; i++)
        buf_printf(out, ",service_p%d_low_ms,service_p%d_high_ms", summary_levels[i],
                   summary_levels[i]);
    buf_str(out, ",unsendable\n");
    for (size_t i = 0; i < m->entry_count; i++)
        entry(out, &m->entries[i]);
    entry(out, &m->aggregated);
}

/* For programs: the table for people has words of its own. */
static const char *result_text(const struct gate_result *x) {
    return x->verdict == GATE_HOLDS ? "ok" : x->verdict == GATE_CROSSED ? "CROSSED" : "waits";
}

/* The columns are keys of the JSON. */
void document_csv_thresholds(struct buf *out, const struct model *m) {
    const struct thresholds *t = m->thresholds;
    struct buf text;
    buf_init(&text, out->max);
    buf_str(out, "metric,expression,result,value,low,high,limit,margin,unit,samples,reason\n");
    for (size_t i = 0; t != NULL && i < t->rules.count; i++) {
        const struct gate_result *x = &t->results[i];
        const double numbers[] = {x->value, x->low, x->high, x->rule->limit, x->margin};
        buf_clear(&text);
        gate_metric_text(x->rule, &text);
        csv_text(out, buf_text(&text));
        buf_char(out, ',');
        buf_clear(&text);
        gate_condition_text(x->rule, &text);
        gate_words_text(x->rule, &text);
        csv_text(out, buf_text(&text));
        buf_printf(out, ",%s", result_text(x));
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            buf_char(out, ',');
            csv_number(out, numbers[k]);
        }
        buf_printf(out, ",%s,%" PRIu64 ",", thresholds_unit(x->rule), x->samples);
        csv_text(out, x->reason);
        buf_char(out, '\n');
    }
    if (!buf_ok(&text))
        out->failed = true;
    buf_done(&text);
}
