#include "report/emit.h"
#include "util/json_write.h"

static void put_cell(struct json_writer *w, const char *key, const struct table *t,
                     const struct table_cell *c) {
    if (c->unit == TABLE_TEXT)
        json_write_text(w, key, table_cell_text(t, c));
    else
        json_write_number(w, key, c->number);
}

/* Pairs as an object, others as an array of them. */
static void put_table(struct json_writer *w, const struct table *t) {
    if (t->pairs)
        json_write_object(w, t->key, JSON_LINES);
    else
        json_write_array(w, t->key, JSON_LINE);
    for (size_t row = 0; row < table_rows(t); row++) {
        if (t->pairs) {
            put_cell(w, table_cell_text(t, table_at(t, row, 0)), t, table_at(t, row, 2));
            continue;
        }
        json_write_object(w, NULL, JSON_LINES);
        for (size_t i = 0; i < t->column_count; i++)
            put_cell(w, t->columns[i].key, t, table_at(t, row, i));
        json_write_end(w);
    }
    json_write_end(w);
}

void emit_json_tables(struct json_writer *w, const struct document *d,
                      enum section_programs programs) {
    for (const struct section *s = document_table(d, NULL); s != NULL; s = document_table(d, s))
        if (s->programs == programs)
            put_table(w, s->table);
}

void emit_json(struct buf *out, const struct document *d) {
    struct json_writer w;
    json_write_init(&w, out, "  ");
    json_write_object(&w, NULL, JSON_LINES);
    d->json(&w, d);
    json_write_end(&w);
    buf_char(out, '\n');
}
