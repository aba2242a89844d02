#include "engine/vuser.h"

#include <assert.h>

#include "engine/worker.h"
#include "util/clock.h"

void vuser_init(struct vuser *u, struct worker *w, uint32_t index, uint64_t seed) {
    *u = (struct vuser){.worker = w, .index = index, .state = VUSER_ABSENT};
    rng_seed(&u->rng, seed, index);
}

static void leave(struct vuser *u) {
    u->worker->transport_ops->session_close(u->session);
    u->session = NULL;
    u->state = VUSER_ABSENT;
    worker_user_left(u->worker);
}

static void on_done(void *context, const struct transport_result *result) {
    struct vuser *u = context;
    assert(u->state == VUSER_BUSY || u->state == VUSER_LEAVING);
    worker_record(u->worker, u, result);
    if (u->state == VUSER_LEAVING) {
        leave(u);
        return;
    }
    u->state = VUSER_WAITING;
    int64_t wait = wait_next(&u->worker->scenario->wait, &u->rng);
    if (wait > 0)
        pacer_add(&u->worker->pacer, &u->wake, result->end_ns + wait);
    else
        vuser_wake(u);
}

void vuser_wake(struct vuser *u) {
    assert(u->state == VUSER_WAITING);
    struct worker *w = u->worker;
    u->task = worker_draw_task(w, &u->rng);
    u->state = VUSER_BUSY;
    w->transport_ops->send(u->session, w->compiled[u->task], on_done, u);
}

int vuser_start(struct vuser *u, struct err *e) {
    if (u->state == VUSER_LEAVING)
        u->state = VUSER_BUSY;
    if (u->state != VUSER_ABSENT)
        return 0;
    if (u->worker->transport_ops->session_open(u->worker->transport, &u->session, e) != 0)
        return -1;
    u->state = VUSER_WAITING;
    worker_user_came(u->worker);
    vuser_wake(u);
    return 0;
}

void vuser_stop(struct vuser *u) {
    if (u->state == VUSER_BUSY)
        u->state = VUSER_LEAVING;
    if (u->state != VUSER_WAITING)
        return;
    pacer_remove(&u->worker->pacer, &u->wake);
    leave(u);
}

void vuser_cancel(struct vuser *u) {
    vuser_stop(u);
    if (u->state == VUSER_LEAVING)
        u->worker->transport_ops->cancel(u->session);
}
