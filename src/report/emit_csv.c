#include "report/csv.h"
#include "report/emit.h"

static void table_cell(struct buf *out, const struct table *t, const struct table_cell *c) {
    if (c->unit == TABLE_TEXT)
        csv_text(out, table_cell_text(t, c));
    else
        csv_number(out, c->number);
}

void emit_csv_table(struct buf *out, const struct table *t) {
    if (t->pairs)
        buf_str(out, "key,value");
    for (size_t i = 0; i < t->column_count && !t->pairs; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : ",", t->columns[i].key);
    buf_char(out, '\n');
    for (size_t row = 0; row < table_rows(t); row++) {
        for (size_t i = 0; i < t->column_count; i++) {
            if (t->pairs && i == 1) /* the label is for people */
                continue;
            if (i > 0)
                buf_char(out, ',');
            table_cell(out, t, table_at(t, row, i));
        }
        buf_char(out, '\n');
    }
}

void emit_csv(struct buf *out, const struct document *d) {
    d->csv(out, d);
}
