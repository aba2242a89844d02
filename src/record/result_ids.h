/*
 * result_ids: numbers for what many requests have in common: endpoint, status, outcome, error, new
 * connection or not, sent again or not, HTTP version, end of the connection before.
 *
 * Numbers go from 1 in order of appearance. Nothing is ever taken out. Internal to this folder.
 * Thread: plain data.
 */
#ifndef RECORD_RESULT_IDS_H
#define RECORD_RESULT_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/sample.h"

struct result_ids_key {
    uint64_t a, b; /* the eight packed */
};

struct result_ids_slot {
    struct result_ids_key key;
    uint32_t id; /* 0: free */
};

/* All zero is the empty table. */
struct result_ids {
    struct result_ids_slot *slots; /* open addressing, at most half full */
    size_t slot_count;
    uint32_t count;
};

void result_ids_done(struct result_ids *t);

/* *is_new turns true where the sample is the first of its kind. 0: no memory. */
uint32_t result_ids_of(struct result_ids *t, const struct sample *s, bool *is_new);

#endif
