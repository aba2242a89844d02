/*
 * table: a table of typed cells, from which every format makes its own: words and rounded digits
 * for people, whole numbers and keys for programs.
 *
 * Columns have a key (JSON, CSV) and a head (people). A table of pairs has a key and a label a row
 * instead, and one value: JSON makes one object of it, CSV rows "key,value". Texts are kept as they
 * come, so they are hostile; emitters escape.
 *
 * A table may know the SQL behind its numbers: `sql`, set by who fills it, is asked when it is
 * written.
 *
 * People see lines (the functions table_shown_*): some rows may be hidden, and under a row its
 * intervals may stand. Milliseconds have no digit after the point from 100 on, one from 10 on, two
 * below.
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

#define TABLE_NO_TEXT SIZE_MAX
#define TABLE_UNKNOWN "\xe2\x80\x93" /* an en dash: people see it where a number is unknown */

struct table_cell {
    enum table_unit unit;
    size_t text;      /* where it begins in `texts`; of a number: its words, or TABLE_NO_TEXT */
    size_t words;     /* of a text: what people see instead, or TABLE_NO_TEXT */
    double number;    /* NAN: unknown */
    double low, high; /* its interval; NAN: unknown */
};

/* Which number of a cell. */
enum table_part { TABLE_VALUE, TABLE_LOW, TABLE_HIGH, TABLE_PARTS };

/* Appends the SQL that gives a number from the run file (numbers.h), or nothing where no query
 * does. */
struct table;
typedef void table_sql_fn(struct buf *out, const struct table *t, size_t row, size_t column,
                          enum table_part part);

struct table {
    const char *key, *title;
    const struct table_column *columns;
    size_t column_count;
    size_t shown_max; /* rows for people; 0: all */
    bool pairs;
    bool hides_zeros;   /* of pairs people see only those that have a number other than 0 */
    bool whole_names;   /* else people see the ends of long ones */
    bool whole_ms;      /* milliseconds are cut to whole ones, as in Locust's console */
    bool intervals;     /* people see the intervals of a row in two lines under it */
    size_t total_rows;  /* rows at the end that sum up the others */
    table_sql_fn *sql;  /* NULL: there is none for any */
    const void *sql_of; /* for that function, borrowed */
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
void table_interval(struct table *t, double value, double low, double high);
/* A text that people see in other words. */
void table_text_worded(struct table *t, const char *text, const char *words);
/* A number that people see in these words. */
void table_worded(struct table *t, double value, const char *words);

/* A row of a table of pairs. */
void table_pair(struct table *t, const char *key, const char *label, enum table_unit unit,
                double value);
void table_pair_text(struct table *t, const char *key, const char *label, const char *text);

size_t table_rows(const struct table *t);
const struct table_cell *table_at(const struct table *t, size_t row, size_t column);
const char *table_cell_text(const struct table *t, const struct table_cell *c);

/* ---- what people see ---- */

/* How many digits behind the point leave a number three that count: 4.21, 42.1, 421. */
int table_digits(double value);

size_t table_shown_columns(const struct table *t);
const char *table_shown_head(const struct table *t, size_t column);
bool table_shown_is_number(const struct table *t, size_t column);

/* Lines, how many of them are about one row, and how many at the end sum up the others. */
size_t table_shown_lines(const struct table *t);
size_t table_shown_height(const struct table *t);
size_t table_shown_totals(const struct table *t);

/* Appends the words of a cell and returns its number, NAN where it is a text. In pairs a number has
 * its unit behind it. */
double table_shown_cell(const struct table *t, size_t line, size_t column, struct buf *out);

/* All cells, line by line, each ended by a NUL. A failure marks the buffer. */
void table_shown_cells(const struct table *t, struct buf *out);

#endif
