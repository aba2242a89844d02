#include "engine/vuser.h"

#include <assert.h>

#include "engine/worker.h"
#include "util/clock.h"

void vuser_init(struct vuser *u, struct worker *w, uint32_t index, uint64_t seed) {
    *u = (struct vuser){.worker = w, .index = index, .state = VUSER_ABSENT};
    rng_seed(&u->rng, seed, index);
}

/* An open load counts users while they are busy, a closed one from their start to their end. */
static bool counts_while_busy(const struct vuser *u) {
    return load_is_open(&u->worker->scenario->load);
}

static void leave(struct vuser *u) {
    u->worker->transport_ops->session_close(u->session);
    u->session = NULL;
    u->state = VUSER_ABSENT;
}

/* From the end of a request, in a closed load. */
static void rest(struct vuser *u, int64_t end_ns) {
    const struct wait *wait = &u->worker->scenario->wait;
    int64_t pause = wait_next(wait, &u->rng), due_ns = end_ns + pause;
    u->state = VUSER_WAITING;
    if (wait_is_paced(wait))
        due_ns = u->intended_ns += pause;
    u->waited = due_ns < end_ns;
    if (due_ns > end_ns)
        pacer_add(&u->worker->pacer, &u->wake, due_ns);
    else
        vuser_wake(u);
}

static void on_done(void *context, const struct transport_result *result) {
    struct vuser *u = context;
    assert(u->state == VUSER_BUSY || u->state == VUSER_LEAVING);
    worker_record(u->worker, u, result);
    if (u->state == VUSER_LEAVING) {
        leave(u);
        worker_user_left(u->worker);
    } else if (counts_while_busy(u)) {
        u->state = VUSER_FREE;
        worker_user_left(u->worker);
        open_user_freed(u->worker, u);
    } else
        rest(u, result->end_ns);
}

/* The trace names the request by its user and its place among that user's requests, which is how its row is found again. */
static void send_task(struct vuser *u) {
    struct worker *w = u->worker;
    w->transport_ops->send(u->session, w->compiled[u->task], (uint64_t)u->index << 32 | u->sent++,
                           on_done, u);
}

void vuser_wake(struct vuser *u) {
    assert(u->state == VUSER_WAITING);
    struct worker *w = u->worker;
    u->task = worker_draw_task(w, &u->rng);
    u->state = VUSER_BUSY;
    send_task(u);
}

int vuser_start(struct vuser *u, int64_t intended_ns, struct err *e) {
    if (u->state == VUSER_LEAVING)
        u->state = VUSER_BUSY;
    if (u->state != VUSER_ABSENT)
        return 0;
    struct worker *w = u->worker;
    if (w->transport_ops->session_open(w->transport, &u->session, e) != 0)
        return -1;
    u->intended_ns = wait_is_paced(&w->scenario->wait) ? intended_ns : VUSER_NOTHING_INTENDED;
    u->waited = false;
    u->state = VUSER_WAITING;
    worker_user_came(w);
    vuser_wake(u);
    return 0;
}

int vuser_open(struct vuser *u, struct err *e) {
    assert(u->state == VUSER_ABSENT);
    if (u->worker->transport_ops->session_open(u->worker->transport, &u->session, e) != 0)
        return -1;
    u->state = VUSER_FREE;
    return 0;
}

void vuser_send(struct vuser *u, uint32_t task, int64_t intended_ns, bool waited) {
    assert(u->state == VUSER_FREE);
    struct worker *w = u->worker;
    u->task = task;
    u->intended_ns = intended_ns;
    u->waited = waited;
    u->state = VUSER_BUSY;
    worker_user_came(w);
    send_task(u);
}

void vuser_stop(struct vuser *u) {
    if (u->state == VUSER_BUSY)
        u->state = VUSER_LEAVING;
    if (u->state == VUSER_WAITING) {
        pacer_remove(&u->worker->pacer, &u->wake);
        leave(u);
        worker_user_left(u->worker);
    } else if (u->state == VUSER_FREE)
        leave(u);
}

void vuser_cancel(struct vuser *u) {
    vuser_stop(u);
    if (u->state == VUSER_LEAVING)
        u->worker->transport_ops->cancel(u->session);
}
