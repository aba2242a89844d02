#include "control/whole.h"

#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/words.h"

/* Parts keep at least this much of what they have not reported yet. */
#define GAP_NS (4 * NS_PER_S)

struct whole_part {
    int64_t elapsed_ns;
    uint32_t users;
    uint64_t requests, failures, unsendable;
    double busiest_core;
    bool over;
};

struct whole {
    struct whole_plan plan;
    struct whole_part *parts;
    struct live *live;
    struct gate_rules rules;
    struct gate_live *gate; /* NULL: no threshold may end the run */
    int64_t *stages_us;
    bool blind; /* counts are missing */
    int64_t looked_s;
};

static const struct catalog no_names;

static int start_gate(struct whole *w, struct err *e) {
    const struct gate_subject subject = {.catalog = &no_names,
                                         .stages = w->stages_us,
                                         .stage_count = w->plan.stage_count,
                                         .duration_us = w->plan.duration_ns / NS_PER_US,
                                         .what = "the run has"};
    bool any = false;
    if (gate_rules_read(&w->rules, "", w->plan.rules, e) != 0)
        return -1;
    for (size_t i = 0; i < w->rules.count; i++)
        any = any || w->rules.items[i].abort_on_fail;
    return any ? gate_live_new(&w->rules, &subject, &w->gate, e) : 0;
}

int whole_new(const struct whole_plan *plan, struct whole **out, struct err *e) {
    struct whole *w = calloc(1, sizeof *w);
    size_t stages = plan->stage_count == 0 ? 0 : plan->stage_count + 1;
    if (w == NULL)
        return err_set(e, "out of memory for the parts of a run");
    w->plan = *plan;
    w->parts = calloc(plan->parts, sizeof *w->parts);
    w->stages_us = calloc(stages + 1, sizeof *w->stages_us);
    if (w->parts == NULL || w->stages_us == NULL) {
        whole_free(w);
        return err_set(e, "out of memory for the parts of a run");
    }
    for (size_t i = 0; i < stages; i++)
        w->stages_us[i] = plan->stages_us[i];
    if (live_new(&w->live, e) != 0 || start_gate(w, e) != 0) {
        whole_free(w);
        return -1;
    }
    w->plan.rules = NULL;
    w->plan.stages_us = NULL;
    *out = w;
    return 0;
}

void whole_free(struct whole *w) {
    if (w == NULL)
        return;
    gate_live_free(w->gate);
    gate_rules_done(&w->rules);
    live_free(w->live);
    free(w->stages_us);
    free(w->parts);
    free(w);
}

/* ---- reports ---- */

bool whole_is_report(const char *line) {
    return words_is(&line, "report") || words_is(&line, "client") || words_is(&line, "second") ||
           words_is(&line, "rule") || words_is(&line, "done");
}

static int take_report(struct whole *w, struct whole_part *p, const char *at, struct err *e) {
    struct whole_part x = *p;
    if (!words_int(&at, &x.elapsed_ns) || !words_uint32(&at, &x.users) ||
        !words_uint(&at, &x.requests) || !words_uint(&at, &x.failures) ||
        !words_uint(&at, &x.unsendable) || x.elapsed_ns < p->elapsed_ns)
        return err_set(e, "a line \"report\" lacks its numbers");
    w->blind = w->blind || x.elapsed_ns - p->elapsed_ns > GAP_NS;
    *p = x;
    return 0;
}

int whole_line(struct whole *w, uint32_t part, const char *line, struct err *e) {
    struct whole_part *p = &w->parts[part];
    const char *at = line;
    double share;
    if (words_is(&at, "report"))
        return take_report(w, p, at, e);
    if (words_is(&at, "second"))
        return live_join(w->live, at, e);
    if (words_is(&at, "rule"))
        return w->gate == NULL ? err_set(e, "no threshold may end this run")
                               : gate_live_join(w->gate, at, e);
    if (words_is(&at, "client") && words_double(&at, &share))
        p->busiest_core = share;
    return 0;
}

void whole_over(struct whole *w, uint32_t part) {
    w->parts[part].over = true;
    w->parts[part].users = 0;
}

void whole_lose(struct whole *w, uint32_t part) {
    whole_over(w, part);
    w->blind = true;
}

double whole_busiest(const struct whole *w, uint32_t part) {
    return w->parts[part].busiest_core;
}

/* ---- the sum ---- */

/* Up to which time all parts have reported. */
static int64_t time_of(const struct whole *w) {
    int64_t least = INT64_MAX, most = 0;
    for (uint32_t i = 0; i < w->plan.parts; i++) {
        const struct whole_part *p = &w->parts[i];
        if (!p->over && p->elapsed_ns < least)
            least = p->elapsed_ns;
        if (p->elapsed_ns > most)
            most = p->elapsed_ns;
    }
    return least == INT64_MAX ? most : least;
}

static uint32_t users_of(const struct whole *w) {
    uint32_t users = 0;
    for (uint32_t i = 0; i < w->plan.parts; i++)
        users += w->parts[i].users;
    return users;
}

void whole_snapshot(struct whole *w, int64_t elapsed_ns, struct control_snapshot *out) {
    *out = (struct control_snapshot){.elapsed_ns = elapsed_ns,
                                     .duration_ns = w->plan.duration_ns,
                                     .users = users_of(w),
                                     .users_max = w->plan.users_max,
                                     .stopping = elapsed_ns >= w->plan.duration_ns};
    live_snapshot(w->live, time_of(w), &out->live);
    out->live.requests = out->live.failures = out->live.unsendable = 0;
    for (uint32_t i = 0; i < w->plan.parts; i++) {
        out->live.requests += w->parts[i].requests;
        out->live.failures += w->parts[i].failures;
        out->live.unsendable += w->parts[i].unsendable;
        if (w->parts[i].busiest_core > out->busiest_core)
            out->busiest_core = w->parts[i].busiest_core;
    }
}

bool whole_evaluates(const struct whole *w) {
    return w->gate != NULL && !w->blind;
}

size_t whole_look(struct whole *w, struct gate_crossing *out, size_t max, int64_t *at_ns) {
    int64_t now_ns = time_of(w);
    if (!whole_evaluates(w) || now_ns / NS_PER_S <= w->looked_s)
        return 0;
    w->looked_s = now_ns / NS_PER_S;
    *at_ns = now_ns;
    gate_live_gauge(w->gate, GATE_VUS, users_of(w));
    return gate_live_look(w->gate, now_ns / NS_PER_US, out, max);
}
