#include "report/findings.h"

#include <string.h>

#include "util/markup.h"
#include "util/text.h"

#define DOCUMENT_MAX_BYTES ((size_t)1 << 30)

/* ---- JUnit ---- */

/* The cases of a suite, as they come. */
struct junit {
    struct buf cases;
    size_t tests, failures, skipped;
};

static void attribute(struct buf *out, const char *name, const char *value) {
    buf_printf(out, " %s=\"", name);
    markup_text(out, value);
    buf_char(out, '"');
}

static void failure(struct buf *out, const struct finding *f) {
    buf_str(out, ">\n      <failure");
    if (f->type != NULL)
        attribute(out, "type", f->type);
    attribute(out, "message", f->sentence);
    if (f->details == NULL) {
        buf_str(out, "/>\n    </testcase>\n");
        return;
    }
    buf_char(out, '>');
    markup_lines(out, f->details, strlen(f->details));
    buf_str(out, "</failure>\n    </testcase>\n");
}

static void take(void *context, const struct finding *f) {
    struct junit *j = context;
    struct buf *out = &j->cases;
    out->failed = out->failed || f->failed;
    j->tests++;
    buf_str(out, "    <testcase");
    attribute(out, "classname", f->kind);
    attribute(out, "name", f->name);
    buf_printf(out, f->time_s < 0 ? " time=\"0\"" : " time=\"%.6f\"", f->time_s);
    if (f->state == FINDING_FAILS) {
        j->failures++;
        failure(out, f);
    } else if (f->state == FINDING_SKIPPED) {
        j->skipped++;
        buf_str(out, ">\n      <skipped");
        attribute(out, "message", f->sentence);
        buf_str(out, "/>\n    </testcase>\n");
    } else if (f->sentence[0] != '\0') {
        buf_str(out, ">\n      <system-out>");
        markup_text(out, f->sentence);
        buf_str(out, "</system-out>\n    </testcase>\n");
    } else
        buf_str(out, "/>\n");
}

static void counts(struct buf *out, const struct finding_suite *s, const struct junit *j) {
    buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\"", j->tests,
               j->failures, j->skipped);
    buf_printf(out, s->time_s < 0 ? " time=\"0\"" : " time=\"%.3f\"", s->time_s);
}

static void properties(struct buf *out, const struct finding_suite *s) {
    buf_str(out, "    <properties>\n");
    for (size_t i = 0; i < FINDING_PROPERTIES; i++) {
        buf_str(out, "      <property");
        attribute(out, "name", s->properties[i].name);
        attribute(out, "value", s->properties[i].value);
        buf_str(out, "/>\n");
    }
    buf_str(out, "    </properties>\n");
}

static void suite(struct buf *out, const struct finding_suite *s, const struct junit *j) {
    buf_str(out, "  <testsuite");
    attribute(out, "name", s->name);
    counts(out, s, j);
    if (s->timestamp != NULL)
        buf_printf(out, " timestamp=\"%.19s\"", s->timestamp);
    buf_str(out, ">\n");
    if (s->properties[0].name != NULL)
        properties(out, s);
    buf_add(out, buf_text(&j->cases), j->cases.len);
    buf_str(out, "  </testsuite>\n");
}

void findings_junit(struct buf *out, const char *name, const struct finding_suite *suites,
                    size_t n) {
    buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    if (name != NULL)
        attribute(out, "name", name);
    for (size_t i = 0; i < n; i++) {
        struct junit j = {.tests = 0};
        buf_init(&j.cases, DOCUMENT_MAX_BYTES);
        suites[i].each(suites[i].of, take, &j);
        if (n == 1)
            counts(out, &suites[i], &j);
        buf_str(out, i == 0 ? ">\n" : "");
        suite(out, &suites[i], &j);
        if (!buf_ok(&j.cases))
            out->failed = true;
        buf_done(&j.cases);
    }
    buf_str(out, "</testsuites>\n");
}

/* ---- GitHub ---- */

/* Of one line, as line ends are shown as \xNN. */
static void message(struct buf *out, const char *text) {
    struct buf shown;
    buf_init(&shown, out->max);
    text_printable(&shown, text, strlen(text));
    if (!buf_ok(&shown))
        out->failed = true;
    for (const char *p = buf_text(&shown); *p != '\0'; p++)
        if (*p == '%')
            buf_str(out, "%25");
        else
            buf_char(out, *p);
    buf_done(&shown);
}

struct github {
    struct buf *out;
    const struct finding_suite *suite;
};

static void annotate(void *context, const struct finding *f) {
    const struct github *g = context;
    g->out->failed = g->out->failed || f->failed;
    if (f->state == FINDING_HOLDS)
        return;
    buf_printf(g->out, "::%s title=%s::", f->state == FINDING_FAILS ? "error" : "notice",
               f->state == FINDING_FAILS ? g->suite->failed : g->suite->skipped);
    message(g->out, f->sentence);
    buf_char(g->out, '\n');
}

void findings_github(struct buf *out, const struct finding_suite *suites, size_t n) {
    for (size_t i = 0; i < n; i++)
        suites[i].each(suites[i].of, annotate, &(struct github){out, &suites[i]});
}
