#include "engine/vuser.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/worker.h"
#include "util/clock.h"

#define QUIET_PAUSE_NS (10 * NS_PER_MS)

/* Most steps need no clock: where it was not read it is NOT_READ. */
#define NOT_READ 0

static void go_on(struct vuser *u, int64_t now_ns);

struct vuser *vuser_new(struct executor *l, uint32_t index_in_load, struct err *e) {
    const struct worker *w = l->worker;
    uint32_t index = l->first_user + index_in_load;
    uint32_t class = l->spread == NULL ? 0 : l->spread[index_in_load];
    struct vuser *u = malloc(sizeof *u);
    if (u == NULL) {
        err_set(e, "not enough memory for user %u", index);
        return NULL;
    }
    *u = (struct vuser){.executor = l,
                        .index = index,
                        .class = &w->scenario->classes[l->load->first_class + class],
                        .state = VUSER_ABSENT};
    rng_seed(&u->rng, w->setup.seed, index);
    if (w->setup.flows && flow_new(w->scenario, w->setup.values, &u->flow, e) != 0) {
        free(u);
        return NULL;
    }
    return u;
}

void vuser_free(struct vuser *u) {
    if (u == NULL)
        return;
    flow_free(u->flow, u->executor->worker->scenario);
    free(u);
}

static bool is_open(const struct vuser *u) {
    return load_is_open(&u->executor->now);
}

/* A user's own steps are numbered by user and iteration, and what an arrival needs by the arrival:
 * which user serves it depends on timing. */
static uint64_t turn_of(const struct vuser *u) {
    if (is_open(u) && u->part == VUSER_TASK)
        return (uint64_t)u->executor->number << 48 | u->arrival;
    return UINT64_C(1) << 63 | (uint64_t)u->index << 34 | (uint64_t)u->iteration << 2 |
           (uint64_t)u->part;
}

static struct flow_user as_flow_user(struct vuser *u) {
    return (struct flow_user){.flow = u->flow,
                              .rng = &u->rng,
                              .index = u->index,
                              .iteration = u->iteration,
                              .turn = turn_of(u),
                              .arrival = u->arrival};
}

static void count_in(struct vuser *u) {
    if (!u->counted)
        worker_user_came(u->executor->worker);
    u->counted = true;
}

static void count_out(struct vuser *u) {
    if (u->counted)
        worker_user_left(u->executor->worker);
    u->counted = false;
}

static void leave(struct vuser *u) {
    struct worker *w = u->executor->worker;
    w->transport_ops->session_close(u->session);
    u->session = NULL;
    u->state = VUSER_ABSENT;
    count_out(u);
    if (u->spent && is_open(u))
        open_user_spent(u->executor);
    if (!u->again || u->executor->over)
        return;
    u->again = false;
    if (vuser_start(u, clock_mono_ns(), &w->failure) != 0)
        worker_fail(w);
}

/* ---- parts ---- */

static void begin(struct vuser *u, enum vuser_part part, const struct scenario_steps *steps) {
    u->part = part;
    u->step = steps->first;
    u->end = steps->first + steps->count;
    u->first = part == VUSER_TASK;
    u->good = u->quiet = true;
}

/* Draws the rows that a part needs. False if there is none: the part cannot be. One that is there
 * and cannot be read makes the part's first request unsendable. */
static bool draw_rows(struct vuser *u, uint64_t feeders, const struct scenario_steps *steps) {
    struct worker *w = u->executor->worker;
    bool task = steps == &w->scenario->tasks[u->task].steps;
    struct flow_user me = as_flow_user(u);
    size_t which = 0;
    struct err e;
    if (feeders == 0)
        return true;
    switch (flow_draw(&w->flows, &me, feeders, &which, &e)) {
    case FEEDER_DRAWN:
        return true;
    case FEEDER_EMPTY:
        u->spent = true;
        worker_feeder_empty(w, which, u->index);
        return false;
    case FEEDER_FAILED:
        worker_record_unsendable(w, u, worker_first_request(w, steps),
                                 task ? u->intended_ns : VUSER_NOTHING_INTENDED, e.text, "");
        return false;
    }
    return false;
}

/* The last part, and then away. */
static void say_goodbye(struct vuser *u) {
    const struct scenario_class *c = u->class;
    if (c->on_stop.count == 0 ||
        !draw_rows(u, c->on_stop.feeders & ~c->on_start.feeders, &c->on_stop)) {
        leave(u);
        return;
    }
    count_in(u);
    begin(u, VUSER_STOPPING, &c->on_stop);
    go_on(u, NOT_READ);
}

/* An arrival of a user that has no row to do it with: nothing is wrong with the request, and
 * nothing with the client. */
static void arrival_without_row(struct vuser *u) {
    struct worker *w = u->executor->worker;
    worker_record_not_sent(
        w, worker_first_request(w, &w->scenario->tasks[u->task].steps), u->intended_ns, true,
        u->spent ? "a feeder has no row left for this user" : "this user could not start");
}

