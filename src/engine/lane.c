#include "engine/lane.h"

#include <stdlib.h>

#include "engine/worker.h"
#include "util/clock.h"

int lane_init(struct lane *l, struct worker *w, uint32_t number, uint32_t first_user,
              const uint16_t *spread, struct err *e) {
    const struct scenario_load *load = &w->scenario->loads[number];
    *l = (struct lane){.worker = w,
                       .load = load,
                       .spread = spread,
                       .number = number,
                       .first_user = first_user,
                       .user_max = worker_share(w, load_users_max(&load->load))};
    l->users = calloc(l->user_max == 0 ? 1 : l->user_max, sizeof(*l->users));
    return l->users == NULL ? err_set(e, "not enough memory for %u users", l->user_max) : 0;
}

void lane_done(struct lane *l) {
    for (uint32_t i = 0; l->users != NULL && i < l->user_max; i++)
        vuser_free(l->users[i]);
    free(l->users);
    l->users = NULL;
}

void lane_start(struct lane *l) {
    l->start_ns = l->worker->start_ns + l->load->start_ns;
    if (load_is_open(&l->load->load))
        open_start(l);
    else
        pacer_add(&l->worker->pacer, &l->ramp, l->start_ns);
}

struct vuser *lane_user(struct lane *l, uint32_t slot) {
    struct vuser **user = &l->users[slot];
    struct worker *w = l->worker;
    uint32_t index = slot * w->setup.count + w->setup.index;
    if (*user == NULL)
        *user = vuser_new(l, index, &w->failure);
    return *user;
}

static void for_each_user(struct lane *l, void (*act)(struct vuser *)) {
    for (uint32_t i = 0; i < l->user_max; i++)
        if (l->users[i] != NULL)
            act(l->users[i]);
}

void lane_finish(struct lane *l, int64_t now_ns, int64_t until_ns) {
    struct pacer *pacer = &l->worker->pacer;
    if (l->over)
        return;
    l->over = true;
    pacer_remove(pacer, &l->ramp);
    pacer_remove(pacer, &l->give_up);
    pacer_add(pacer, &l->give_up, until_ns);
    open_stop(l, now_ns);
    for_each_user(l, vuser_stop);
}

void lane_cancel(struct lane *l) {
    for_each_user(l, vuser_cancel);
}

/* at_ns: when the load wanted this many. */
static void follow_load(struct lane *l, uint32_t wanted, int64_t at_ns) {
    for (; l->wanted > wanted; l->wanted--)
        vuser_stop(l->users[l->wanted - 1]);
    for (; l->wanted < wanted; l->wanted++) {
        struct vuser *u = lane_user(l, l->wanted);
        if (u == NULL || vuser_start(u, at_ns, &l->worker->failure) != 0) {
            worker_fail(l->worker);
            return;
        }
    }
}

/* Takes each change of the load at its own time, also where several are late at once: the schedules of paced users begin there. */
static void ramp(struct lane *l, int64_t now_ns) {
    const struct load *load = &l->load->load;
    const struct worker *w = l->worker;
    int64_t t = l->ramp.due_ns - l->start_ns, end = load_duration(load);
    uint32_t budget = PACER_TURN_MAX;
    while (l->start_ns + t <= now_ns && !l->over) {
        if (t >= end) {
            lane_finish(l, now_ns, l->start_ns + end + w->setup.stop_timeout_ns);
            return;
        }
        uint32_t wanted = worker_share(w, load_users(load, t)), before = l->wanted;
        bool part = wanted > before + budget;
        follow_load(l, part ? before + budget : wanted, l->start_ns + t);
        if (part)
            break; /* the others at the next turn, still as of t */
        budget -= wanted > before ? wanted - before : 0;
        int64_t next = load_next_change(load, t);
        t = next < 0 || next > end ? end : next;
    }
    if (!l->over)
        pacer_add(&l->worker->pacer, &l->ramp, l->start_ns + t);
}

void lane_due(struct lane *l, const struct pacer_item *item, int64_t now_ns) {
    if (item == &l->give_up) {
        lane_finish(l, now_ns, now_ns);
        lane_cancel(l);
    } else if (load_is_open(&l->load->load))
        open_due(l, now_ns);
    else
        ramp(l, now_ns);
}
