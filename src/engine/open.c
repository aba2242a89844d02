#include "engine/open.h"

#include "engine/lane.h"
#include "engine/worker.h"
#include "util/clock.h"

/* Away from the streams of the users, which are their indices. */
#define TASK_STREAM (UINT64_C(1) << 63)

static int64_t head_ns(const struct lane *l) {
    return l->start_ns + l->open.head.at_ns;
}

static bool head_is_due(const struct lane *l, int64_t now_ns) {
    return l->open.has_head && head_ns(l) <= now_ns;
}

static void next_head(struct lane *l) {
    l->open.has_head = arrivals_next(&l->open.arrivals, &l->open.head);
}

static uint32_t task_of_head(const struct lane *l) {
    struct rng rng;
    const struct scenario_class *c = &l->worker->scenario->classes[l->load->first_class];
    if (c->sequence)
        return c->first_task + (uint32_t)(l->open.head.index % c->task_count);
    rng_seed(&rng, l->worker->setup.seed,
             TASK_STREAM | (uint64_t)l->number << 48 | l->open.head.index);
    return worker_draw_task(l->worker, c, &rng);
}

/* Takes the head off the queue without sending it: a row of what it would have sent first. `waited`: because no user was free. */
static void give_up_head(struct lane *l, bool waited) {
    worker_record_not_sent(l->worker, worker_first_request(l->worker, task_of_head(l)), head_ns(l),
                           waited, "");
    next_head(l);
}

static bool any_user(const struct lane *l) {
    return l->open.free != NULL || l->open.opened < l->user_max;
}

/* One with a session, from the pool or new; NULL where the worker had to fail. */
static struct vuser *take_user(struct lane *l) {
    struct vuser *u = l->open.free;
    if (u != NULL) {
        l->open.free = u->next_free;
        return u;
    }
    u = lane_user(l, l->open.opened);
    if (u == NULL || vuser_open(u, &l->worker->failure) != 0) {
        worker_fail(l->worker);
        return NULL;
    }
    l->open.opened++;
    return u;
}

/* Sends or gives up all that is due, as far as there are users and the queue timeout wills. `waited`: what is sent now was due
 * while no user was free. */
static void serve(struct lane *l, int64_t now_ns, bool waited) {
    int64_t patience_ns = l->load->load.queue_timeout_ns;
    while (head_is_due(l, now_ns)) {
        if (any_user(l)) {
            struct vuser *u = take_user(l);
            if (u == NULL)
                return;
            vuser_send(u, task_of_head(l), head_ns(l), waited);
            next_head(l);
        } else if (now_ns - head_ns(l) >= patience_ns)
            give_up_head(l, true);
        else
            return;
    }
}

static void ask_pacer(struct lane *l, int64_t due_ns) {
    /* Setting a timer is a system call, and most requests end while it is set right. */
    if (l->ramp.slot != 0 && l->ramp.due_ns == due_ns)
        return;
    pacer_remove(&l->worker->pacer, &l->ramp);
    pacer_add(&l->worker->pacer, &l->ramp, due_ns);
}

/* What comes next: the head (when a user is free) or the end of its patience (when not), or the end of the load. */
static void look_ahead(struct lane *l, int64_t now_ns) {
    const struct load *load = &l->load->load;
    int64_t end_ns = l->start_ns + load_duration(load);
    if (l->over)
        return;
    if (l->open.has_head)
        ask_pacer(l, head_ns(l) + (any_user(l) ? 0 : load->queue_timeout_ns));
    else if (now_ns < end_ns)
        ask_pacer(l, end_ns);
    else
        lane_finish(l, now_ns, end_ns + l->worker->setup.stop_timeout_ns);
}

void open_start(struct lane *l) {
    const struct load *load = &l->load->load;
    /* With more workers than users some have none, and then no arrivals either. */
    uint32_t sharers =
        l->worker->setup.count < load->max_users ? l->worker->setup.count : load->max_users;
    if (l->worker->setup.index < sharers) {
        arrivals_init(&l->open.arrivals, load, l->worker->setup.seed + l->number,
                      l->worker->setup.index, sharers);
        next_head(l);
    }
    pacer_add(&l->worker->pacer, &l->give_up,
              l->start_ns + load_duration(load) + l->worker->setup.stop_timeout_ns);
    look_ahead(l, l->start_ns);
}

void open_due(struct lane *l, int64_t now_ns) {
    serve(l, now_ns, false);
    look_ahead(l, now_ns);
}

void open_user_freed(struct lane *l, struct vuser *u) {
    bool others = any_user(l);
    int64_t now_ns = others ? 0 : clock_mono_ns();
    /* While others were free nothing waited, and the pacer is set to the next arrival. Else arrivals whose time ran out
     * before this user was free come first. */
    if (!others)
        serve(l, now_ns, true);
    u->next_free = l->open.free;
    l->open.free = u;
    if (others)
        return;
    serve(l, now_ns, true);
    look_ahead(l, now_ns);
}

void open_stop(struct lane *l, int64_t now_ns) {
    bool waited = !any_user(l);
    l->open.free = NULL;
    while (head_is_due(l, now_ns))
        give_up_head(l, waited);
    l->open.has_head = false;
}
