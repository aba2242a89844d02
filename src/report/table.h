/*
 * table: a table of typed cells, from which every format makes its own: words and rounded digits
 * for people, whole numbers and keys for programs.
 *
 * Columns have a key (JSON, CSV) and a head (people). A table of pairs has a key and a label a row
 * instead, and one value: JSON makes one object of it, CSV rows "key,value". Texts are kept as they
 * come, so they are hostile; emitters escape.
 *
 * Ownership: table_init allocates nothing, table_done frees; texts are copied, the column table is
 * borrowed. On failure (memory) the table is marked: ask table_ok(). Thread: plain data.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* Of a number: how many digits people see, and what stands behind it in a pair. */
enum table_unit { TABLE_TEXT, TABLE_COUNT, TABLE_MS, TABLE_S, TABLE_NUMBER, TABLE_USD };

struct table_column {
    const char *key, *head;
    enum table_unit unit;
};

struct table_cell {
    enum table_unit unit;
    size_t text;   /* TABLE_TEXT: where it begins in `texts` */
    double number; /* NAN: unknown */
};

struct table {
    const char *key, *title;
    const struct table_column *columns;
    size_t column_count;
    size_t shown_max; /* rows for people; 0: all */
    bool pairs;
    bool whole_names; /* else people see the ends of long ones */
    bool failed;
    struct table_cell *cells; /* row by row; a pair is key, label, value */
    size_t cell_count, cap;
    struct buf texts; /* each ended by a NUL */
};

void table_init(struct table *t, const char *key, const char *title,
                const struct table_column *columns, size_t column_count);
void table_init_pairs(struct table *t, const char *key, const char *title);
void table_done(struct table *t);
bool table_ok(const struct table *t);

/* The next cell, from left to right; the unit of a number is its column's. */
void table_text(struct table *t, const char *text);
void table_number(struct table *t, double value);

/* A row of a table of pairs. */
void table_pair(struct table *t, const char *key, const char *label, enum table_unit unit,
                double value);
void table_pair_text(struct table *t, const char *key, const char *label, const char *text);

size_t table_rows(const struct table *t);
const struct table_cell *table_at(const struct table *t, size_t row, size_t column);
const char *table_cell_text(const struct table *t, const struct table_cell *c);

/* A number as people see it, in pairs with its unit behind it; an en dash where it is unknown. */
void table_show(const struct table *t, const struct table_cell *c, struct buf *out);

#endif