static void begin_task(struct vuser *u) {
    struct worker *w = u->executor->worker;
    const struct scenario_steps *steps = &w->scenario->tasks[u->task].steps;
    begin(u, VUSER_TASK, steps);
    if (!draw_rows(u, steps->feeders & ~u->class->on_start.feeders, steps)) {
        u->good = false;
        u->step = u->end; /* a task that was never begun */
    } else if (!w->scenario->tasks[u->task].single)
        u->began_ns = clock_mono_ns();
    if (!u->spent) {
        go_on(u, NOT_READ);
        return;
    }
    if (is_open(u))
        arrival_without_row(u);
    say_goodbye(u);
}

static void next_task(struct vuser *u) {
    const struct scenario_class *c = u->class;
    u->task = c->sequence ? c->first_task + u->iteration % c->task_count
                          : worker_draw_task(u->executor->worker, c, &u->rng);
    begin_task(u);
}

/* From the end of a task, in a closed load. */
static void rest(struct vuser *u, int64_t end_ns) {
    const struct wait *wait = &u->class->wait;
    int64_t pause = wait_next(wait, &u->rng), due_ns = end_ns + pause;
    u->state = VUSER_WAITING;
    if (wait_is_paced(wait))
        due_ns = u->intended_ns += pause;
    u->waited = due_ns < end_ns;
    if (u->quiet && due_ns < end_ns + QUIET_PAUSE_NS)
        due_ns = end_ns + QUIET_PAUSE_NS;
    if (due_ns > end_ns)
        pacer_add(&u->executor->worker->pacer, &u->wake, due_ns);
    else
        vuser_wake(u);
}

static void task_over(struct vuser *u, int64_t now_ns) {
    struct worker *w = u->executor->worker;
    if (!w->scenario->tasks[u->task].single && !u->quiet)
        worker_record_iteration(w, u, now_ns);
    u->iteration++;
    if (!is_open(u)) {
        rest(u, now_ns);
        return;
    }
    u->state = VUSER_FREE;
    count_out(u);
    open_user_freed(u->executor, u);
}

static int64_t moment(int64_t now_ns) {
    return now_ns == NOT_READ ? clock_mono_ns() : now_ns;
}

static void part_over(struct vuser *u, int64_t now_ns) {
    switch (u->part) {
    case VUSER_STARTING:
        if (is_open(u))
            begin_task(u);
        else
            next_task(u);
        break;
    case VUSER_TASK:
        task_over(u, now_ns);
        break;
    case VUSER_STOPPING:
        leave(u);
        break;
    }
}

/* ---- steps ---- */

static void on_done(void *context, const struct transport_result *result) {
    struct vuser *u = context;
    int64_t end_ns = result->end_ns;
    assert(u->state == VUSER_BUSY || u->state == VUSER_LEAVING);
    if (!worker_record(u->executor->worker, u, result))
        u->good = false;
    if (u->flow != NULL)
        flow_answered(u->flow);
    u->first = false;
    u->step++;
    if (u->state == VUSER_LEAVING)
        say_goodbye(u);
    else
        go_on(u, end_ns);
}

static struct stream_asked asked_by(const struct vuser *u, const struct scenario_request *q,
                                    const struct transport_parts *parts) {
    const struct scenario_stream *s = q->stream;
    struct stream_asked a = NOTHING_ASKED;
    if (s == NULL)
        return a;
    bool varies = q->varying_body != NULL && parts != NULL;
    a.tokens = varies ? asked_tokens(parts->body) : s->asked_tokens;
    if (varies && s->has_prompt)
        a.words = asked_words(u->flow->fields[s->prompt][s->prompt_words]);
    return a;
}

/* The trace names the request by its user and its place among that user's requests, which is how
 * its row is found again. */
static void send_step(struct vuser *u, int64_t now_ns) {
    struct worker *w = u->executor->worker;
    uint32_t request = w->scenario->steps[u->step].request;
    const struct transport_parts *parts = NULL;
    struct transport_parts room;
    struct flow_user me = as_flow_user(u);
    struct err e;
    if (u->flow != NULL &&
        flow_write(&w->flows, &me, &w->scenario->requests[request], &room, &parts, &e) != 0) {
        /* What follows in this part would lack the same. */
        struct err seen;
        flow_seen(&w->flows, &me, &w->scenario->requests[request], &seen);
        worker_record_unsendable(w, u, request, u->first ? u->intended_ns : VUSER_NOTHING_INTENDED,
                                 e.text, seen.text);
        u->good = false;
        u->step = u->end;
        part_over(u, moment(now_ns));
        return;
    }
    u->asked = asked_by(u, &w->scenario->requests[request], parts);
    u->state = VUSER_BUSY;
    u->quiet = false;
    w->transport_ops->send(u->session, w->compiled[request], parts,
                           (uint64_t)u->index << 32 | u->sent++, on_done, u);
}

