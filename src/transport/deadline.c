#include "transport/deadline.h"

#include <assert.h>
#include <stddef.h>

#include "util/clock.h"
#include "util/timer.h"

static void on_timer(uv_timer_t *timer);

static void arm(struct deadlines *l, int64_t now_ns) {
    timer_after(&l->timer, on_timer, l->first->due_ns - now_ns);
}

static void on_timer(uv_timer_t *timer) {
    struct deadlines *l = timer->data;
    int64_t now = clock_mono_ns();
    while (l->first != NULL && l->first->due_ns <= now) {
        struct deadline *d = l->first;
        deadline_remove(l, d);
        l->passed(l->context, d);
    }
    if (l->first != NULL)
        arm(l, now);
}

void deadlines_init(struct deadlines *l, uv_loop_t *loop, const int64_t *limit_ns,
                    deadline_passed_fn *passed, void *context) {
    *l = (struct deadlines){.limit_ns = limit_ns, .passed = passed, .context = context};
    uv_timer_init(loop, &l->timer);
    l->timer.data = l;
}

void deadlines_close(struct deadlines *l, uv_close_cb closed) {
    assert(l->first == NULL);
    l->timer.data = l->context;
    uv_close((uv_handle_t *)&l->timer, closed);
}

void deadline_add(struct deadlines *l, struct deadline *d, int64_t from_ns) {
    assert(d->due_ns == 0);
    d->due_ns = from_ns + *l->limit_ns;
    struct deadline *before = l->last;
    while (before != NULL && before->due_ns > d->due_ns)
        before = before->before;
    d->before = before;
    d->after = before == NULL ? l->first : before->after;
    *(d->before == NULL ? &l->first : &d->before->after) = d;
    *(d->after == NULL ? &l->last : &d->after->before) = d;
    /* One that was set for a request which is over by now fires for nothing and is set again: that
     * is cheaper than setting it for each. One that is set too late for a newcomer is not. */
    if (!uv_is_active((uv_handle_t *)&l->timer) || (l->first == d && d->after != NULL))
        arm(l, clock_mono_ns());
}

void deadline_remove(struct deadlines *l, struct deadline *d) {
    if (d->due_ns == 0)
        return;
    if (d->before != NULL)
        d->before->after = d->after;
    else
        l->first = d->after;
    if (d->after != NULL)
        d->after->before = d->before;
    else
        l->last = d->before;
    *d = (struct deadline){0};
}
