/* The findings of a report: the verdict, each endpoint and each threshold. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/document.h"
#include "util/text.h"

#define DOCUMENT_MAX_BYTES ((size_t)1 << 30)

/* Who takes the findings. */
struct taker {
    finding_fn *fn;
    void *context;
};

static void give(const struct taker *t, const struct finding *f) {
    t->fn(t->context, f);
}

static void verdict(const struct taker *to, const struct reader_run *run) {
    struct finding f = {.kind = "coldswarm.verdict",
                        .name = "the measurement is reliable",
                        .sentence = "",
                        .details = ""};
    if (!run->complete) {
        f.state = FINDING_SKIPPED;
        f.sentence = "the run was interrupted or is still in progress, so it has no verdict";
    } else if (strcmp(run->verdict, "INVALID") == 0) {
        f.state = FINDING_FAILS;
        f.type = run->verdict;
        f.sentence = run->verdict_reason;
    }
    give(to, &f);
}

static void failures_text(struct buf *out, const struct summary_row *row) {
    if (row->requests > 0)
        buf_printf(out, "%" PRIu64 " of %" PRIu64 " request%s failed (%.2f %%)%s", row->failures,
                   row->requests, text_plural(row->requests),
                   100.0 * (double)row->failures / (double)row->requests,
                   row->unsendable > 0 ? "; " : "");
    if (row->unsendable > 0)
        buf_printf(out, "not sent because they could not be built: %" PRIu64, row->unsendable);
}

/* Every kind of failure, a line each; the most frequent outcome is the type. */
static const char *kinds_text(struct buf *out, const struct model *m, const struct model_entry *x) {
    const char *type = NULL;
    for (size_t i = 0; i < m->error_count; i++) {
        const struct model_error *error = &m->errors[i];
        if (strcmp(error->name, x->name) != 0 || strcmp(error->method, x->method) != 0)
            continue;
        type = type == NULL ? error->outcome : type;
        buf_printf(out, "\n%" PRIu64 " ", error->count);
        text_printable(out, error->outcome, strlen(error->outcome));
        buf_str(out, ": ");
        text_printable(out, error->text, strlen(error->text));
    }
    buf_char(out, '\n');
    return type == NULL ? "failed" : type;
}

static void endpoint(const struct taker *to, const struct model *m, const struct model_entry *x) {
    const struct summary_row *row = &x->row;
    struct buf name, message, details;
    struct finding f = {.kind = "coldswarm.endpoint",
                        .sentence = "",
                        .time_s = isnan(row->average_ms) ? 0 : row->average_ms / 1000};
    buf_init(&name, DOCUMENT_MAX_BYTES);
    buf_init(&message, DOCUMENT_MAX_BYTES);
    buf_init(&details, DOCUMENT_MAX_BYTES);
    buf_printf(&name, "%s%s%s", x->method, x->method[0] != '\0' && x->name[0] != '\0' ? " " : "",
               x->name);
    f.name = buf_text(&name);
    if (row->requests == 0 && row->unsendable == 0) {
        f.state = FINDING_SKIPPED;
        f.sentence = "none of its requests ended";
    } else if (row->failures + row->unsendable > 0) {
        f.state = FINDING_FAILS;
        failures_text(&message, row);
        f.type = kinds_text(&details, m, x);
        f.sentence = buf_text(&message);
        f.details = buf_text(&details);
    }
    f.failed = !buf_ok(&name) || !buf_ok(&message) || !buf_ok(&details);
    give(to, &f);
    buf_done(&name);
    buf_done(&message);
    buf_done(&details);
}

static void threshold(void *context, const struct finding *of) {
    struct finding f = *of;
    f.kind = "coldswarm.threshold";
    f.sentence = f.state == FINDING_HOLDS ? "" : f.sentence;
    f.details = "";
    f.time_s = 0;
    give(context, &f);
}

void document_findings(const void *model, finding_fn *fn, void *context) {
    const struct model *m = model;
    struct taker to = {fn, context};
    verdict(&to, m->run);
    for (size_t i = 0; i < m->entry_count; i++)
        endpoint(&to, m, &m->entries[i]);
    if (m->thresholds != NULL)
        thresholds_findings(m->thresholds, threshold, &to);
}
