#include "report/table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

#define TEXT_MAX_BYTES ((size_t)256 << 20)
#define NAME_COLUMNS 24 /* real instances have names of 120 letters and more */

static const double unknown = (double)NAN;

enum { PAIR_CELLS = 3, PAIR_LABEL = 1, PAIR_VALUE = 2 };

void table_init(struct table *t, const char *key, const char *title,
                const struct table_column *columns, size_t column_count) {
    *t = (struct table){
        .key = key, .title = title, .columns = columns, .column_count = column_count};
    t->people = TABLE_PEOPLE;
    buf_init(&t->texts, TEXT_MAX_BYTES);
}

void table_init_pairs(struct table *t, const char *key, const char *title) {
    table_init(t, key, title, NULL, PAIR_CELLS);
    t->pairs = true;
}

void table_view(struct table *t, const struct table *of, enum table_reader view, const char *key,
                const char *title) {
    *t = *of;
    t->key = key;
    t->title = title;
    t->people = view;
    t->borrowed = true;
    t->sql = NULL;
}

void table_done(struct table *t) {
    if (!t->borrowed) {
        free(t->cells);
        buf_done(&t->texts);
    }
    t->cells = NULL;
    t->cell_count = t->cap = 0;
}

bool table_ok(const struct table *t) {
    return !t->failed && buf_ok(&t->texts);
}

static void add(struct table *t, struct table_cell cell) {
    struct table_cell *grown = array_room(t->cells, &t->cap, t->cell_count + 1, sizeof *grown);
    if (grown == NULL) {
        t->failed = true;
        return;
    }
    t->cells = grown;
    t->cells[t->cell_count++] = cell;
}

void table_text(struct table *t, const char *text) {
    struct table_cell cell = {.unit = TABLE_TEXT,
                              .text = t->texts.len,
                              .words = TABLE_NO_TEXT,
                              .number = unknown,
                              .low = unknown,
                              .high = unknown};
    if (text == NULL)
        cell.text = TABLE_NO_TEXT;
    else
        buf_add(&t->texts, text, strlen(text) + 1);
    add(t, cell);
}

void table_text_worded(struct table *t, const char *text, const char *words) {
    table_text(t, text);
    if (!t->failed)
        t->cells[t->cell_count - 1].words = t->texts.len;
    buf_add(&t->texts, words, strlen(words) + 1);
}

void table_number(struct table *t, double value) {
    table_interval(t, value, unknown, unknown);
}

void table_interval(struct table *t, double value, double low, double high) {
    assert(!t->pairs);
    enum table_unit unit = table_unit(t, t->cell_count % t->column_count);
    add(t, (struct table_cell){
               .unit = unit, .text = TABLE_NO_TEXT, .number = value, .low = low, .high = high});
}

static void interval_worded(struct table *t, double value, double low, double high,
                            const char *words) {
    size_t text = t->texts.len;
    buf_add(&t->texts, words, strlen(words) + 1);
    table_interval(t, value, low, high);
    if (!t->failed)
        t->cells[t->cell_count - 1].text = text;
}

void table_worded(struct table *t, double value, const char *words) {
    interval_worded(t, value, unknown, unknown, words);
}

void table_range(struct table *t, double low, double high, const char *words) {
    interval_worded(t, low, low, high, words);
}

void table_pair(struct table *t, const char *key, const char *label, enum table_unit unit,
                double value) {
    table_text(t, key);
    table_text(t, label);
    add(t,
        (struct table_cell){
            .unit = unit, .text = TABLE_NO_TEXT, .number = value, .low = unknown, .high = unknown});
}

void table_pair_text(struct table *t, const char *key, const char *label, const char *text) {
    table_text(t, key);
    table_text(t, label);
    table_text(t, text);
}

size_t table_rows(const struct table *t) {
    return t->column_count == 0 ? 0 : t->cell_count / t->column_count;
}

const struct table_cell *table_at(const struct table *t, size_t row, size_t column) {
    return &t->cells[row * t->column_count + column];
}

const char *table_cell_text(const struct table *t, const struct table_cell *c) {
    return c->text == TABLE_NO_TEXT ? "" : buf_text(&t->texts) + c->text;
}

enum table_unit table_unit(const struct table *t, size_t column) {
    return (enum table_unit)(t->columns[column].unit % TABLE_CSV);
}

bool table_has(const struct table *t, size_t column, enum table_reader reader) {
    unsigned unit = t->columns[column].unit;
    return unit < TABLE_CSV || (unit & reader) != 0;
}

const struct table_group *table_group(const struct table *t, size_t column) {
    const struct table_group *g = t->groups;
    while (g != NULL && g->count > 0 && column >= g->first + g->count)
        g++;
    return g == NULL || g->count == 0 || column < g->first ? NULL : g;
}

/* ---- what people see ---- */

/* The digits behind the point of a number with three digits that count: 4.21, 42.1, 421. */
int table_digits(double value) {
    return fabs(value) < 9.995 ? 2 : fabs(value) < 99.95 ? 1 : 0;
}

