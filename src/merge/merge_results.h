/*
 * merge_results: numbers of the parts' results and errors in the merged file.
 *
 * Each file numbers them in its own order, so they are matched by content. New numbers are given in
 * order of first use, as a run does. A result that no request has gets none.
 *
 * Internal to this folder. Ownership: heap. Thread: one.
 */
#ifndef MERGE_MERGE_RESULTS_H
#define MERGE_MERGE_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "merge/merge_db.h"
#include "merge/merge_part.h"
#include "util/err.h"
#include "util/outcome.h"

/* A result of a part. */
struct merge_mapped {
    uint32_t id; /* in the merged file; 0: not used yet */
    uint32_t endpoint;
    enum outcome outcome;
    bool answered;
    uint64_t rows; /* requests that have it */
};

struct merge_results;

int merge_results_new(const struct merge_db *out, const struct merge_part *parts, size_t n,
                      struct merge_results **results, struct err *e);
void merge_results_free(struct merge_results *r);

/* A result of the part with this place in `parts`. NULL with e set if there is none. */
struct merge_mapped *merge_results_of(struct merge_results *r, size_t part, int64_t result,
                                      struct err *e);

/* All results of a part, by number. Those with id 0 were not used. */
const struct merge_mapped *merge_results_all(const struct merge_results *r, size_t part,
                                             size_t *count);

#endif
