/*
 * stream_watch: detects when a stream has been silent for too long, and when it has lasted as long
 * as the scenario wants.
 *
 * There is one per user that reads streams. A byte only notes its time: the timer is set again when
 * it fires. The precision is that of the loop's timers: milliseconds, never early. Data that
 * arrived while the loop was busy is read before a stream counts as silent.
 *
 * Ownership: heap. stream_watch_free() releases it; its memory is freed when the loop has closed
 * its timer. Thread: the loop's.
 */
#ifndef TRANSPORT_STREAM_WATCH_H
#define TRANSPORT_STREAM_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "stream/stream.h"

struct stream_watch;

/* `how` is STREAM_BODY_IDLE or STREAM_BODY_CANCEL_AFTER. Returns true if the watch has ended or
 * was freed. Returns false, for silence, if it does not count yet; the idle time then starts
 * again. */
typedef bool stream_watch_fn(void *context, enum stream_body how);

/* NULL: no memory. */
struct stream_watch *stream_watch_new(uv_loop_t *loop, stream_watch_fn *passed, void *context);
void stream_watch_free(struct stream_watch *w); /* NULL is allowed */

/* A request was sent at `sent_ns`. The idle time starts there. */
void stream_watch_begin(struct stream_watch *w, const struct stream_spec *spec, int64_t sent_ns);

/* A byte arrived. */
void stream_watch_byte(struct stream_watch *w, int64_t at_ns);

/* The request has ended. */
void stream_watch_end(struct stream_watch *w);

#endif
