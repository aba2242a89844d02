/*
 * result_ids: numbers for the properties that many requests share: endpoint, status, outcome,
 * error, whether the connection was new, whether it was sent again, HTTP version, how the previous
 * connection ended, and the status of a gRPC call.
 *
 * Numbers start at 1, in order of appearance. Nothing is ever removed. Internal to this folder.
 * Thread: plain data.
 */
#ifndef RECORD_RESULT_IDS_H
#define RECORD_RESULT_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/sample.h"

struct result_ids_key {
    uint64_t a, b; /* the nine properties, packed */
};

struct result_ids_slot {
    struct result_ids_key key;
    uint32_t id; /* 0: free */
};

/* All zeros is an empty table. */
struct result_ids {
    struct result_ids_slot *slots; /* open addressing, at most half full */
    size_t slot_count;
    uint32_t count;
};

void result_ids_done(struct result_ids *t);

/* Returns the number of the sample's properties, or 0 if memory runs out. Sets *is_new to true if
 * the number is new. */
uint32_t result_ids_of(struct result_ids *t, const struct sample *s, bool *is_new);

#endif
