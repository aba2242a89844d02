#include "engine/open.h"

#include "engine/executor.h"
#include "engine/worker.h"
#include "util/clock.h"

/* Away from the streams of the users, which are their indices. */
#define TASK_STREAM (UINT64_C(1) << 63)

static int64_t head_ns(const struct executor *x) {
    return x->start_ns + x->open.head.at_ns;
}

static bool head_is_due(const struct executor *x, int64_t now_ns) {
    return x->open.has_head && head_ns(x) <= now_ns;
}

static void next_head(struct executor *x) {
    x->open.has_head = arrivals_next(&x->open.arrivals, &x->open.head);
}

static uint32_t task_of_head(const struct executor *x) {
    struct rng rng;
    const struct scenario_class *c = &x->worker->scenario->classes[x->load->first_class];
    if (c->sequence)
        return c->first_task + (uint32_t)(x->open.head.index % c->task_count);
    rng_seed(&rng, x->worker->setup.seed,
             TASK_STREAM | (uint64_t)x->number << 48 | x->open.head.index);
    return worker_draw_task(x->worker, c, &rng);
}

/* Nobody is free, and nobody will be. */
static bool all_spent(const struct executor *x) {
    return x->user_max > 0 && x->open.spent == x->user_max;
}

/* Takes the head off the queue without sending it: a row of what it would have sent first.
 * `waited`: because no user was free. */
static void give_up_head(struct executor *x, bool waited) {
    struct worker *w = x->worker;
    const struct scenario_task *t = &w->scenario->tasks[task_of_head(x)];
    worker_record_not_sent(w, worker_first_request(w, &t->steps), head_ns(x), waited,
                           all_spent(x) ? "a feeder has no row left for any user" : "");
    next_head(x);
}

static bool any_user(const struct executor *x) {
    return x->open.free != NULL || x->open.opened < x->user_max;
}

/* One with a session, from the pool or new; NULL where the worker had to fail. */
static struct vuser *take_user(struct executor *x) {
    struct vuser *u = x->open.free;
    if (u != NULL && x->open.opened >= x->open.opened_min) {
        x->open.free = u->next_free;
        return u;
    }
    u = executor_user(x, x->open.opened);
    if (u == NULL || vuser_open(u, &x->worker->failure) != 0) {
        worker_fail(x->worker);
        return NULL;
    }
    x->open.opened++;
    return u;
}

static void put_user(struct executor *x, struct vuser *u) {
    bool behind = x->now.spread && x->open.free != NULL;
    u->next_free = behind ? NULL : x->open.free;
    if (behind)
        x->open.last_free->next_free = u;
    else
        x->open.free = u;
    if (u->next_free == NULL)
        x->open.last_free = u;
}

/* Sends what is due while a user is free, and drops what has waited for the queue timeout.
 * `waited`: what is sent now was due while no user was free. */
static void serve(struct executor *x, int64_t now_ns, bool waited) {
    int64_t queue_timeout_ns = x->now.queue_timeout_ns;
    x->open.serving = true;
    while (head_is_due(x, now_ns)) {
        if (any_user(x)) {
            struct vuser *u = take_user(x);
            if (u == NULL)
                break;
            struct vuser_arrival arrival = {.index = x->open.head.index,
                                            .task = task_of_head(x),
                                            .intended_ns = head_ns(x),
                                            .waited = waited};
            /* What cannot be built ends in this call, so the head moves first. */
            next_head(x);
            vuser_send(u, &arrival);
        } else if (all_spent(x) || now_ns - head_ns(x) >= queue_timeout_ns)
            give_up_head(x, true);
        else
            break;
    }
    x->open.serving = false;
}

static void ask_pacer(struct executor *x, int64_t due_ns) {
    /* Setting a timer is a system call, and most requests end while it is set right. */
    if (x->ramp.slot != 0 && x->ramp.due_ns == due_ns)
        return;
    pacer_remove(&x->worker->pacer, &x->ramp);
    pacer_add(&x->worker->pacer, &x->ramp, due_ns);
}

/* What comes next: the head (when a user is free, or none will be) or the end of the queue timeout
 * (when not), or the end of the load. */
static void look_ahead(struct executor *x, int64_t now_ns) {
    const struct load *load = &x->now;
    int64_t end_ns = x->start_ns + load_duration(load);
    if (x->over)
        return;
    if (x->open.has_head)
        ask_pacer(x, head_ns(x) + (any_user(x) || all_spent(x) ? 0 : load->queue_timeout_ns));
    else if (now_ns < end_ns)
        ask_pacer(x, end_ns);
    else
        executor_finish(x, now_ns, end_ns + x->worker->setup.stop_timeout_ns);
}

void open_start(struct executor *x) {
    const struct load *load = &x->now;
    uint32_t threads = x->worker->setup.threads, machines = x->part.count / threads;
    struct part machine = {x->part.index % machines, machines};
    uint32_t thread = x->part.index / machines;
    /* With more threads than users some have none, and then no arrivals either. */
    uint32_t users = part_share(machine, load->max_users);
    uint32_t sharers = threads < users ? threads : users;
    uint32_t share = part_share(x->part, load->spread_min);
    x->open.opened_min = share < x->user_max ? share : x->user_max;
    if (thread < sharers) {
        struct part own = part_split(machine, thread, sharers);
        arrivals_init(&x->open.arrivals, load, x->worker->setup.seed + x->number, own.index,
                      own.count);
        x->open.shares = true;
        next_head(x);
    }
    pacer_add(&x->worker->pacer, &x->give_up,
              x->start_ns + load_duration(load) + x->worker->setup.stop_timeout_ns);
    look_ahead(x, x->start_ns);
}

void open_change(struct executor *x, int64_t at_ns) {
    if (!x->open.shares || x->over)
        return;
    if (arrivals_change(&x->open.arrivals, at_ns, x->open.has_head) || !x->open.has_head)
        next_head(x);
    look_ahead(x, clock_mono_ns());
}

void open_due(struct executor *x, int64_t now_ns) {
    serve(x, now_ns, false);
    look_ahead(x, now_ns);
}

void open_user_freed(struct executor *x, struct vuser *u) {
    /* Its request ended while serve() was giving it out; serve() goes on with it. */
    if (x->open.serving) {
        put_user(x, u);
        return;
    }
    worker_make_changes(x->worker);
    bool others = any_user(x);
    int64_t now_ns = others ? 0 : clock_mono_ns();
    /* While others were free nothing waited, and the pacer is set to the next arrival. Else
     * arrivals whose time ran out before this user was free come first. */
    if (!others)
        serve(x, now_ns, true);
    put_user(x, u);
    if (others)
        return;
    serve(x, now_ns, true);
    look_ahead(x, now_ns);
}

void open_user_spent(struct executor *x) {
    x->open.spent++;
    if (!all_spent(x) || x->open.serving || x->over)
        return;
    int64_t now_ns = clock_mono_ns();
    serve(x, now_ns, true);
    look_ahead(x, now_ns);
}

void open_stop(struct executor *x, int64_t now_ns) {
    bool waited = !any_user(x);
    x->open.free = NULL;
    while (head_is_due(x, now_ns))
        give_up_head(x, waited);
    x->open.has_head = false;
}
