#include "report/gate_document.h"

#include <string.h>

#include "report/emit.h"

#define VERDICT_BYTES ((size_t)1 << 20)

static void json(struct json_writer *w, const struct document *d) {
    const struct gate_verdicts *x = d->of;
    json_write_text(w, "verdict", x->run->complete ? x->run->verdict : NULL);
    json_write_text(w, "verdict_reason", x->run->complete ? x->run->verdict_reason : NULL);
    json_write_bool(w, "ok", x->thresholds->ok && (x->regressions == NULL || x->regressions->ok));
    emit_json_tables(w, d, SECTION_LAST, JSON_LINES);
    if (x->regressions != NULL)
        regressions_write_json(w, x->regressions);
}

/* Of a run whose numbers may mislead. The other verdicts decide the exit code, which says why. */
static void verdict(struct document *d, const struct reader_run *run) {
    struct buf text;
    if (!run->complete || strcmp(run->verdict, "SUSPECT") != 0)
        return;
    struct lines *l = document_add_lines(d, SECTION_EVERYWHERE, NULL);
    if (l == NULL)
        return;
    l->paragraphs = true;
    buf_init(&text, VERDICT_BYTES);
    buf_printf(&text, "Verdict: %s: %s", run->verdict, run->verdict_reason);
    lines_add(l, "", buf_text(&text));
    l->texts.failed = l->texts.failed || !buf_ok(&text);
    buf_done(&text);
}

static void summary(struct document *d, const struct thresholds *t, enum section_people people) {
    struct lines *l = document_add_lines(d, people, NULL);
    struct buf text;
    if (l == NULL)
        return;
    l->paragraphs = true;
    buf_init(&text, 1024);
    thresholds_summary(t, &text);
    buf_str(&text, people == SECTION_IN_MARKDOWN ? "." : "");
    lines_add(l, "", buf_text(&text));
    buf_done(&text);
}

/* Without any, only the JSON has the table. */
static void thresholds(struct document *d, const struct thresholds *t) {
    bool any = t->rules.count > 0;
    if (any)
        summary(d, t, SECTION_IN_MARKDOWN);
    struct table *table = document_add(d, SECTION_LAST, NULL, NULL);
    if (table != NULL) {
        thresholds_table(table, t);
        d->last->people = any ? SECTION_EVERYWHERE : SECTION_NOWHERE;
    }
    if (any)
        summary(d, t, SECTION_IN_TEXT);
}

static void line(void *context, const struct finding *f) {
    struct lines *l = context;
    lines_add(l, "", f->sentence);
    l->texts.failed = l->texts.failed || f->failed;
}

int gate_document(struct document *d, const struct gate_verdicts *of, struct err *e) {
    document_start(d, of);
    d->json = json;
    verdict(d, of->run);
    if (of->thresholds->rules.count > 0)
        buf_printf(&d->title, "Load test %s: %s", of->thresholds->ok ? "passed" : "failed",
                   of->run->name);
    thresholds(d, of->thresholds);
    d->suites_name = "coldswarm";
    d->suites[d->suite_count++] =
        (struct finding_suite){.name = of->run->name,
                               .each = thresholds_findings,
                               .of = of->thresholds,
                               .time_s = (double)of->run->duration_us / 1e6,
                               .failed = "Threshold failed",
                               .skipped = "Threshold pending"};
    if (of->regressions != NULL) {
        struct lines *l = document_add_lines(d, SECTION_EVERYWHERE, "Against the baseline");
        if (l != NULL)
            regressions_findings(of->regressions, line, l);
        d->suites[d->suite_count++] = (struct finding_suite){.name = "baseline",
                                                             .each = regressions_findings,
                                                             .of = of->regressions,
                                                             .time_s = -1,
                                                             .failed = "Slower than the baseline",
                                                             .skipped = "Baseline not compared"};
    }
    return document_check(d, e);
}
