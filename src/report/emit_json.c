#include <math.h>

#include "report/emit.h"
#include "util/json_write.h"

static void put_cell(struct json_writer *w, const char *key, const struct table *t,
                     const struct table_cell *c) {
    if (c->unit == TABLE_TEXT)
        json_write_text(w, key, c->text == TABLE_NO_TEXT ? NULL : table_cell_text(t, c));
    else if (c->unit == TABLE_RANGE)
        json_write_pair(w, key, c->low, c->high);
    else if (c->unit == TABLE_BOOL && !isnan(c->number))
        json_write_bool(w, key, c->number != 0);
    else
        json_write_number(w, key, c->number);
}

/* Columns of a group are an object of their own. */
static void put_row(struct json_writer *w, const char *key, const struct table *t, size_t row) {
    const struct table_group *group = NULL;
    json_write_object(w, key, JSON_LINES);
    for (size_t i = 0; i < t->column_count; i++) {
        const struct table_group *next = table_group(t, i);
        const struct table_cell *c = table_at(t, row, i);
        if (!table_has(t, i, TABLE_JSON))
            continue;
        if (next != group && group != NULL)
            json_write_end(w);
        if (next != group && next != NULL)
            json_write_object(w, next->object, JSON_LINES);
        group = next;
        if (!isnan(c->number) || !(t->columns[i].unit & TABLE_OPTIONAL))
            put_cell(w, t->columns[i].key, t, c);
    }
    if (group != NULL)
        json_write_end(w);
    json_write_end(w);
}

/* Pairs as an object, others as an array of them. */
static void put_table(struct json_writer *w, const struct table *t, enum json_layout layout) {
    size_t rows = table_rows(t), last = t->totals_key == NULL ? rows : rows - 1;
    if (t->pairs)
        json_write_object(w, t->key, JSON_LINES);
    else
        json_write_array(w, t->key, layout);
    for (size_t row = 0; row < last; row++)
        if (t->pairs)
            put_cell(w, table_cell_text(t, table_at(t, row, 0)), t, table_at(t, row, 2));
        else
            put_row(w, NULL, t, row);
    json_write_end(w);
    if (last < rows)
        put_row(w, t->totals_key, t, last);
}

void emit_json_tables(struct json_writer *w, const struct document *d,
                      enum section_programs programs, enum json_layout layout) {
    for (const struct section *s = document_table(d, NULL); s != NULL; s = document_table(d, s))
        if (s->programs == programs)
            put_table(w, s->table, layout);
}

void emit_json(struct buf *out, const struct document *d) {
    struct json_writer w;
    json_write_init(&w, out, "  ");
    json_write_object(&w, NULL, JSON_LINES);
    d->json(&w, d);
    json_write_end(&w);
    buf_char(out, '\n');
}
