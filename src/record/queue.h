/*
 * queue: samples from one worker to the writer, without a lock and without waiting.
 *
 * Single producer, single consumer: a list of chunks. The producer appends a chunk when its last is
 * full, up to a ceiling; past it samples are refused and counted, never blocked on and never
 * dropped in silence. The consumer hands emptied chunks back for reuse.
 *
 * Thread: queue_push() on the producer's thread; queue_peek() and queue_advance() on the consumer's;
 * queue_lost() and queue_waiting() on any.
 */
#ifndef RECORD_QUEUE_H
#define RECORD_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/sample.h"

struct queue;

/* NULL when memory runs out. max_samples is rounded up to whole chunks. */
struct queue *queue_new(size_t max_samples);
void queue_free(struct queue *q);

/* False where the sample was refused: it is counted as lost. */
bool queue_push(struct queue *q, const struct sample *s);

/* The next samples, contiguous; 0 where there are none now. They stay valid until queue_advance().
 */
size_t queue_peek(struct queue *q, const struct sample **first);

/* Takes n of those that queue_peek() showed out of the queue. */
void queue_advance(struct queue *q, size_t n);

uint64_t queue_lost(const struct queue *q);

/* How many samples are in it about now. */
uint64_t queue_waiting(const struct queue *q);

#endif
