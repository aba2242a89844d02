#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/data.h"
#include "report/emit.h"
#include "report/outfile.h"

#define DOCUMENT_MAX_BYTES ((size_t)1 << 30)

enum report_format report_format(const char *word) {
    return strcmp(word, "markdown") == 0 ? REPORT_MARKDOWN
           : strcmp(word, "csv") == 0    ? REPORT_CSV
           : strcmp(word, "json") == 0   ? REPORT_JSON
                                         : REPORT_TABLE;
}

static void emit(struct buf *out, const struct model *m, enum report_format format, bool bare) {
    switch (format) {
    case REPORT_TABLE:
        emit_table(out, m, bare);
        break;
    case REPORT_MARKDOWN:
        emit_markdown(out, m, bare);
        break;
    case REPORT_CSV:
        emit_csv(out, m);
        break;
    case REPORT_JSON:
        emit_json(out, m);
        break;
    }
}

/* Frees the buffer. */
static int put(FILE *to, struct buf *b, struct err *e) {
    int result = 0;
    if (!buf_ok(b))
        result = err_set(e, "out of memory for the report");
    else
        fwrite(buf_text(b), 1, b->len, to);
    buf_done(b);
    return result;
}

int report_print(FILE *to, const struct model *m, enum report_format format, bool bare,
                 struct err *e) {
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    emit(&b, m, format, bare);
    return put(to, &b, e);
}

static int write_file(const char *dir, const char *name, struct buf *b, struct err *e) {
    struct outfile f;
    if (outfile_open(&f, dir, name, e) != 0) {
        buf_done(b);
        return -1;
    }
    int result = put(f.stream, b, e);
    return outfile_close(&f, result == 0 ? e : NULL) == 0 ? result : -1;
}

static int write_tables(const char *dir, const struct model *m, struct err *e) {
    static const struct {
        const char *name;
        enum report_format format;
    } files[] = {{"tables.txt", REPORT_TABLE},
                 {"tables.md", REPORT_MARKDOWN},
                 {"tables.csv", REPORT_CSV},
                 {"tables.json", REPORT_JSON}};
    struct buf b;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        buf_init(&b, DOCUMENT_MAX_BYTES);
        emit(&b, m, files[i].format, false);
        if (write_file(dir, files[i].name, &b, e) != 0)
            return -1;
    }
    buf_init(&b, DOCUMENT_MAX_BYTES);
    emit_csv_errors(&b, m);
    return write_file(dir, "errors.csv", &b, e);
}

/* server_KEY.csv for each table of the server. */
static int write_server(const char *dir, const struct model *m, struct err *e) {
    for (size_t i = 0; i < m->table_count; i++) {
        struct buf b;
        char name[64];
        snprintf(name, sizeof name, "server_%s.csv", m->tables[i].key);
        buf_init(&b, DOCUMENT_MAX_BYTES);
        emit_csv_table(&b, &m->tables[i]);
        if (write_file(dir, name, &b, e) != 0)
            return -1;
    }
    return 0;
}

int report_write_dir(const char *dir, const struct model *m, struct figures_result *figures,
                     struct err *e) {
    struct buf data;
    if (dir[0] == '\0')
        return err_set(e, "the name of the directory for the report is empty");
    buf_init(&data, 65536);
    buf_printf(&data, "%s/data", dir);
    int result = !buf_ok(&data) ? err_set(e, "the path of the report is too long")
                                : outfile_directory(buf_text(&data), e);
    buf_done(&data);
    if (result != 0 || write_tables(dir, m, e) != 0 || write_server(dir, m, e) != 0 ||
        data_write(dir, m, e) != 0)
        return -1;
    struct figures_options options = {0};
    return figures_draw(dir, &options, figures, e);
}
