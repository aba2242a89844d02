/*
 * stream_record: how a streamed answer went, on its way from a worker to the run file.
 *
 * It travels beside its sample, which has 72 bytes and no room for it: see queue.h. It holds no
 * text of the answer.
 *
 * Ownership: heap, one allocation, free() ends it. Thread: one at a time.
 */
#ifndef RECORD_STREAM_RECORD_H
#define RECORD_STREAM_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "stream/stream.h"

struct stream_record {
    int64_t start_ns; /* of the run, on the clock of the result's moments */
    /* Without its texts; its times are those behind it. */
    struct stream_result result;
    unsigned char times[];
};

/* A copy of what is worth keeping; NULL when memory runs out. */
struct stream_record *stream_record_new(const struct stream_result *result, int64_t start_ns);

/* The memory that it takes. */
size_t stream_record_bytes(const struct stream_record *s);

#endif
