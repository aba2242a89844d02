/*
 * stream_watch: sees when a stream has been silent for too long, and when it has gone on for as
 * long as the scenario wants.
 *
 * One per user that reads streams. Each byte only notes its time: the timer is set again when it
 * fires. It is as exact as the loop's timers, milliseconds, and never early. What came while the
 * loop was busy is read before a stream counts as silent.
 *
 * Ownership: heap; stream_watch_free() lets go of it, its memory goes when the loop has closed its
 * timer. Thread: the loop's.
 */
#ifndef TRANSPORT_STREAM_WATCH_H
#define TRANSPORT_STREAM_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "stream/stream.h"

struct stream_watch;

/* `how` is STREAM_BODY_IDLE or STREAM_BODY_CANCEL_AFTER. True: the watch has ended, or is gone.
 * False, for silence: it does not count yet, and is counted again. */
typedef bool stream_watch_fn(void *context, enum stream_body how);

/* NULL: no memory. */
struct stream_watch *stream_watch_new(uv_loop_t *loop, stream_watch_fn *passed, void *context);
void stream_watch_free(struct stream_watch *w); /* NULL is fine */

/* A request was sent at `sent_ns`. Silence counts from there. */
void stream_watch_begin(struct stream_watch *w, const struct stream_spec *spec, int64_t sent_ns);

/* A byte arrived. */
void stream_watch_byte(struct stream_watch *w, int64_t at_ns);

/* The request has ended. */
void stream_watch_end(struct stream_watch *w);

#endif