static void show_number(const struct table *t, enum table_unit unit, double v, struct buf *out) {
    if (!isfinite(v)) {
        buf_str(out, TABLE_UNKNOWN);
        return;
    }
    switch (unit) {
    case TABLE_TEXT:
        break;
    case TABLE_COUNT:
        buf_printf(out, "%.0f", v);
        break;
    case TABLE_MS:
        buf_printf(out, "%.*f%s", t->whole_ms ? 0 : table_digits(v), v, t->pairs ? " ms" : "");
        break;
    case TABLE_S:
        buf_printf(out, "%.*f%s", fabs(v) < 999.95 ? 1 : 0, v, t->pairs ? " s" : "");
        break;
    case TABLE_BOOL:
    case TABLE_RANGE:
    case TABLE_NUMBER:
        buf_printf(out, "%.2f", v);
        break;
    case TABLE_MONEY:
        buf_printf(out, fabs(v) < 1 ? "%.6f" : "%.2f", v);
        break;
    }
}

/* Long names keep their ends: the beginning is often the same. */
static void show_name(struct buf *out, const char *text) {
    size_t n = strlen(text);
    bool ascii = true;
    for (const char *p = text; *p != '\0'; p++)
        ascii = ascii && *p > ' ' && *p < 0x7f;
    if (ascii && n > NAME_COLUMNS) {
        buf_add(out, text, NAME_COLUMNS / 2 - 1);
        buf_str(out, "..");
        text += n - (NAME_COLUMNS / 2 - 1);
    }
    buf_str(out, text);
}

/* The column that people see as their n-th; with n beyond the last: how many they see. */
static size_t shown_column(const struct table *t, size_t n) {
    size_t seen = 0;
    for (size_t c = 0; c < t->column_count; c++)
        if (table_has(t, c, t->people) && seen++ == n)
            return c;
    return seen;
}

size_t table_shown_columns(const struct table *t) {
    return t->pairs ? 2 : shown_column(t, SIZE_MAX);
}

const char *table_shown_head(const struct table *t, size_t column) {
    if (t->pairs)
        return t->title == NULL ? "" : column == 0 ? "Measure" : "Value";
    return t->columns[shown_column(t, column)].head;
}

bool table_shown_is_number(const struct table *t, size_t column) {
    if (!t->pairs)
        return table_unit(t, shown_column(t, column)) != TABLE_TEXT;
    for (size_t row = 0; row < table_rows(t) && column == 1; row++)
        if (table_at(t, row, PAIR_VALUE)->unit != TABLE_TEXT)
            return true;
    return false;
}

static bool is_hidden(const struct table *t, size_t row) {
    const struct table_cell *c = table_at(t, row, PAIR_VALUE);
    return c->unit != TABLE_TEXT && (c->number == 0 || isnan(c->number));
}

/* The row of the table that people see as their n-th; with n beyond the last: how many they see. */
static size_t shown_row(const struct table *t, size_t n) {
    size_t rows = table_rows(t), row = 0, seen = 0;
    if (!t->pairs || !t->hides_zeros) {
        rows = t->shown_max > 0 && rows > t->shown_max ? t->shown_max : rows;
        return n < rows ? n : rows;
    }
    for (; row < rows; row++)
        if (!is_hidden(t, row) && seen++ == n)
            return row;
    return seen;
}

size_t table_shown_height(const struct table *t) {
    return t->intervals ? 3 : 1;
}

size_t table_shown_lines(const struct table *t) {
    return table_shown_height(t) * shown_row(t, SIZE_MAX);
}

size_t table_shown_totals(const struct table *t) {
    return table_shown_height(t) * t->total_rows;
}

/* "95% from" and "to" stand in the last column in front of the numbers. */
static double show_bound(const struct table *t, const struct table_cell *c, size_t column,
                         bool high, struct buf *out) {
    double value = high ? c->high : c->low;
    if (c->unit != TABLE_TEXT) {
        value = t->whole_ms ? trunc(value) : value;
        show_number(t, c->unit, value, out);
        return value;
    }
    if (column + 1 < table_shown_columns(t) && table_shown_is_number(t, column + 1))
        buf_str(out, high ? "  to" : "  95% from");
    return unknown;
}

double table_shown_cell(const struct table *t, size_t line, size_t column, struct buf *out) {
    size_t height = table_shown_height(t);
    const struct table_cell *c = table_at(t, shown_row(t, line / height),
                                          t->pairs ? column + PAIR_LABEL : shown_column(t, column));
    if (line % height > 0)
        return show_bound(t, c, column, line % height == 2, out);
    double value = t->whole_ms && c->unit == TABLE_MS ? trunc(c->number) : c->number;
    if (c->unit == TABLE_TEXT && c->words != TABLE_NO_TEXT)
        buf_str(out, buf_text(&t->texts) + c->words);
    else if (c->unit == TABLE_TEXT && !t->pairs && !t->whole_names)
        show_name(out, table_cell_text(t, c));
    else if (c->text != TABLE_NO_TEXT)
        buf_str(out, table_cell_text(t, c));
    else
        show_number(t, c->unit, value, out);
    return value;
}

void table_shown_cells(const struct table *t, struct buf *out) {
    for (size_t line = 0; line < table_shown_lines(t); line++)
        for (size_t c = 0; c < table_shown_columns(t); c++) {
            table_shown_cell(t, line, c, out);
            buf_char(out, '\0');
        }
}
