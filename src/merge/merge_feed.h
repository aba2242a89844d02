/*
 * merge_feed: inserts rows of numbers that a function gives, one after the other.
 *
 * One statement inserts all of them from a virtual table, which takes half of the time that a
 * statement per row takes. The function may use other statements of the same connection.
 *
 * Internal to this folder. Ownership: rows are borrowed until the next call. Thread: one.
 */
#ifndef MERGE_MERGE_FEED_H
#define MERGE_MERGE_FEED_H

#include <stdint.h>

#include "merge/merge_db.h"
#include "util/err.h"

#define MERGE_FEED_COLUMNS_MAX 16

/* Sets *row to the next row, in which READER_NO_VALUE is NULL. 1: there is one, 0: there is none,
 * -1: error. */
typedef int merge_feed_fn(void *context, const int64_t **row, struct err *e);

/* `columns` are the names of `count` columns of the table, with commas. */
int merge_feed(const struct merge_db *out, const char *table, const char *columns, int count,
               merge_feed_fn *next, void *context, struct err *e);

#endif
