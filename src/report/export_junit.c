/*
 * JUnit's XML, as the CI systems read it (the schema of Jenkins' xUnit plugin): one suite, a case for the verdict, one for each
 * endpoint and one for each threshold.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/export.h"
#include "report/markup.h"
#include "report/outfile.h"

#define DOCUMENT_MAX_BYTES ((size_t)1 << 30)

static void attribute(struct buf *out, const char *name, const char *value) {
    buf_printf(out, " %s=\"", name);
    markup_text(out, value);
    buf_char(out, '"');
}

static void property(struct buf *out, const char *name, const char *value) {
    buf_str(out, "      <property");
    attribute(out, "name", name);
    attribute(out, "value", value);
    buf_str(out, "/>\n");
}

static double seconds(double ms) {
    return isnan(ms) ? 0 : ms / 1000;
}

/* ---- cases ---- */

struct counts {
    size_t tests, failures, skipped;
};

static void case_open(struct buf *out, struct counts *c, const char *kind, const char *first,
                      const char *second, double time_s) {
    c->tests++;
    buf_printf(out, "    <testcase classname=\"coldswarm.%s\" name=\"", kind);
    markup_text(out, first);
    if (first[0] != '\0' && second[0] != '\0')
        buf_char(out, ' ');
    markup_text(out, second);
    buf_printf(out, "\" time=\"%.6f\"", time_s);
}

static void case_failed(struct buf *out, struct counts *c, const char *type, const char *message) {
    c->failures++;
    buf_str(out, ">\n      <failure");
    attribute(out, "type", type);
    attribute(out, "message", message);
    buf_char(out, '>');
}

static void case_close_failed(struct buf *out) {
    buf_str(out, "</failure>\n    </testcase>\n");
}

static void verdict_case(struct buf *out, struct counts *c, const struct reader_run *run) {
    case_open(out, c, "verdict", "the run can be believed", "", 0);
    if (!run->complete) {
        c->skipped++;
        buf_str(out,
                ">\n      <skipped message=\"the run was cut short, or is under way: it has no "
                "verdict\"/>\n    </testcase>\n");
    } else if (strcmp(run->verdict, "INVALID") == 0) {
        case_failed(out, c, run->verdict, run->verdict_reason);
        case_close_failed(out);
    } else
        buf_str(out, "/>\n");
}

/* The most frequent outcome of an entry's failures gives the type; all kinds are in the text. */
static void endpoint_case(struct buf *out, struct counts *c, const struct model *m,
                          const struct model_entry *x) {
    const struct summary_row *row = &x->row;
    const char *type = "failed";
    char message[128];
    case_open(out, c, "endpoint", x->method, x->name, seconds(row->average_ms));
    if (row->requests == 0) {
        c->skipped++;
        buf_str(out, ">\n      <skipped message=\"no request of it came to an end\"/>\n"
                     "    </testcase>\n");
        return;
    }
    if (row->failures == 0) {
        buf_str(out, "/>\n");
        return;
    }
    for (size_t i = m->error_count; i-- > 0;)
        if (strcmp(m->errors[i].name, x->name) == 0 && strcmp(m->errors[i].method, x->method) == 0)
            type = m->errors[i].outcome;
    snprintf(message, sizeof message, "%" PRIu64 " of %" PRIu64 " requests failed (%.2f %%)",
             row->failures, row->requests, 100.0 * (double)row->failures / (double)row->requests);
    case_failed(out, c, type, message);
    for (size_t i = 0; i < m->error_count; i++) {
        const struct model_error *error = &m->errors[i];
        if (strcmp(error->name, x->name) != 0 || strcmp(error->method, x->method) != 0)
            continue;
        buf_printf(out, "\n%" PRIu64 " ", error->count);
        markup_text(out, error->outcome);
        buf_str(out, ": ");
        markup_text(out, error->text);
    }
    buf_char(out, '\n');
    case_close_failed(out);
}

static void threshold_case(struct buf *out, struct counts *c, const struct report_threshold *t) {
    case_open(out, c, "threshold", t->metric, t->expression, 0);
    if (t->state == REPORT_THRESHOLD_HOLDS)
        buf_str(out, "/>\n");
    else if (t->state == REPORT_THRESHOLD_UNKNOWN) {
        c->skipped++;
        buf_str(out, ">\n      <skipped");
        attribute(out, "message", t->detail);
        buf_str(out, "/>\n    </testcase>\n");
    } else {
        case_failed(out, c, "threshold", t->detail);
        case_close_failed(out);
    }
}

static void document(struct buf *out, const struct report_source *s) {
    const struct model *m = s->model;
    const struct reader_run *run = m->run;
    struct counts c = {0};
    struct buf cases;
    char seed[32];
    buf_init(&cases, DOCUMENT_MAX_BYTES);
    verdict_case(&cases, &c, run);
    for (size_t i = 0; i < m->entry_count; i++)
        endpoint_case(&cases, &c, m, &m->entries[i]);
    for (size_t i = 0; i < s->threshold_count; i++)
        threshold_case(&cases, &c, &s->thresholds[i]);
    double time_s = (double)run->duration_us / 1e6;
    buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    buf_printf(out,
               "<testsuites tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" "
               "time=\"%.3f\">\n  <testsuite",
               c.tests, c.failures, c.skipped, time_s);
    attribute(out, "name", run->name);
    buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\"",
               c.tests, c.failures, c.skipped, time_s);
    buf_printf(out, " timestamp=\"%.19s\">\n    <properties>\n", run->started_utc);
    snprintf(seed, sizeof seed, "%" PRIu64, run->seed);
    property(out, "target", run->target);
    property(out, "version", run->version);
    property(out, "seed", seed);
    property(out, "verdict", run->verdict);
    property(out, "verdict_reason", run->verdict_reason);
    buf_str(out, "    </properties>\n");
    buf_add(out, buf_text(&cases), cases.len);
    buf_str(out, "  </testsuite>\n</testsuites>\n");
    if (!buf_ok(&cases))
        out->failed = true;
    buf_done(&cases);
}

int export_junit(FILE *to, const struct report_source *s, struct err *e) {
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    document(&b, s);
    int result = outfile_put(to, &b, e);
    buf_done(&b);
    return result;
}
