/* The formats of a report, a row each. */
#include <string.h>

#include "report/emit.h"
#include "report/export.h"
#include "report/html.h"
#include "report/latex.h"
#include "report/outfile.h"
#include "report/report.h"

#define DOCUMENT_MAX_BYTES ((size_t)1 << 30)

static int html(FILE *to, const struct report_source *s, struct err *e) {
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    int result = emit_html(&b, s->document, s->reader, e);
    if (result == 0)
        result = outfile_put(to, &b, e);
    buf_done(&b);
    return result;
}

int report_write(FILE *to, const struct report_format *format, const struct report_source *s,
                 struct err *e) {
    struct buf b;
    if (format->write != NULL)
        return format->write(to, s, e);
    buf_init(&b, DOCUMENT_MAX_BYTES);
    format->emit(&b, s->document);
    int result = outfile_put(to, &b, e);
    buf_done(&b);
    return result;
}

const struct report_format report_formats[] = {
    {.word = "table", .file = "tables.txt", .for_people = true, .emit = emit_table},
    {.word = "markdown", .file = "tables.md", .for_people = true, .emit = emit_markdown},
    {.word = "csv", .file = "tables.csv", .no_guess = true, .emit = emit_csv},
    {.word = "json", .file = "tables.json", .emit = emit_json},
    {.word = "latex", .file = "tables.tex", .emit = emit_latex},
    {.word = "html", .file = "report.html", .figures = true, .write = html},
    {.word = "hgrm",
     .of_run = true,
     .file = "response_time.hgrm",
     .no_guess = true,
     .write = export_hgrm_response},
    {.word = "hgrm-service",
     .of_run = true,
     .file = "service_time.hgrm",
     .no_guess = true,
     .write = export_hgrm_service},
    {.word = "jtl",
     .of_run = true,
     .file = "requests.jtl",
     .by_row = true,
     .no_guess = true,
     .write = export_jtl},
    {.word = "k6-summary",
     .of_run = true,
     .file = "k6_summary.json",
     .no_guess = true,
     .write = export_k6},
    {.word = "junit", .of_run = true, .file = "junit.xml", .no_guess = true, .emit = emit_junit},
    {.word = "vllm",
     .of_run = true,
     .file = "vllm.json",
     .of_streams = true,
     .no_guess = true,
     .write = export_vllm},
    {.word = "aiperf",
     .of_run = true,
     .file = "profile_export.jsonl",
     .of_streams = true,
     .no_guess = true,
     .write = export_aiperf},
    {.word = NULL},
};

const char report_format_words[] =
    "table|markdown|csv|json|latex|html|hgrm|hgrm-service|jtl|k6-summary|junit|vllm|aiperf";

const char report_format_words_without_run[] = "table|markdown|csv|json|latex|html";

const struct report_format *report_format(const char *word) {
    for (const struct report_format *f = report_formats; f->word != NULL; f++)
        if (strcmp(f->word, word) == 0)
            return f;
    return NULL;
}
