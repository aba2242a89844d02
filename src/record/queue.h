/*
 * queue: samples from one worker to the writer, without a lock and without waiting.
 *
 * Single producer, single consumer: a list of chunks. The producer appends a chunk when its last is
 * full, up to a ceiling; past it samples are refused and counted, never blocked on and never
 * dropped in silence. The consumer hands emptied chunks back for reuse. A streamed answer has a
 * record beside its sample, of which the queue holds QUEUE_STREAM_BYTES at most.
 *
 * Thread: queue_push() and queue_push_stream() on the producer's thread; queue_peek(),
 * queue_stream() and queue_advance() on the consumer's; queue_lost() and queue_waiting() on any.
 */
#ifndef RECORD_QUEUE_H
#define RECORD_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/sample.h"
#include "record/stream_record.h"

/* Of all records of streams that wait: 10 s of a stalled disk at a million tokens a second. */
#define QUEUE_STREAM_BYTES ((size_t)64 << 20)

struct queue;

/* NULL when memory runs out. max_samples is rounded up to whole chunks. */
struct queue *queue_new(size_t max_samples);
void queue_free(struct queue *q);

/* False where the sample was refused: it is counted as lost. */
bool queue_push(struct queue *q, const struct sample *s);

/* The same with the record of its stream, which is the queue's from now on, also where the sample
 * was refused. NULL: there was no memory for one, and the sample is refused. */
bool queue_push_stream(struct queue *q, const struct sample *s, struct stream_record *stream);

/* The next samples, contiguous; 0 if there are none now. They stay valid until queue_advance().
 */
size_t queue_peek(struct queue *q, const struct sample **first);

/* The record of a sample that queue_peek() showed, until queue_advance(); NULL: it has none. */
const struct stream_record *queue_stream(const struct queue *q, const struct sample *shown);

/* Takes n of those that queue_peek() showed out of the queue. */
void queue_advance(struct queue *q, size_t n);

uint64_t queue_lost(const struct queue *q);

/* How many samples are in it about now. */
uint64_t queue_waiting(const struct queue *q);

#endif
