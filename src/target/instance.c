#include "target/instance.h"

#include <assert.h>
#include <stdlib.h>

int instance_init(struct instance *i, const struct instance_spec *spec, struct err *e) {
    assert(spec->concurrency > 0 && spec->concurrency <= INSTANCE_CONCURRENCY_MAX);
    struct instance_job **heap = calloc(spec->concurrency, sizeof(*heap));
    if (heap == NULL)
        return err_memory(e, "%zu concurrent requests", spec->concurrency);
    *i = (struct instance){.spec = *spec, .heap = heap};
    return 0;
}

void instance_done(struct instance *i) {
    free(i->heap);
    *i = (struct instance){0};
}

static bool sooner(const struct instance_job *a, const struct instance_job *b) {
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void heap_push(struct instance *i, struct instance_job *v) {
    assert(i->heap_len < i->spec.concurrency);
    size_t at = i->heap_len++;
    while (at > 0 && sooner(v, i->heap[(at - 1) / 2])) {
        i->heap[at] = i->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    i->heap[at] = v;
}

static struct instance_job *heap_pop(struct instance *i) {
    struct instance_job *top = i->heap[0], *last = i->heap[--i->heap_len];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= i->heap_len)
            break;
        if (child + 1 < i->heap_len && sooner(i->heap[child + 1], i->heap[child]))
            child++;
        if (!sooner(i->heap[child], last))
            break;
        i->heap[at] = i->heap[child];
        at = child;
    }
    i->heap[at] = last;
    return top;
}

/* Someone comes: falls asleep if it was left alone too long, and starts if it is asleep. */
static void arouse(struct instance *i, int64_t now_ns) {
    if (i->spec.cold_start_ns == 0)
        return;
    if (i->awake && i->inside == 0 && i->spec.idle_timeout_ns > 0 &&
        now_ns - i->idle_from_ns >= i->spec.idle_timeout_ns)
        i->awake = false;
    if (!i->awake) {
        i->awake = true;
        i->ready_ns = now_ns + i->spec.cold_start_ns;
        i->idle_from_ns =
            i->ready_ns; /* a start is no idling, whether someone stays for it or not */
        i->cold_starts++;
    }
}

static bool warm(const struct instance *i, int64_t now_ns) {
    return i->spec.cold_start_ns == 0 || (i->awake && now_ns >= i->ready_ns);
}

bool instance_pass(struct instance *i, int64_t now_ns) {
    arouse(i, now_ns);
    if (!warm(i, now_ns) || i->first != NULL || i->places_taken == i->spec.concurrency)
        return false;
    i->idle_from_ns = now_ns;
    return true;
}

/* Starts whoever can start. */
static void admit(struct instance *i, int64_t now_ns) {
    if (!warm(i, now_ns))
        return;
    while (i->first != NULL && i->places_taken < i->spec.concurrency) {
        struct instance_job *v = i->first;
        i->first = v->next;
        if (i->first == NULL)
            i->last = NULL;
        i->places_taken++;
        v->due_ns = now_ns + v->service_ns;
        v->order = i->order++;
        heap_push(i, v);
    }
}

void instance_enter(struct instance *i, struct instance_job *v, int64_t now_ns) {
    arouse(i, now_ns);
    i->inside++;
    v->next = NULL;
    if (i->last != NULL)
        i->last->next = v;
    else
        i->first = v;
    i->last = v;
    admit(i, now_ns);
}

int64_t instance_next_ns(const struct instance *i) {
    int64_t next = i->heap_len > 0 ? i->heap[0]->due_ns : INSTANCE_NEVER;
    bool may_start = i->first != NULL && i->places_taken < i->spec.concurrency;
    /* Where there is no cold start ready_ns is 0, long past: "at once". */
    return may_start && i->ready_ns < next ? i->ready_ns : next;
}

struct instance_job *instance_take(struct instance *i, int64_t now_ns) {
    admit(i, now_ns);
    if (i->heap_len == 0 || i->heap[0]->due_ns > now_ns)
        return NULL;
    return heap_pop(i);
}

void instance_vacate(struct instance *i, int64_t now_ns) {
    assert(i->places_taken > 0);
    i->places_taken--;
    admit(i, now_ns);
}

void instance_depart(struct instance *i, int64_t now_ns) {
    assert(i->inside > 0);
    i->inside--;
    i->idle_from_ns = now_ns;
}

void instance_leave(struct instance *i, int64_t now_ns) {
    instance_depart(i, now_ns);
    instance_vacate(i, now_ns);
}

struct instance_job *instance_evict(struct instance *i, int64_t now_ns) {
    struct instance_job *v = NULL;
    if (i->heap_len > 0) {
        v = i->heap[--i->heap_len];
        i->places_taken--;
    } else if (i->first != NULL) {
        v = i->first;
        i->first = v->next;
        if (i->first == NULL)
            i->last = NULL;
    } else {
        return NULL;
    }
    i->inside--;
    i->idle_from_ns = now_ns;
    return v;
}
