/* Results with columns: CSV and JSON Lines, read by the feeder's parsers. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/result_row.h"
#include "util/file.h"

#define NAMES_BYTES 200

static bool are_digits(const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i] < '0' || bytes[i] > '9')
            return false;
    return true;
}

/* Refuses what cannot be read, and what tools offer for their results instead: gzip and zstd, XML,
 * and rows without the names of their columns. `named`: the file must begin with these. */
static int check_file(const char *path, bool named, struct err *e) {
    unsigned char magic[4] = {0};
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return err_set(e, "cannot read %s: %s", path, strerror(errno));
    size_t n = fread(magic, 1, sizeof magic, f);
    fclose(f);
    if (file_check_plain(path, magic, n, e) != 0)
        return -1;
    if (named && n > 0 && magic[0] == '<')
        return err_set(e,
                       "%s is XML, not CSV; for JMeter, set "
                       "jmeter.save.saveservice.output_format=csv",
                       path);
    if (named && n == sizeof magic && are_digits(magic, n))
        return err_set(e,
                       "%s begins with a row; its first line must be the header with the column "
                       "names (JMeter: jmeter.save.saveservice.print_field_names=true)",
                       path);
    return 0;
}

int result_table_rewind(struct result_source *s, struct err *e) {
    (void)e;
    s->table.number = 0;
    feeder_start(s->table.feeder, 0, part_whole());
    return 0;
}

int result_table_open(struct result_source *s, enum feeder_kind kind, const char *head,
                      struct err *e) {
    const struct feeder_source from = {.kind = kind,
                                       .path = s->path,
                                       .mode = FEEDER_ONCE,
                                       .delimiter = head != NULL ? ',' : '\0',
                                       .head = head,
                                       .lenient = true};
    if (check_file(s->path, kind == FEEDER_CSV && head == NULL, e) != 0 ||
        feeder_open("results", &from, &s->table.feeder, e) != 0)
        return -1;
    return result_table_rewind(s, e);
}

void result_table_close(struct result_source *s) {
    feeder_row_done(&s->table.row);
    feeder_free(s->table.feeder);
    s->table = (struct result_table){0};
    free(s->own);
    s->own = NULL;
}

int result_table_next(struct result_source *s, struct err *e) {
    const struct feeder_turn turn = {.user = 0};
    switch (feeder_draw(s->table.feeder, &turn, &s->table.row, e)) {
    case FEEDER_DRAWN:
        s->table.number++;
        return 1;
    case FEEDER_EMPTY:
        return 0;
    case FEEDER_FAILED:
        break;
    }
    return -1;
}

int result_column(const struct result_source *s, const char *names) {
    for (const char *at = names; *at != '\0';) {
        size_t n = strcspn(at, "|");
        uint32_t column;
        if (feeder_find_column(s->table.feeder, at, n, &column))
            return (int)column;
        at += n + (at[n] == '|');
    }
    return -1;
}

int result_column_needed(const struct result_source *s, const char *names, int *out,
                         struct err *e) {
    char text[NAMES_BYTES];
    size_t n = strcspn(names, "|");
    *out = result_column(s, names);
    if (*out >= 0)
        return 0;
    snprintf(text, sizeof text, "%.*s", (int)n, names);
    return err_set(e, "%s has no column \"%s\", so it is not %s", s->path, text, s->format->what);
}

struct bytes result_field(const struct result_source *s, int column) {
    struct bytes none = {"", 0};
    return column < 0 || s->table.row.fields[column].data == NULL ? none
                                                                  : s->table.row.fields[column];
}

int result_bad(const struct result_source *s, struct err *e, const char *format, ...) {
    struct err what;
    va_list args;
    va_start(args, format);
    vsnprintf(what.text, sizeof what.text, format, args);
    va_end(args);
    return err_set(e, "%s: row %llu: %s", s->path, (unsigned long long)s->table.number, what.text);
}
