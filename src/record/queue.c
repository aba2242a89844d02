#include "record/queue.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#define CHUNK_SAMPLES 1024 /* 72 KiB: rare enough to allocate, small enough for an idle worker */

struct chunk {
    struct sample samples[CHUNK_SAMPLES];
    atomic_size_t written;       /* the producer publishes samples[0, written) */
    struct chunk *_Atomic after; /* set once, when this one is full */
    /* By sample, where it has SAMPLE_STREAM; NULL until the first. Published with the samples. */
    struct stream_record **streams;
};

struct queue {
    /* The producer's line. */
    alignas(64) struct chunk *tail;
    size_t tail_used;
    atomic_uint_fast64_t pushed; /* the producer's alone to write */
    uint64_t taken_seen; /* the last look at `taken`: reading it each time would move its line over
                            and back */
    atomic_uint_fast64_t lost;
    size_t max;
    uint64_t stream_bytes; /* of all records that were pushed */

    /* The consumer's line. */
    alignas(64) struct chunk *head;
    size_t head_used;

    /* Written by the consumer, read by the producer. */
    alignas(64) atomic_uint_fast64_t taken;
    atomic_uint_fast64_t stream_bytes_taken;
    struct chunk *_Atomic spare; /* one emptied chunk on its way back */
};

static struct chunk *chunk_new(void) {
    struct chunk *c = aligned_alloc(64, (sizeof *c + 63) & ~(size_t)63);
    if (c == NULL)
        return NULL;
    atomic_init(&c->written, 0);
    atomic_init(&c->after, NULL);
    c->streams = NULL;
    return c;
}

static void chunk_free(struct chunk *c) {
    if (c != NULL)
        free(c->streams);
    free(c);
}

struct queue *queue_new(size_t max_samples) {
    struct queue *q = aligned_alloc(64, sizeof *q);
    struct chunk *first = chunk_new();
    if (q == NULL || first == NULL) {
        free(q);
        chunk_free(first);
        return NULL;
    }
    size_t chunks = max_samples / CHUNK_SAMPLES + (max_samples % CHUNK_SAMPLES != 0);
    *q = (struct queue){.tail = first, .head = first};
    q->max = (chunks == 0 ? 1 : chunks) * CHUNK_SAMPLES;
    return q;
}

/* The samples from `from` on leave the head: their records go. */
static void free_streams(struct queue *q, size_t from, size_t n) {
    const struct chunk *c = q->head;
    uint64_t bytes = 0;
    /* `streams` may be read only beside a sample that has one: the producer may be setting it for a
     * later sample of this chunk. */
    for (size_t i = from; i < from + n; i++) {
        if ((c->samples[i].flags & SAMPLE_STREAM) == 0)
            continue;
        bytes += stream_record_bytes(c->streams[i]);
        free(c->streams[i]);
    }
    if (bytes == 0)
        return;
    bytes += atomic_load_explicit(&q->stream_bytes_taken, memory_order_relaxed);
    atomic_store_explicit(&q->stream_bytes_taken, bytes, memory_order_relaxed);
}

void queue_free(struct queue *q) {
    const struct sample *first;
    if (q == NULL)
        return;
    for (size_t n; (n = queue_peek(q, &first)) > 0;)
        queue_advance(q, n);
    chunk_free(q->head);
    chunk_free(atomic_load_explicit(&q->spare, memory_order_relaxed));
    free(q);
}

static bool is_full(struct queue *q, uint64_t pushed) {
    if (pushed - q->taken_seen < q->max)
        return false;
    q->taken_seen = atomic_load_explicit(&q->taken, memory_order_acquire);
    return pushed - q->taken_seen >= q->max;
}

/* Puts an empty chunk behind the full tail; false where memory runs out. */
static bool extend(struct queue *q) {
    struct chunk *c = atomic_exchange_explicit(&q->spare, NULL, memory_order_acquire);
    if (c == NULL)
        c = chunk_new();
    if (c == NULL)
        return false;
    atomic_store_explicit(&q->tail->after, c, memory_order_release);
    q->tail = c;
    q->tail_used = 0;
    return true;
}

