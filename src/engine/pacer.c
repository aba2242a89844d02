#include "engine/pacer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "util/clock.h"

static bool before(const struct pacer_item *a, const struct pacer_item *b) {
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void put(struct pacer *p, size_t slot, struct pacer_item *item) {
    p->heap[slot] = item;
    item->slot = slot;
}

static void sift_up(struct pacer *p, size_t slot, struct pacer_item *item) {
    while (slot > 1 && before(item, p->heap[slot / 2])) {
        put(p, slot, p->heap[slot / 2]);
        slot /= 2;
    }
    put(p, slot, item);
}

static void sift_down(struct pacer *p, size_t slot, struct pacer_item *item) {
    for (size_t child; (child = slot * 2) <= p->count; slot = child) {
        if (child < p->count && before(p->heap[child + 1], p->heap[child]))
            child++;
        if (!before(p->heap[child], item))
            break;
        put(p, slot, p->heap[child]);
    }
    put(p, slot, item);
}

static void arm(struct pacer *p) {
    int64_t due = 0;
    /* timerfd takes 0 for "never", so what is due from the beginning of time asks for its first
     * nanosecond. */
    if (p->count > 0)
        due = p->heap[1]->due_ns > 0 ? p->heap[1]->due_ns : 1;
    if (due == p->armed_ns || p->dispatching)
        return;
    struct itimerspec when = {.it_value = {.tv_sec = due / NS_PER_S, .tv_nsec = due % NS_PER_S}};
    timerfd_settime(p->fd, TFD_TIMER_ABSTIME, &when, NULL);
    p->armed_ns = due;
    int64_t now = clock_mono_ns();
    p->expect_ns = due > now ? due : now;
}

/* Relaxed: these are numbers to look at, nothing depends on them. */
static void note_late(struct pacer *p, int64_t late_ns) {
    if (late_ns < 0)
        return; /* what the timer was set for has been taken out since */
    atomic_fetch_add_explicit(&p->wakes, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&p->late_ns, late_ns, memory_order_relaxed);
    if (p->lags != NULL)
        hist_record(p->lags, late_ns);
    int64_t most = atomic_load_explicit(&p->most_ns, memory_order_relaxed);
    while (late_ns > most &&
           !atomic_compare_exchange_weak_explicit(&p->most_ns, &most, late_ns, memory_order_relaxed,
                                                  memory_order_relaxed))
        ;
}

void pacer_lag(struct pacer *p, struct pacer_lag *out) {
    out->wakes = atomic_load_explicit(&p->wakes, memory_order_relaxed);
    out->late_ns = atomic_load_explicit(&p->late_ns, memory_order_relaxed);
    out->most_ns = atomic_exchange_explicit(&p->most_ns, 0, memory_order_relaxed);
}

static void on_wake(uv_poll_t *poll, int status, int events) {
    (void)status;
    (void)events;
    struct pacer *p = poll->data;
    uint64_t expirations;
    if (read(p->fd, &expirations, sizeof expirations) < 0 && errno != EAGAIN)
        return;
    p->armed_ns = 0;
    p->dispatching = true;
    int64_t now = clock_mono_ns();
    if (p->count > 0)
        note_late(p, now - p->expect_ns);
    /* Only what was due when we woke: items that are added as due while dispatching wait for the
     * next wake, so that the loop gets to the network in between; and of a herd that is due
     * together a few at a time, for the same reason. */
    uint64_t last = p->added;
    for (int left = PACER_TURN_MAX;
         left > 0 && p->count > 0 && p->heap[1]->due_ns <= now && p->heap[1]->order <= last;
         left--) {
        struct pacer_item *item = p->heap[1];
        pacer_remove(p, item);
        p->due(p->context, item, now);
    }
    p->dispatching = false;
    arm(p);
}

int pacer_init(struct pacer *p, uv_loop_t *loop, pacer_due_fn *due, void *context, struct err *e) {
    *p = (struct pacer){.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                        .due = due,
                        .context = context};
    if (p->fd < 0)
        return err_set(e, "cannot make a timer: %s", strerror(errno));
    if (uv_poll_init(loop, &p->poll, p->fd) != 0 ||
        uv_poll_start(&p->poll, UV_READABLE, on_wake) != 0) {
        close(p->fd);
        return err_set(e, "cannot watch a timer");
    }
    p->poll.data = p;
    return 0;
}

static void on_closed(uv_handle_t *poll) {
    struct pacer *p = poll->data;
    close(p->fd);
    free(p->heap);
    p->heap = NULL;
}

void pacer_done(struct pacer *p) {
    for (size_t i = 1; i <= p->count; i++)
        p->heap[i]->slot = 0;
    p->count = 0;
    uv_close((uv_handle_t *)&p->poll, on_closed);
}

int pacer_reserve(struct pacer *p, size_t n, struct err *e) {
    if (n + 1 <= p->capacity)
        return 0;
    struct pacer_item **heap = realloc(p->heap, (n + 1) * sizeof(*heap));
    if (heap == NULL)
        return err_set(e, "not enough memory for %zu users", n);
    p->heap = heap;
    p->capacity = n + 1;
    return 0;
}

void pacer_add(struct pacer *p, struct pacer_item *item, int64_t due_ns) {
    assert(item->slot == 0);
    assert(p->count + 1 < p->capacity);
    item->due_ns = due_ns;
    item->order = ++p->added;
    sift_up(p, ++p->count, item);
    arm(p);
}

void pacer_remove(struct pacer *p, struct pacer_item *item) {
    size_t slot = item->slot;
    if (slot == 0)
        return;
    assert(p->heap[slot] == item);
    item->slot = 0;
    struct pacer_item *moved = p->heap[p->count--];
    if (moved != item) {
        /* The one that fills the gap may belong above it or below it. */
        if (slot > 1 && before(moved, p->heap[slot / 2]))
            sift_up(p, slot, moved);
        else
            sift_down(p, slot, moved);
    }
    arm(p);
}
