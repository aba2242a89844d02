#include "report/report.h"

#include <stdio.h>

#include "report/data.h"
#include "report/emit.h"
#include "report/latex.h"
#include "report/methods.h"
#include "report/numbers.h"
#include "report/outfile.h"
#include "report/pgfplots.h"

#define DOCUMENT_MAX_BYTES ((size_t)1 << 30)

/* Frees the buffer. */
static int write_file(const char *dir, const char *name, struct buf *b, struct err *e) {
    struct outfile f;
    int result = outfile_open(&f, dir, name, e);
    if (result == 0) {
        result = outfile_put(f.stream, b, e);
        if (outfile_close(&f, result == 0 ? e : NULL) != 0)
            result = -1;
    }
    buf_done(b);
    return result;
}

/* Closes the file. */
static int write_format(struct outfile *f, const struct report_format *format,
                        const struct report_source *s, struct err *e) {
    int result = format->write(f->stream, s, e);
    return outfile_close(f, result == 0 ? e : NULL) != 0 ? -1 : result;
}

static int write_formats(const char *dir, const struct report_source *s, struct err *e) {
    for (const struct report_format *x = report_formats; x->word != NULL; x++) {
        struct outfile f;
        if (x->file != NULL &&
            (outfile_open(&f, dir, x->file, e) != 0 || write_format(&f, x, s, e) != 0))
            return -1;
    }
    return 0;
}

int report_write_file(const char *path, const struct report_format *format,
                      const struct report_source *s, struct err *e) {
    struct outfile f;
    return outfile_open_path(&f, path, e) != 0 ? -1 : write_format(&f, format, s, e);
}

static int write_errors(const char *dir, const struct model *m, struct err *e) {
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    emit_csv_errors(&b, m);
    return write_file(dir, "errors.csv", &b, e);
}

static int write_thresholds(const char *dir, const struct model *m, struct err *e) {
    struct buf b;
    if (m->thresholds == NULL)
        return 0;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    emit_csv_thresholds(&b, m);
    return write_file(dir, "thresholds.csv", &b, e);
}

/* PREFIX and KEY.csv for each of the tables. */
static int write_tables(const char *dir, const char *prefix, const struct table *tables,
                        size_t count, struct err *e) {
    for (size_t i = 0; i < count; i++) {
        struct buf b;
        char name[64];
        snprintf(name, sizeof name, "%s%s.csv", prefix, tables[i].key);
        buf_init(&b, DOCUMENT_MAX_BYTES);
        emit_csv_table(&b, &tables[i]);
        if (write_file(dir, name, &b, e) != 0)
            return -1;
    }
    return 0;
}

/* What a paper needs beside the tables. */
static int write_methods(const char *dir, const struct report_source *s, struct err *e) {
    struct buf markdown, latex, numbers;
    buf_init(&markdown, DOCUMENT_MAX_BYTES);
    buf_init(&latex, DOCUMENT_MAX_BYTES);
    buf_init(&numbers, DOCUMENT_MAX_BYTES);
    numbers_write(&numbers, s->model);
    int result = -1;
    if (methods_markdown(&markdown, s->reader, s->model, e) == 0 &&
        methods_latex(&latex, s->reader, s->model, e) == 0 &&
        write_file(dir, "methods.md", &markdown, e) == 0 &&
        write_file(dir, "methods.tex", &latex, e) == 0)
        result = write_file(dir, "numbers.json", &numbers, e);
    buf_done(&markdown);
    buf_done(&latex);
    buf_done(&numbers);
    return result;
}

int report_write_dir(const char *dir, const struct report_source *s, struct figures_result *figures,
                     struct err *e) {
    const struct model *m = s->model;
    struct buf data;
    if (dir[0] == '\0')
        return err_set(e, "the name of the directory for the report is empty");
    buf_init(&data, 65536);
    buf_printf(&data, "%s/data", dir);
    int result = !buf_ok(&data) ? err_set(e, "the path of the report is too long")
                                : outfile_directory(buf_text(&data), e);
    buf_done(&data);
    if (result != 0 || write_formats(dir, s, e) != 0 || write_errors(dir, m, e) != 0 ||
        write_thresholds(dir, m, e) != 0 ||
        write_tables(dir, "server_", m->tables, m->table_count, e) != 0 ||
        write_tables(dir, "", m->flows.tables, m->flows.count, e) != 0 ||
        latex_write_tables(dir, m, e) != 0 || pgfplots_write(dir, m, e) != 0 ||
        write_methods(dir, s, e) != 0 || data_write(dir, m, e) != 0)
        return -1;
    struct figures_options options = {0};
    return figures_draw(dir, &options, figures, e);
}
