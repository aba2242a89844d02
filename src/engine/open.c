#include "engine/open.h"

#include "engine/worker.h"
#include "util/clock.h"

/* Away from the streams of the users, which are their indices. */
#define TASK_STREAM (UINT64_C(1) << 63)

static int64_t head_ns(const struct worker *w) {
    return w->start_ns + w->open.head.at_ns;
}

static bool head_is_due(const struct worker *w, int64_t now_ns) {
    return w->open.has_head && head_ns(w) <= now_ns;
}

static void next_head(struct worker *w) {
    w->open.has_head = arrivals_next(&w->open.arrivals, &w->open.head);
}

static uint32_t task_of_head(const struct worker *w) {
    struct rng rng;
    rng_seed(&rng, w->setup.seed, TASK_STREAM | w->open.head.index);
    return worker_draw_task(w, &rng);
}

/* Takes the head off the queue without sending it. `waited`: because no user was free. */
static void give_up_head(struct worker *w, bool waited) {
    worker_record_not_sent(w, task_of_head(w), head_ns(w), waited);
    next_head(w);
}

static bool any_user(const struct worker *w) {
    return w->open.free != NULL || w->open.opened < w->user_max;
}

/* One with a session, from the pool or new; NULL where the worker had to fail. */
static struct vuser *take_user(struct worker *w) {
    struct vuser *u = w->open.free;
    if (u != NULL) {
        w->open.free = u->next_free;
        return u;
    }
    u = worker_user(w, w->open.opened);
    if (u == NULL || vuser_open(u, &w->failure) != 0) {
        worker_fail(w);
        return NULL;
    }
    w->open.opened++;
    return u;
}

/* Sends or gives up all that is due, as far as there are users and the queue timeout wills. `waited`: what is sent now was due
 * while no user was free. */
static void serve(struct worker *w, int64_t now_ns, bool waited) {
    int64_t patience_ns = w->scenario->load.queue_timeout_ns;
    while (head_is_due(w, now_ns)) {
        if (any_user(w)) {
            struct vuser *u = take_user(w);
            if (u == NULL)
                return;
            vuser_send(u, task_of_head(w), head_ns(w), waited);
            next_head(w);
        } else if (now_ns - head_ns(w) >= patience_ns)
            give_up_head(w, true);
        else
            return;
    }
}

static void ask_pacer(struct worker *w, int64_t due_ns) {
    /* Setting a timer is a system call, and most requests end while it is set right. */
    if (w->ramp.slot != 0 && w->ramp.due_ns == due_ns)
        return;
    pacer_remove(&w->pacer, &w->ramp);
    pacer_add(&w->pacer, &w->ramp, due_ns);
}

/* What comes next: the head (when a user is free) or the end of its patience (when not), or the end of the load. */
static void look_ahead(struct worker *w, int64_t now_ns) {
    const struct load *load = &w->scenario->load;
    int64_t end_ns = w->start_ns + load_duration(load);
    if (w->finishing)
        return;
    if (w->open.has_head)
        ask_pacer(w, head_ns(w) + (any_user(w) ? 0 : load->queue_timeout_ns));
    else if (now_ns < end_ns)
        ask_pacer(w, end_ns);
    else
        worker_finish(w, now_ns, end_ns + w->setup.stop_timeout_ns);
}

void open_start(struct worker *w) {
    const struct load *load = &w->scenario->load;
    /* With more workers than users some have none, and then no arrivals either. */
    uint32_t sharers = w->setup.count < load->max_users ? w->setup.count : load->max_users;
    if (w->setup.index < sharers) {
        arrivals_init(&w->open.arrivals, load, w->setup.seed, w->setup.index, sharers);
        next_head(w);
    }
    pacer_add(&w->pacer, &w->give_up, w->start_ns + load_duration(load) + w->setup.stop_timeout_ns);
    look_ahead(w, w->start_ns);
}

void open_due(struct worker *w, int64_t now_ns) {
    serve(w, now_ns, false);
    look_ahead(w, now_ns);
}

void open_user_freed(struct worker *w, struct vuser *u) {
    bool others = any_user(w);
    int64_t now_ns = others ? 0 : clock_mono_ns();
    /* While others were free nothing waited, and the pacer is set to the next arrival. Else arrivals whose time ran out
     * before this user was free come first. */
    if (!others)
        serve(w, now_ns, true);
    u->next_free = w->open.free;
    w->open.free = u;
    if (others)
        return;
    serve(w, now_ns, true);
    look_ahead(w, now_ns);
}

void open_stop(struct worker *w, int64_t now_ns) {
    bool waited = !any_user(w);
    w->open.free = NULL;
    while (head_is_due(w, now_ns))
        give_up_head(w, waited);
    w->open.has_head = false;
}
