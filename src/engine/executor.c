#include "engine/executor.h"

#include <stdlib.h>
#include <string.h>

#include "engine/worker.h"
#include "util/clock.h"

int executor_init(struct executor *x, struct worker *w, uint32_t number, uint32_t first_user,
                  const uint16_t *spread, struct err *e) {
    const struct scenario_load *load = &w->scenario->loads[number];
    struct part part = part_from(w->setup.part, first_user);
    *x = (struct executor){.worker = w,
                           .load = load,
                           .spread = spread,
                           .number = number,
                           .first_user = first_user,
                           .part = part,
                           .user_max = part_share(part, load_users_max(&load->load))};
    if (load_copy(&load->load, &x->now, e) != 0)
        return -1;
    x->users = calloc(x->user_max == 0 ? 1 : x->user_max, sizeof(*x->users));
    return x->users == NULL ? err_set(e, "not enough memory for %u users", x->user_max) : 0;
}

void executor_done(struct executor *x) {
    for (uint32_t i = 0; x->users != NULL && i < x->user_max; i++)
        vuser_free(x->users[i]);
    free(x->users);
    x->users = NULL;
    load_done(&x->now);
}

void executor_start(struct executor *x) {
    x->start_ns = x->worker->start_ns + x->load->start_ns;
    if (load_is_open(&x->now))
        open_start(x);
    else
        pacer_add(&x->worker->pacer, &x->ramp, x->start_ns);
}

struct vuser *executor_user(struct executor *x, uint32_t slot) {
    struct vuser **user = &x->users[slot];
    struct worker *w = x->worker;
    uint32_t index = slot * x->part.count + x->part.index;
    if (*user == NULL)
        *user = vuser_new(x, index, &w->failure);
    return *user;
}

static void for_each_user(struct executor *x, void (*act)(struct vuser *)) {
    for (uint32_t i = 0; i < x->user_max; i++)
        if (x->users[i] != NULL)
            act(x->users[i]);
}

void executor_finish(struct executor *x, int64_t now_ns, int64_t until_ns) {
    struct pacer *pacer = &x->worker->pacer;
    if (x->over)
        return;
    x->over = true;
    pacer_remove(pacer, &x->ramp);
    pacer_remove(pacer, &x->give_up);
    pacer_add(pacer, &x->give_up, until_ns);
    open_stop(x, now_ns);
    for_each_user(x, vuser_stop);
}

void executor_cancel(struct executor *x) {
    for_each_user(x, vuser_cancel);
}

/* at_ns: when the load wanted this many. */
static void follow_load(struct executor *x, uint32_t wanted, int64_t at_ns) {
    for (; x->wanted > wanted; x->wanted--)
        vuser_stop(x->users[x->wanted - 1]);
    for (; x->wanted < wanted; x->wanted++) {
        struct vuser *u = executor_user(x, x->wanted);
        if (u == NULL || vuser_start(u, at_ns, &x->worker->failure) != 0) {
            worker_fail(x->worker);
            return;
        }
    }
}

/* The next time at which the part's share of the users is another one. */
static int64_t next_change(const struct executor *x, int64_t t, uint32_t share) {
    uint32_t n = x->part.count, next_user = x->part.index + n * share;
    uint32_t low = share == 0 ? 0 : next_user - n + 1;
    return load_next_crossing(&x->now, t, low, next_user + 1);
}

/* Takes each change of the load at its own time, also where several are late at once: the schedules
 * of paced users begin there. */
static void ramp(struct executor *x, int64_t now_ns) {
    const struct load *load = &x->now;
    const struct worker *w = x->worker;
    int64_t t = x->ramp.due_ns - x->start_ns, end = load_duration(load);
    uint32_t budget = PACER_TURN_MAX;
    while (x->start_ns + t <= now_ns && !x->over) {
        if (t >= end) {
            executor_finish(x, now_ns, x->start_ns + end + w->setup.stop_timeout_ns);
            return;
        }
        uint32_t wanted = part_share(x->part, load_users(load, t)), before = x->wanted;
        bool part = wanted > before + budget;
        follow_load(x, part ? before + budget : wanted, x->start_ns + t);
        if (part)
            break; /* the others at the next turn, still as of t */
        budget -= wanted > before ? wanted - before : 0;
        int64_t next = next_change(x, t, wanted);
        t = next < 0 || next > end ? end : next;
    }
    if (!x->over)
        pacer_add(&x->worker->pacer, &x->ramp, x->start_ns + t);
}

/* Room for users that the load did not have at first. */
static int grow(struct executor *x) {
    struct worker *w = x->worker;
    uint32_t need = part_share(x->part, load_users_max(&x->now));
    if (need <= x->user_max)
        return 0;
    struct vuser **users = realloc(x->users, need * sizeof(*users));
    if (users == NULL)
        return err_set(&w->failure, "not enough memory for %u users", need);
    memset(users + x->user_max, 0, (need - x->user_max) * sizeof(*users));
    x->users = users;
    x->user_max = need;
    return worker_reserve(w, &w->failure);
}

int executor_change(struct executor *x, const struct load_change *change) {
    struct worker *w = x->worker;
    int64_t due_ns = x->start_ns + change->at_ns;
    if (x->over)
        return 0;
    if (load_change(&x->now, change, &w->failure) != 0)
        return -1;
    if (load_is_open(&x->now)) {
        open_change(x, change->at_ns);
        return 0;
    }
    if (grow(x) != 0)
        return -1;
    if (x->ramp.slot != 0 && x->ramp.due_ns < due_ns)
        return 0; /* what comes next sees the change */
    pacer_remove(&w->pacer, &x->ramp);
    pacer_add(&w->pacer, &x->ramp, due_ns);
    return 0;
}

void executor_due(struct executor *x, const struct pacer_item *item, int64_t now_ns) {
    int64_t due_ns = item->due_ns;
    worker_make_changes(x->worker);
    if (item == &x->give_up) {
        executor_finish(x, now_ns, now_ns);
        executor_cancel(x);
    } else if (load_is_open(&x->now))
        open_due(x, now_ns);
    else {
        /* A change may have set it again, for a later time. */
        pacer_remove(&x->worker->pacer, &x->ramp);
        x->ramp.due_ns = due_ns < x->ramp.due_ns ? due_ns : x->ramp.due_ns;
        ramp(x, now_ns);
    }
}