static void go_on(struct vuser *u, int64_t now_ns) {
    struct worker *w = u->executor->worker;
    if (u->flow != NULL) {
        struct flow_user me = as_flow_user(u);
        u->step = flow_next(&w->flows, &me, u->step, u->end);
    } else
        while (u->step < u->end && w->scenario->steps[u->step].kind == SCENARIO_SKIP)
            u->step++;
    if (u->step >= u->end) {
        part_over(u, moment(now_ns));
        return;
    }
    const struct scenario_step *step = &w->scenario->steps[u->step];
    if (step->kind == SCENARIO_SEND) {
        send_step(u, now_ns);
        return;
    }
    u->step++;
    u->state = VUSER_PAUSED;
    pacer_add(&w->pacer, &u->wake, moment(now_ns) + wait_next(&step->wait, &u->rng));
}

void vuser_wake(struct vuser *u) {
    assert(u->state == VUSER_WAITING || u->state == VUSER_PAUSED);
    if (u->state == VUSER_PAUSED)
        go_on(u, NOT_READ);
    else
        next_task(u);
}

/* ---- coming and going ---- */

/* Begins the first part. False where the user is spent before it began. */
static bool start(struct vuser *u) {
    const struct scenario_class *c = u->class;
    if (!draw_rows(u, c->on_start.feeders, &c->on_start)) {
        leave(u);
        return false;
    }
    begin(u, VUSER_STARTING, &c->on_start);
    return true;
}

int vuser_start(struct vuser *u, int64_t intended_ns, struct err *e) {
    struct worker *w = u->executor->worker;
    if (u->state == VUSER_LEAVING)
        u->state = VUSER_BUSY;
    if (u->state != VUSER_ABSENT) {
        u->again = u->part == VUSER_STOPPING;
        return 0;
    }
    if (u->spent)
        return 0;
    if (w->transport_ops->session_open(w->transport, u->index, &u->session, e) != 0)
        return -1;
    u->intended_ns = wait_is_paced(&u->class->wait) ? intended_ns : VUSER_NOTHING_INTENDED;
    u->waited = false;
    count_in(u);
    if (start(u))
        go_on(u, NOT_READ);
    return 0;
}

int vuser_open(struct vuser *u, struct err *e) {
    struct worker *w = u->executor->worker;
    assert(u->state == VUSER_ABSENT);
    if (w->transport_ops->session_open(w->transport, u->index, &u->session, e) != 0)
        return -1;
    u->state = VUSER_FREE;
    u->part = VUSER_STARTING;
    return 0;
}

void vuser_send(struct vuser *u, const struct vuser_arrival *a) {
    bool is_new = u->part == VUSER_STARTING && u->class->on_start.count > 0;
    assert(u->state == VUSER_FREE);
    u->arrival = a->index;
    u->task = a->task;
    u->intended_ns = a->intended_ns;
    u->waited = a->waited || is_new;
    count_in(u);
    if (!is_new)
        begin_task(u);
    else if (start(u))
        go_on(u, NOT_READ);
    else
        arrival_without_row(u);
}

/* An arrival whose user is still busy with its on_start when the load ends will not be sent; its
 * row says so. */
static void give_up_arrival(struct vuser *u) {
    struct worker *w = u->executor->worker;
    if (is_open(u) && u->part == VUSER_STARTING &&
        (u->state == VUSER_BUSY || u->state == VUSER_PAUSED))
        worker_record_not_sent(w, worker_first_request(w, &w->scenario->tasks[u->task].steps),
                               u->intended_ns, u->waited,
                               "the load ended before this user had started");
}

void vuser_stop(struct vuser *u) {
    give_up_arrival(u);
    u->again = false;
    if (u->part == VUSER_STOPPING && u->state != VUSER_FREE)
        return; /* on its way out, or absent since */
    if (u->state == VUSER_BUSY)
        u->state = VUSER_LEAVING;
    if (u->state == VUSER_WAITING || u->state == VUSER_PAUSED)
        pacer_remove(&u->executor->worker->pacer, &u->wake);
    if (u->state == VUSER_WAITING || u->state == VUSER_PAUSED || u->state == VUSER_FREE)
        say_goodbye(u);
}

void vuser_cancel(struct vuser *u) {
    give_up_arrival(u);
    u->again = false;
    u->part = VUSER_STOPPING;
    u->end = 0;
    if (u->state == VUSER_BUSY || u->state == VUSER_LEAVING) {
        u->state = VUSER_BUSY;
        u->executor->worker->transport_ops->cancel(u->session);
    } else if (u->state != VUSER_ABSENT) {
        pacer_remove(&u->executor->worker->pacer, &u->wake);
        leave(u);
    }
}
