/*
 * stream_times: the moments of a stream's token events in a few bytes each.
 *
 * One LEB128 number (7 bits a byte, the lowest first) for each event: the nanoseconds since the
 * event before, 0 for the first. A gap below 268 ms takes at most 4 bytes. It does not know when
 * the first event was.
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

/* Writes a number and says how many bytes that is. */
size_t stream_times_put(uint64_t gap_ns, unsigned char to[STREAM_TIMES_MAX_BYTES]);

struct stream_times {
    const unsigned char *p, *end;
    int64_t at_ns;
};

/* The first event was at `first_ns`. */
void stream_times_begin(struct stream_times *t, const unsigned char *times, size_t n,
                        int64_t first_ns);

/* The next event's moment; false at the end, and where the bytes are no number. */
bool stream_times_next(struct stream_times *t, int64_t *at_ns);

/* Appends the gaps between the events as a JSON array of whole microseconds, "[]" for fewer than
 * two events. Each moment is first cut to whole microseconds since `start_ns`, so the gaps add up
 * to the last moment minus the first, both cut so. Returns the largest gap, -1 if there is none. */
int64_t stream_times_json(struct buf *out, const unsigned char *times, size_t n, int64_t first_ns,
                          int64_t start_ns);

#endif
