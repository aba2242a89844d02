#include "transport/stream_watch.h"

#include <stdlib.h>

#include "util/clock.h"
#include "util/timer.h"

struct stream_watch {
    uv_timer_t timer;
    stream_watch_fn *passed;
    void *context;
    const struct stream_spec *spec; /* NULL: nothing to watch */
    int64_t sent_ns, byte_ns;
    /* It seemed silent when the timer fired, before the loop had looked for bytes. */
    bool doubted;
};

static void on_timer(uv_timer_t *timer);

struct stream_watch *stream_watch_new(uv_loop_t *loop, stream_watch_fn *passed, void *context) {
    struct stream_watch *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    if (uv_timer_init(loop, &w->timer) != 0) {
        free(w);
        return NULL;
    }
    w->timer.data = w;
    w->passed = passed;
    w->context = context;
    return w;
}

static void free_watch(uv_handle_t *timer) {
    free(timer->data);
}

void stream_watch_free(struct stream_watch *w) {
    if (w != NULL)
        uv_close((uv_handle_t *)&w->timer, free_watch);
}

static int64_t cancel_due(const struct stream_watch *w) {
    return w->spec->cancel_ns > 0 ? w->sent_ns + w->spec->cancel_ns : INT64_MAX;
}

static int64_t idle_due(const struct stream_watch *w) {
    return w->spec->idle_ns > 0 ? w->byte_ns + w->spec->idle_ns : INT64_MAX;
}

static void arm(struct stream_watch *w, int64_t due_ns) {
    timer_after(&w->timer, on_timer, due_ns - clock_mono_ns());
}

static void arm_next(struct stream_watch *w) {
    int64_t cancel = cancel_due(w), idle = idle_due(w);
    if (cancel != INT64_MAX || idle != INT64_MAX)
        arm(w, cancel < idle ? cancel : idle);
}

static void on_timer(uv_timer_t *timer) {
    struct stream_watch *w = timer->data;
    int64_t now = clock_mono_ns();
    if (w->spec == NULL)
        return;
    bool cancel = now >= cancel_due(w), idle = now >= idle_due(w);
    /* The loop runs timers before it looks at sockets. */
    if (!cancel && idle && !w->doubted) {
        w->doubted = true;
        arm(w, now);
        return;
    }
    if (!cancel && !idle) {
        w->doubted = false;
        arm_next(w);
        return;
    }
    if (w->passed(w->context, cancel ? STREAM_BODY_CANCEL_AFTER : STREAM_BODY_IDLE))
        return;
    w->doubted = false;
    w->byte_ns = now;
    arm_next(w);
}

void stream_watch_begin(struct stream_watch *w, const struct stream_spec *spec, int64_t sent_ns) {
    w->spec = spec;
    w->sent_ns = w->byte_ns = sent_ns;
    w->doubted = false;
    arm_next(w);
}

void stream_watch_byte(struct stream_watch *w, int64_t at_ns) {
    w->byte_ns = at_ns > w->byte_ns ? at_ns : w->byte_ns;
}

void stream_watch_end(struct stream_watch *w) {
    if (w == NULL)
        return;
    w->spec = NULL;
    uv_timer_stop(&w->timer);
}