static bool refuse(struct queue *q) {
    atomic_fetch_add_explicit(&q->lost, 1, memory_order_relaxed);
    return false;
}

/* There is a place for one more in the tail. */
static bool has_room(struct queue *q) {
    uint64_t pushed = atomic_load_explicit(&q->pushed, memory_order_relaxed);
    return !is_full(q, pushed) && (q->tail_used < CHUNK_SAMPLES || extend(q));
}

static void put(struct queue *q, const struct sample *s) {
    uint64_t pushed = atomic_load_explicit(&q->pushed, memory_order_relaxed);
    q->tail->samples[q->tail_used++] = *s;
    atomic_store_explicit(&q->pushed, pushed + 1, memory_order_relaxed);
    atomic_store_explicit(&q->tail->written, q->tail_used, memory_order_release);
}

bool queue_push(struct queue *q, const struct sample *s) {
    if (!has_room(q))
        return refuse(q);
    put(q, s);
    return true;
}

/* Where its record goes: beside the next sample of the tail, which has room. */
static bool put_stream(struct queue *q, struct stream_record *stream) {
    struct chunk *c = q->tail;
    uint64_t taken = atomic_load_explicit(&q->stream_bytes_taken, memory_order_relaxed);
    uint64_t bytes = q->stream_bytes + stream_record_bytes(stream);
    if (bytes - taken > QUEUE_STREAM_BYTES)
        return false;
    if (c->streams == NULL)
        c->streams = malloc(CHUNK_SAMPLES * sizeof *c->streams);
    if (c->streams == NULL)
        return false;
    c->streams[q->tail_used] = stream;
    q->stream_bytes = bytes;
    return true;
}

bool queue_push_stream(struct queue *q, const struct sample *s, struct stream_record *stream) {
    struct sample marked = *s;
    if (stream == NULL || !has_room(q) || !put_stream(q, stream)) {
        free(stream);
        return refuse(q);
    }
    marked.flags |= SAMPLE_STREAM;
    put(q, &marked);
    return true;
}

/* Leaves the emptied head for the one behind it; false if there is none yet. */
static bool step_head(struct queue *q) {
    struct chunk *empty = q->head;
    struct chunk *after = atomic_load_explicit(&empty->after, memory_order_acquire);
    if (after == NULL)
        return false;
    q->head = after;
    q->head_used = 0;
    atomic_store_explicit(&empty->written, 0, memory_order_relaxed);
    atomic_store_explicit(&empty->after, NULL, memory_order_relaxed);
    chunk_free(atomic_exchange_explicit(&q->spare, empty, memory_order_acq_rel));
    return true;
}

size_t queue_peek(struct queue *q, const struct sample **first) {
    if (q->head_used == CHUNK_SAMPLES && !step_head(q))
        return 0;
    size_t written = atomic_load_explicit(&q->head->written, memory_order_acquire);
    *first = q->head->samples + q->head_used;
    return written - q->head_used;
}

const struct stream_record *queue_stream(const struct queue *q, const struct sample *shown) {
    if ((shown->flags & SAMPLE_STREAM) == 0)
        return NULL;
    return q->head->streams[shown - q->head->samples];
}

void queue_advance(struct queue *q, size_t n) {
    free_streams(q, q->head_used, n);
    q->head_used += n;
    uint64_t taken = atomic_load_explicit(&q->taken, memory_order_relaxed);
    atomic_store_explicit(&q->taken, taken + n, memory_order_release);
}

uint64_t queue_lost(const struct queue *q) {
    return atomic_load_explicit(&q->lost, memory_order_relaxed);
}

uint64_t queue_waiting(const struct queue *q) {
    /* In this order: what was taken had been counted as pushed before. */
    uint64_t taken = atomic_load_explicit(&q->taken, memory_order_acquire);
    return atomic_load_explicit(&q->pushed, memory_order_relaxed) - taken;
}
