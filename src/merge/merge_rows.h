/*
 * merge_rows: copies requests, streams and iterations of all parts, in the order of their ends.
 *
 * It is a k-way merge: each part is read once, in its own order, and the part whose next row ended
 * first gives the next row. So rows of one user keep their order, and memory does not grow with
 * the number of rows. Times are not moved: each part has the time of its own clock.
 *
 * Internal to this folder. Thread: one.
 */
#ifndef MERGE_MERGE_ROWS_H
#define MERGE_MERGE_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "merge/merge_db.h"
#include "merge/merge_part.h"
#include "merge/merge_results.h"
#include "util/err.h"

/* Also sets `requests` and `failures` of each part. */
int merge_rows(const struct merge_db *out, struct merge_part *parts, size_t n,
               struct merge_results *results, uint64_t *rows, struct err *e);

#endif
