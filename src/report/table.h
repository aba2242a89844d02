/*
 * table: a table of typed cells, from which every format makes its own: words and rounded digits
 * for people, full numbers and keys for programs.
 *
 * Columns have a key (JSON, CSV) and a head (people). A column can be for some of these readers
 * only, so that each has its own order of columns. Columns of one group are an object in the JSON.
 * A table of pairs instead has a key and a label per row, and one value: JSON makes one object of
 * it, CSV rows of "key,value". Texts are kept as they come, so they are hostile; emitters escape
 * them.
 *
 * A table may know the SQL behind its numbers. Whoever fills the table sets `sql`, which is called
 * when the table is written.
 *
 * People see lines (the functions table_shown_*): some rows may be hidden, and a row may have its
 * intervals below it. Milliseconds have no decimals from 100 on, one from 10 on, and two below.
 *
 * Ownership: table_init allocates nothing, table_done frees; texts are copied, the column table is
 * borrowed. If memory runs out, the table is marked: check table_ok(). Thread: plain data.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* Unit of a number: sets the digits that people see, and what follows it in a pair. A TABLE_BOOL is
 * 0, 1 or unknown. A TABLE_RANGE is the interval of its cell: JSON has both bounds as one member,
 * CSV has a column for each, so the column needs a group. */
enum table_unit {
    TABLE_TEXT,
    TABLE_COUNT,
    TABLE_MS,
    TABLE_S,
    TABLE_NUMBER,
    TABLE_MONEY,
    TABLE_BOOL,
    TABLE_RANGE
};

/* Who gets a column, added to its unit; without it, all get it. Several tables for people can be
 * made of one (table_view). */
enum table_reader {
    TABLE_CSV = 1 << 8,
    TABLE_JSON = 1 << 9,
    TABLE_OPTIONAL = 1 << 10, /* the JSON leaves out an unknown number, instead of null */
    TABLE_PEOPLE = 1 << 11,
    TABLE_VIEW_1 = 1 << 12,
    TABLE_VIEW_2 = 1 << 13,
    TABLE_VIEW_3 = 1 << 14
};

struct table_column {
    const char *key, *head;
    unsigned unit; /* enum table_unit | enum table_reader */
};

/* Columns that follow each other: {"object": {"key": 1, ...}} in JSON, "beforekeyafter" in CSV. */
struct table_group {
    size_t first, count;
    const char *object;
    const char *before, *after;
    const char *numbers; /* the name of the table in numbers.json */
};

#define TABLE_NO_TEXT SIZE_MAX
#define TABLE_UNKNOWN "\xe2\x80\x93" /* an en dash: shown to people if a number is unknown */

struct table_cell {
    enum table_unit unit;
    size_t text;      /* its offset in `texts`; of a number: its words, or TABLE_NO_TEXT */
    size_t words;     /* of a text: what people see instead, or TABLE_NO_TEXT */
    double number;    /* NAN: unknown */
    double low, high; /* bounds of its interval; NAN: unknown */
};

/* The parts of a cell that are numbers. */
enum table_part { TABLE_VALUE, TABLE_LOW, TABLE_HIGH, TABLE_PARTS };

/* Appends the SQL that returns a number from the run file (numbers.h). Appends nothing if no query
 * does. */
struct table;
typedef void table_sql_fn(struct buf *out, const struct table *t, size_t row, size_t column,
                          enum table_part part);

struct table {
    const char *key, *title;
    const struct table_column *columns;
    size_t column_count;
    const struct table_group *groups; /* the last one has no columns; NULL: there are none */
    size_t shown_max;                 /* rows that people see; 0: all */
    const char *numbers;              /* its name in numbers.json; NULL: the key */
    const char
        *totals_key; /* the last row is this member of the JSON; NULL: it follows the others */
    enum table_reader people; /* the columns that people see */
    bool borrowed;            /* the cells are those of another table */
    bool pairs;
    bool hides_zeros;   /* people see only the pairs with a number other than 0 */
    bool whole_names;   /* false: people see only the ends of long names */
    bool whole_ms;      /* milliseconds are truncated to whole ones, as in Locust's console */
    bool intervals;     /* people see the intervals of a row in two lines below it */
    size_t total_rows;  /* number of rows at the end that sum up the others */
    table_sql_fn *sql;  /* NULL: no number has SQL */
    const void *sql_of; /* argument for `sql`, borrowed */
    bool failed;
    struct table_cell *cells; /* row by row; a pair is key, label, value */
    size_t cell_count, cap;
    struct buf texts; /* each ending with a NUL */
};

void table_init(struct table *t, const char *key, const char *title,
                const struct table_column *columns, size_t column_count);
void table_init_pairs(struct table *t, const char *key, const char *title);
/* The same cells for people, with the columns of a view. `of` must be complete, and stay. */
void table_view(struct table *t, const struct table *of, enum table_reader view, const char *key,
                const char *title);
void table_done(struct table *t);
bool table_ok(const struct table *t);

/* Add the next cell, from left to right. The unit of a number is that of its column. A text of NULL
 * is null in JSON and empty elsewhere. */
void table_text(struct table *t, const char *text);
void table_number(struct table *t, double value);
void table_interval(struct table *t, double value, double low, double high);
/* A text, for which people see other words. */
void table_text_worded(struct table *t, const char *text, const char *words);
/* A number, for which people see these words. */
void table_worded(struct table *t, double value, const char *words);
/* A range, and what people see of it. */
void table_range(struct table *t, double low, double high, const char *words);

/* A row of a table of pairs. */
void table_pair(struct table *t, const char *key, const char *label, enum table_unit unit,
                double value);
void table_pair_text(struct table *t, const char *key, const char *label, const char *text);

size_t table_rows(const struct table *t);
/* Of a column; not for pairs. table_has: whether a reader gets it. table_group: NULL is none. */
bool table_has(const struct table *t, size_t column, enum table_reader reader);
enum table_unit table_unit(const struct table *t, size_t column);
const struct table_group *table_group(const struct table *t, size_t column);
const struct table_cell *table_at(const struct table *t, size_t row, size_t column);
const char *table_cell_text(const struct table *t, const struct table_cell *c);

/* ---- what people see ---- */

/* Number of decimals that leave a number three significant digits: 4.21, 42.1, 421. */
int table_digits(double value);

size_t table_shown_columns(const struct table *t);
const char *table_shown_head(const struct table *t, size_t column);
bool table_shown_is_number(const struct table *t, size_t column);

/* Number of lines, of lines per row, and of lines at the end that sum up the others. */
size_t table_shown_lines(const struct table *t);
size_t table_shown_height(const struct table *t);
size_t table_shown_totals(const struct table *t);

/* Appends the words of a cell and returns its number; NAN if it is a text. In pairs, the unit
 * follows the number. */
double table_shown_cell(const struct table *t, size_t line, size_t column, struct buf *out);

/* Appends all cells, line by line, each ending with a NUL. A failure marks the buffer. */
void table_shown_cells(const struct table *t, struct buf *out);

#endif
