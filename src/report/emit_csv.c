#include "report/csv.h"
#include "report/emit.h"

static void table_cell(struct buf *out, const struct table *t, const struct table_cell *c) {
    if (c->unit == TABLE_TEXT)
        csv_text(out, table_cell_text(t, c));
    else if (c->unit == TABLE_RANGE) {
        csv_number(out, c->low);
        buf_char(out, ',');
        csv_number(out, c->high);
    } else
        csv_number(out, c->number);
}

static void head(struct buf *out, const struct table *t, size_t column, const char *part) {
    const struct table_group *g = table_group(t, column);
    buf_printf(out, "%s%s%s%s", g == NULL ? "" : g->before, t->columns[column].key, part,
               g == NULL ? "" : g->after);
}

static void heads(struct buf *out, const struct table *t, size_t column) {
    bool range = table_unit(t, column) == TABLE_RANGE;
    head(out, t, column, range ? "_low" : "");
    if (range) {
        buf_char(out, ',');
        head(out, t, column, "_high");
    }
}

/* The label of a pair is for people. */
static bool has(const struct table *t, size_t column) {
    return t->pairs ? column != 1 : table_has(t, column, TABLE_CSV);
}

void emit_csv_table(struct buf *out, const struct table *t) {
    const char *comma = "";
    if (t->pairs)
        buf_str(out, "key,value");
    for (size_t i = 0; i < t->column_count && !t->pairs; i++)
        if (has(t, i)) {
            buf_str(out, comma);
            heads(out, t, i);
            comma = ",";
        }
    buf_char(out, '\n');
    for (size_t row = 0; row < table_rows(t); row++) {
        comma = "";
        for (size_t i = 0; i < t->column_count; i++)
            if (has(t, i)) {
                buf_str(out, comma);
                table_cell(out, t, table_at(t, row, i));
                comma = ",";
            }
        buf_char(out, '\n');
    }
}

void emit_csv(struct buf *out, const struct document *d) {
    emit_csv_table(out, d->csv);
}
