/*
 * queue: passes samples from one worker to the writer, without locks and without waiting.
 *
 * It is a single-producer, single-consumer list of chunks. When the last chunk is full, the
 * producer appends another, up to a limit. Beyond the limit, samples are refused and counted as
 * lost: the producer never blocks, and no sample is dropped silently. The consumer returns empty
 * chunks for reuse. A streamed response has a stream record next to its sample. The queue holds at
 * most QUEUE_STREAM_BYTES of these records.
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

/* Limit for all stream records in the queue: 10 s of a stalled disk at a million tokens per
 * second. */
#define QUEUE_STREAM_BYTES ((size_t)64 << 20)

struct queue;

/* max_samples is rounded up to whole chunks. Returns NULL if memory runs out. */
struct queue *queue_new(size_t max_samples);
void queue_free(struct queue *q);

/* Returns false if the sample was refused and counted as lost. */
bool queue_push(struct queue *q, const struct sample *s);

/* As queue_push(), with the stream record of the sample. The queue always takes ownership of
 * `stream`, even if it refuses the sample. `stream` may be NULL if there was no memory for a
 * record; then the sample is refused. */
bool queue_push_stream(struct queue *q, const struct sample *s, struct stream_record *stream);

/* Points *first to the next samples, which are contiguous, and returns their number; 0 if there are
 * none now. They stay valid until queue_advance(). */
size_t queue_peek(struct queue *q, const struct sample **first);

/* The stream record of a sample from queue_peek(), valid until queue_advance(). NULL if it has
 * none. */
const struct stream_record *queue_stream(const struct queue *q, const struct sample *shown);

/* Removes the first n of the samples that queue_peek() returned. */
void queue_advance(struct queue *q, size_t n);

uint64_t queue_lost(const struct queue *q);

/* About how many samples are in the queue now. */
uint64_t queue_waiting(const struct queue *q);

#endif
