/*
 * stream_record: how a streamed response went, on its way from a worker to the run file.
 *
 * The queue carries it next to its sample, which has 72 bytes and no room for it: see queue.h. It
 * holds no text of the response.
 *
 * Ownership: one heap allocation, released with free(). Thread: one at a time.
 */
#ifndef RECORD_STREAM_RECORD_H
#define RECORD_STREAM_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "stream/asked.h"
#include "stream/stream.h"

struct stream_record {
    int64_t start_ns; /* start of the run, on the clock of the times in `result` */
    struct stream_asked asked;
    /* Without its texts. Its token times are in `times`. */
    struct stream_result result;
    unsigned char times[];
};

/* Copies what is worth keeping. NULL if memory runs out. */
struct stream_record *stream_record_new(const struct stream_result *result, int64_t start_ns,
                                        struct stream_asked asked);

/* Size of its allocation. */
size_t stream_record_bytes(const struct stream_record *s);

#endif
