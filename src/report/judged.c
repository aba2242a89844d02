/* Thresholds as a list of words. */
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "report/thresholds.h"

#define TEXTS_MAX_BYTES ((size_t)16 << 20)

static void write_texts(struct buf *out, const struct gate_result *x) {
    gate_metric_text(x->rule, out);
    buf_char(out, '\0');
    gate_condition_text(x->rule, out);
    gate_words_text(x->rule, out);
    buf_char(out, '\0');
    thresholds_sentence(x, out);
    buf_char(out, '\0');
}

static const char *next_text(const char **at) {
    const char *text = *at;
    *at = text + strlen(text) + 1;
    return text;
}

int report_judged_init(struct report_judged *j, struct report_source *s, struct err *e) {
    const struct thresholds *t = s->model->thresholds;
    size_t n = t == NULL ? 0 : t->rules.count;
    *j = (struct report_judged){0};
    buf_init(&j->texts, TEXTS_MAX_BYTES);
    if (n == 0)
        return 0;
    j->items = calloc(n, sizeof *j->items);
    for (size_t i = 0; i < n; i++)
        write_texts(&j->texts, &t->results[i]);
    if (j->items == NULL || !buf_ok(&j->texts)) {
        report_judged_done(j);
        return err_set(e, "out of memory for %zu thresholds", n);
    }
    const char *at = buf_text(&j->texts);
    for (size_t i = 0; i < n; i++) {
        struct report_threshold *x = &j->items[i];
        x->metric = next_text(&at);
        x->expression = next_text(&at);
        x->detail = next_text(&at);
        x->state = t->results[i].verdict == GATE_HOLDS     ? REPORT_THRESHOLD_HOLDS
                   : t->results[i].verdict == GATE_CROSSED ? REPORT_THRESHOLD_CROSSED
                                                           : REPORT_THRESHOLD_UNKNOWN;
    }
    s->thresholds = j->items;
    s->threshold_count = n;
    return 0;
}

void report_judged_done(struct report_judged *j) {
    free(j->items);
    buf_done(&j->texts);
    *j = (struct report_judged){0};
}
