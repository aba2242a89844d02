#include "report/report.h"

#include <stdio.h>

#include "record/reader_streams.h"
#include "report/emit.h"
#include "report/figure_csv.h"
#include "report/figure_latex.h"
#include "report/latex.h"
#include "report/methods.h"
#include "report/numbers.h"
#include "report/outfile.h"

#define DOCUMENT_MAX_BYTES ((size_t)1 << 30)

/* Closes the file. */
static int write_format(struct outfile *f, const struct report_format *format,
                        const struct report_source *s, struct err *e) {
    return outfile_finish(f, report_write(f->stream, format, s, e), e);
}

static bool wanted(const struct report_format *x, const struct report_source *s) {
    return s->reader == NULL ? !x->of_run : !x->of_streams || reader_has_streams(s->reader);
}

static int write_formats(const char *dir, const struct report_source *s, struct err *e) {
    for (const struct report_format *x = report_formats; x->word != NULL; x++) {
        struct outfile f;
        if (!wanted(x, s) && outfile_remove(dir, x->file, e) != 0)
            return -1;
        if (wanted(x, s) && x->file != NULL && !(x->by_row && s->rows != NULL) &&
            (outfile_open(&f, dir, x->file, e) != 0 || write_format(&f, x, s, e) != 0)) {
            /* One of an earlier report would be among the new ones. */
            outfile_remove(dir, x->file, NULL);
            return -1;
        }
    }
    return 0;
}

int report_write_file(const char *path, const struct report_format *format,
                      const struct report_source *s, struct err *e) {
    struct outfile f;
    return outfile_open_path(&f, path, e) != 0 ? -1 : write_format(&f, format, s, e);
}

static int write_csv(const char *dir, const char *key, const struct table *t, struct err *e) {
    struct buf b;
    char name[DOCUMENT_KEY_BYTES + 8];
    snprintf(name, sizeof name, "%s.csv", key);
    buf_init(&b, DOCUMENT_MAX_BYTES);
    emit_csv_table(&b, t);
    return outfile_write(dir, name, &b, e);
}

/* KEY.csv of the tables that programs get, and latex/KEY.tex of those that people see. */
static int write_sections(const char *dir, const struct document *d, struct err *e) {
    int result = latex_write_tables(dir, d, e);
    const struct section *x = NULL;
    while (result == 0 && (x = document_table(d, x)) != NULL) {
        char key[DOCUMENT_KEY_BYTES];
        document_key(x, key);
        if (x->programs != SECTION_PEOPLE && x->table != d->csv) /* which is tables.csv */
            result = write_csv(dir, key, x->table, e);
    }
    return result;
}

/* What a paper needs beside the tables. */
static int write_methods(const char *dir, const struct report_source *s, struct err *e) {
    struct buf markdown, latex;
    if (s->reader == NULL && s->document->methods == NULL)
        return 0;
    buf_init(&markdown, DOCUMENT_MAX_BYTES);
    buf_init(&latex, DOCUMENT_MAX_BYTES);
    int result = -1, made = 0;
    if (s->reader == NULL)
        methods_of_document(&markdown, &latex, s->document);
    else if (methods_markdown(&markdown, s->reader, s->document->model, e) != 0 ||
             methods_latex(&latex, s->reader, s->document->model, e) != 0)
        made = -1;
    if (made == 0 && outfile_write(dir, "methods.md", &markdown, e) == 0)
        result = outfile_write(dir, "methods.tex", &latex, e);
    buf_done(&markdown);
    buf_done(&latex);
    return result;
}

static int write_numbers(const char *dir, const struct report_source *s, struct err *e) {
    struct buf numbers;
    buf_init(&numbers, DOCUMENT_MAX_BYTES);
    numbers_write(&numbers, s->document);
    return outfile_write(dir, "numbers.json", &numbers, e);
}

int report_write_dir(const char *dir, const struct report_source *s,
                     const struct figures_options *o, struct figures_result *figures,
                     struct err *e) {
    const struct document *d = s->document;
    struct buf data;
    if (dir[0] == '\0')
        return err_set(e, "the name of the directory for the report is empty");
    buf_init(&data, 65536);
    buf_printf(&data, "%s/data", dir);
    int result = !buf_ok(&data) ? err_set(e, "the path of the report is too long")
                                : outfile_directory(buf_text(&data), e);
    buf_done(&data);
    if (result != 0 || latex_remove_tables(dir, e) != 0 || write_formats(dir, s, e) != 0 ||
        write_sections(dir, d, e) != 0 || write_methods(dir, s, e) != 0 ||
        write_numbers(dir, s, e) != 0 || figure_latex_write(dir, d, e) != 0 ||
        figure_csv_write(dir, d, e) != 0)
        return -1;
    return figures_draw(dir, d, o, figures, e);
}
