/*
 * merge_cursor: reads a table of numbers from one part, row by row, in blocks.
 *
 * SQLite calls us for each row and returns once per block, which costs less than a step for each
 * row. Internal to this folder. Ownership: merge_cursor_done() frees; part and table are borrowed.
 * Thread: one. A connection can have one cursor at a time.
 */
#ifndef MERGE_MERGE_CURSOR_H
#define MERGE_MERGE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "merge/merge_part.h"
#include "util/err.h"

#define MERGE_COLUMNS_MAX 12
#define MERGE_CURSOR_ROWS 128

/* A table. A row has its id and then the values of `columns`, `count` together. */
struct merge_table {
    const char *name, *columns;
    int count;
    int at, took; /* the columns whose sum is the row's end */
};

struct merge_row {
    int64_t v[MERGE_COLUMNS_MAX]; /* READER_NO_VALUE: NULL */
};

struct merge_cursor {
    const struct merge_part *part;
    size_t place; /* of the part */
    const struct merge_table *table;
    sqlite3_stmt *st;
    struct merge_row rows[MERGE_CURSOR_ROWS];
    size_t count, next;
    bool over;      /* the statement has no more rows */
    int64_t end_us; /* of the current row; if it has none, of the one before */
};

int merge_cursor_init(struct merge_cursor *c, const struct merge_part *part, size_t place,
                      const struct merge_table *table, struct err *e);
void merge_cursor_done(struct merge_cursor *c);

/* Goes to the next row, or at first to the first. 1: there is one, 0: there is none, -1: error. */
int merge_cursor_next(struct merge_cursor *c, struct err *e);

static inline struct merge_row *merge_cursor_row(struct merge_cursor *c) {
    return &c->rows[c->next];
}

#endif
