/* The formats of a report, a row each. */
#include <string.h>

#include "report/emit.h"
#include "report/export.h"
#include "report/html.h"
#include "report/latex.h"
#include "report/outfile.h"
#include "report/report.h"

#define DOCUMENT_MAX_BYTES ((size_t)1 << 30)

/* Frees the buffer. */
static int put(FILE *to, struct buf *b, struct err *e) {
    int result = outfile_put(to, b, e);
    buf_done(b);
    return result;
}

static int table(FILE *to, const struct report_source *s, struct err *e) {
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    emit_table(&b, s->model, s->bare);
    return put(to, &b, e);
}

static int markdown(FILE *to, const struct report_source *s, struct err *e) {
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    emit_markdown(&b, s->model, s->bare);
    return put(to, &b, e);
}

static int csv(FILE *to, const struct report_source *s, struct err *e) {
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    emit_csv(&b, s->model);
    return put(to, &b, e);
}

static int json(FILE *to, const struct report_source *s, struct err *e) {
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    emit_json(&b, s->model);
    return put(to, &b, e);
}

static int html(FILE *to, const struct report_source *s, struct err *e) {
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    if (emit_html(&b, s->model, s->reader, e) != 0) {
        buf_done(&b);
        return -1;
    }
    return put(to, &b, e);
}

static int latex(FILE *to, const struct report_source *s, struct err *e) {
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    emit_latex(&b, s->model);
    return put(to, &b, e);
}

const struct report_format report_formats[] = {
    {.word = "table", .file = "tables.txt", .for_people = true, .write = table},
    {.word = "markdown", .file = "tables.md", .for_people = true, .write = markdown},
    {.word = "csv", .file = "tables.csv", .no_guess = true, .write = csv},
    {.word = "json", .file = "tables.json", .write = json},
    {.word = "latex", .file = "tables.tex", .write = latex},
    {.word = "html", .file = "report.html", .figures = true, .write = html},
    {.word = "hgrm", .file = "response_time.hgrm", .no_guess = true, .write = export_hgrm_response},
    {.word = "hgrm-service",
     .file = "service_time.hgrm",
     .no_guess = true,
     .write = export_hgrm_service},
    {.word = "jtl", .file = "requests.jtl", .no_guess = true, .write = export_jtl},
    {.word = "k6-summary", .file = "k6_summary.json", .no_guess = true, .write = export_k6},
    {.word = "junit", .file = "junit.xml", .no_guess = true, .write = export_junit},
    {.word = NULL},
};

const char report_format_words[] =
    "table|markdown|csv|json|latex|html|hgrm|hgrm-service|jtl|k6-summary|junit";

const struct report_format *report_format(const char *word) {
    for (const struct report_format *f = report_formats; f->word != NULL; f++)
        if (strcmp(f->word, word) == 0)
            return f;
    return NULL;
}
