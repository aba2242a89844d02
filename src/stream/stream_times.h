/*
 * stream_times: a compact encoding of the times of a stream's token events.
 *
 * Each event is one LEB128 number (7 bits a byte, the lowest first): the nanoseconds since the
 * event before, or 0 for the first. A gap below 268 ms takes at most 4 bytes. The time of the first
 * event is not stored.
 *
 * Ownership: borrows the bytes. Thread: any.
 */
#ifndef STREAM_STREAM_TIMES_H
#define STREAM_STREAM_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define STREAM_TIMES_MAX_BYTES 10 /* of one number */

/* Writes a number. Returns its size in bytes. */
size_t stream_times_put(uint64_t gap_ns, unsigned char to[STREAM_TIMES_MAX_BYTES]);

struct stream_times {
    const unsigned char *p, *end;
    int64_t at_ns;
};

/* Starts reading; the first event was at `first_ns`. */
void stream_times_begin(struct stream_times *t, const unsigned char *times, size_t n,
                        int64_t first_ns);

/* Returns the time of the next event. Returns false at the end, and if the bytes are not a valid
 * number. */
bool stream_times_next(struct stream_times *t, int64_t *at_ns);

/* Appends the gaps between the events as a JSON array of whole microseconds, "[]" for fewer than
 * two events. Each time is first truncated to whole microseconds since `start_ns`, so the gaps
 * add up to the difference between the truncated last and first times. Returns the largest gap,
 * or -1 if there is none. */
int64_t stream_times_json(struct buf *out, const unsigned char *times, size_t n, int64_t first_ns,
                          int64_t start_ns);

#endif
