#include "report/numbers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "util/json_write.h"

#define SQL_MAX_BYTES ((size_t)16 << 20)

/* What the row is about: the texts of its cells under the keys of their columns; the first one is
 * the name, where none is. */
static void put_about(struct json_writer *w, const struct table *t, size_t row, bool extra) {
    const char *method = "", *name = NULL;
    for (size_t c = 0; c < t->column_count && !t->pairs; c++) {
        const char *key = t->columns[c].key, *text;
        if (table_unit(t, c) != TABLE_TEXT)
            continue;
        text = table_cell_text(t, table_at(t, row, c));
        if (strcmp(key, "method") == 0)
            method = text;
        else if (name == NULL)
            name = text;
        else if (extra)
            json_write_text(w, key, text);
    }
    if (!extra) {
        json_write_text(w, "method", method);
        json_write_text(w, "name", name == NULL ? "" : name);
    }
}

static void put_number(struct json_writer *w, const struct table *t, size_t row, size_t column,
                       enum table_part part, const char *sql) {
    static const char *const behind[TABLE_PARTS] = {"", "_low", "_high"};
    const struct table_cell *c = table_at(t, row, column);
    const struct table_group *group = t->pairs ? NULL : table_group(t, column);
    char key[128];
    snprintf(key, sizeof key, "%s%s",
             t->pairs ? table_cell_text(t, table_at(t, row, 0)) : t->columns[column].key,
             behind[part]);
    json_write_object(w, NULL, JSON_LINE);
    json_write_text(w, "table",
                    group != NULL        ? group->numbers
                    : t->numbers != NULL ? t->numbers
                                         : t->key);
    put_about(w, t, row, false);
    json_write_text(w, "key", key);
    json_write_number(w, "value",
                      part == TABLE_VALUE ? c->number
                      : part == TABLE_LOW ? c->low
                                          : c->high);
    json_write_text(w, "sql", sql);
    put_about(w, t, row, true);
    json_write_end(w);
}

static void put_cell(struct json_writer *w, const struct table *t, size_t row, size_t column) {
    const struct table_cell *c = table_at(t, row, column);
    const double values[TABLE_PARTS] = {c->number, c->low, c->high};
    struct buf sql;
    buf_init(&sql, SQL_MAX_BYTES);
    for (enum table_part part = TABLE_VALUE; part < TABLE_PARTS && c->unit != TABLE_TEXT; part++) {
        if (isnan(values[part]))
            continue;
        buf_clear(&sql);
        t->sql(&sql, t, row, column, part);
        if (sql.len > 0)
            put_number(w, t, row, column, part, buf_text(&sql));
    }
    w->out->failed = w->out->failed || !buf_ok(&sql);
    buf_done(&sql);
}

/* The tables that come first in the JSON, or the others. */
static void put_tables(struct json_writer *w, const struct document *d, bool first) {
    for (const struct section *s = document_table(d, NULL); s != NULL; s = document_table(d, s))
        for (size_t row = 0; s->table->sql != NULL && row < table_rows(s->table) &&
                             (s->programs == SECTION_FIRST) == first;
             row++)
            for (size_t c = 0; c < s->table->column_count; c++)
                put_cell(w, s->table, row, c);
}

static void put_without_sql(struct json_writer *w, const struct document *d) {
    json_write_array(w, "without_sql", JSON_LINE);
    for (const struct section *s = document_table(d, NULL); s != NULL; s = document_table(d, s)) {
        char key[DOCUMENT_KEY_BYTES];
        document_key(s, key);
        if ((s->programs == SECTION_PLAIN || s->programs == SECTION_SERVER) &&
            s->table->sql == NULL)
            json_write_text(w, NULL, key);
    }
    json_write_end(w);
}

void numbers_write(struct buf *out, const struct document *d) {
    struct json_writer w;
    json_write_init(&w, out, "");
    json_write_object(&w, NULL, JSON_LINE);
    json_write_array(&w, "numbers", JSON_LINES);
    put_tables(&w, d, true);
    put_tables(&w, d, false);
    json_write_end(&w);
    json_write_new_line(&w);
    put_without_sql(&w, d);
    json_write_end(&w);
    buf_char(out, '\n');
}
