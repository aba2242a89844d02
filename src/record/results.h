/*
 * results: numbers for what many requests have in common: endpoint, status, outcome, error, new
 * connection or not, sent again or not.
 *
 * Numbers go from 1 in order of appearance. Nothing is ever taken out. Internal to this folder.
 * Thread: plain data.
 */
#ifndef RECORD_RESULTS_H
#define RECORD_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/sample.h"

struct results_slot {
    uint64_t key; /* the six packed */
    uint32_t id;  /* 0: free */
};

/* All zero is the empty table. */
struct results {
    struct results_slot *slots; /* open addressing, at most half full */
    size_t slot_count;
    uint32_t count;
};

void results_done(struct results *t);

/* *is_new turns true where the sample is the first of its kind. 0: no memory. */
uint32_t results_id(struct results *t, const struct sample *s, bool *is_new);

#endif
