#include "report/table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX_BYTES ((size_t)256 << 20)
#define NO_NUMBER "\xe2\x80\x93" /* an en dash */

enum { PAIR_CELLS = 3 };

void table_init(struct table *t, const char *key, const char *title,
                const struct table_column *columns, size_t column_count) {
    *t = (struct table){
        .key = key, .title = title, .columns = columns, .column_count = column_count};
    buf_init(&t->texts, TEXT_MAX_BYTES);
}

void table_init_pairs(struct table *t, const char *key, const char *title) {
    table_init(t, key, title, NULL, PAIR_CELLS);
    t->pairs = true;
}

void table_done(struct table *t) {
    free(t->cells);
    buf_done(&t->texts);
    t->cells = NULL;
    t->cell_count = t->cap = 0;
}

bool table_ok(const struct table *t) {
    return !t->failed && buf_ok(&t->texts);
}

static void add(struct table *t, struct table_cell cell) {
    if (t->cell_count == t->cap) {
        size_t more = t->cap == 0 ? 64 : t->cap * 2;
        struct table_cell *grown = realloc(t->cells, more * sizeof *grown);
        if (grown == NULL) {
            t->failed = true;
            return;
        }
        t->cells = grown;
        t->cap = more;
    }
    t->cells[t->cell_count++] = cell;
}

void table_text(struct table *t, const char *text) {
    struct table_cell cell = {.unit = TABLE_TEXT, .text = t->texts.len, .number = (double)NAN};
    buf_add(&t->texts, text, strlen(text) + 1);
    add(t, cell);
}

void table_number(struct table *t, double value) {
    assert(!t->pairs);
    enum table_unit unit = t->columns[t->cell_count % t->column_count].unit;
    add(t, (struct table_cell){.unit = unit, .number = value});
}

void table_pair(struct table *t, const char *key, const char *label, enum table_unit unit,
                double value) {
    table_text(t, key);
    table_text(t, label);
    add(t, (struct table_cell){.unit = unit, .number = value});
}

void table_pair_text(struct table *t, const char *key, const char *label, const char *text) {
    table_text(t, key);
    table_text(t, label);
    table_text(t, text);
}

size_t table_rows(const struct table *t) {
    return t->cell_count / t->column_count;
}

const struct table_cell *table_at(const struct table *t, size_t row, size_t column) {
    return &t->cells[row * t->column_count + column];
}

const char *table_cell_text(const struct table *t, const struct table_cell *c) {
    return buf_text(&t->texts) + c->text;
}

/* Three digits that count, as in the tables of the client's times. */
static int digits(double value) {
    return fabs(value) < 9.995 ? 2 : fabs(value) < 99.95 ? 1 : 0;
}

void table_show(const struct table *t, const struct table_cell *c, struct buf *out) {
    double v = c->number;
    if (c->unit == TABLE_TEXT) {
        buf_str(out, table_cell_text(t, c));
        return;
    }
    if (!isfinite(v)) {
        buf_str(out, NO_NUMBER);
        return;
    }
    switch (c->unit) {
    case TABLE_TEXT:
        break;
    case TABLE_COUNT:
        buf_printf(out, "%.0f", v);
        break;
    case TABLE_MS:
        buf_printf(out, "%.*f%s", digits(v), v, t->pairs ? " ms" : "");
        break;
    case TABLE_S:
        buf_printf(out, "%.*f%s", fabs(v) < 999.95 ? 1 : 0, v, t->pairs ? " s" : "");
        break;
    case TABLE_NUMBER:
        buf_printf(out, "%.2f", v);
        break;
    case TABLE_USD:
        buf_printf(out, fabs(v) < 1 ? "%.6f" : "%.2f", v);
        break;
    }
}
