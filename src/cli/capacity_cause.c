#include "cli/capacity_cause.h"

#include <limits.h>
#include <stdlib.h>

#include "cli/capacity_measure.h"
#include "record/reader_server.h"
#include "report/guess_live.h"

/* The cold requests of a file. */
struct cold_of {
    bool logged;
    int64_t *ids; /* if logged: sorted */
    size_t count;
    struct guess_live *guess; /* else */
    bool any;
    struct err *e;
};

/* All steps of a load. */
struct cold_steps {
    const struct gate_rules one; /* the rule that fails first */
    struct evidence all, warm;
    uint64_t requests, cold;
    size_t steps, logged;
};

/* ---- one file ---- */

static void cold_of_done(struct cold_of *c) {
    free(c->ids);
    guess_live_free(c->guess);
    *c = (struct cold_of){0};
}

static int add_row(void *context, const struct request *x) {
    struct cold_of *c = context;
    return guess_live_add(c->guess, x, c->e);
}

static int guess_all(struct cold_of *c, struct reader *r, struct err *e) {
    const struct catalog *of = reader_catalog(r);
    if (guess_live_new(of->endpoints, of->endpoint_count, 0, &c->guess, e) != 0)
        return -1;
    int result = reader_scan_brief(r, add_row, c, e);
    c->any = result == 0 && guess_live_fit(c->guess);
    return result;
}

static int find_in(const char *path, struct cold_of *out, struct err *e) {
    struct reader *r = NULL;
    struct reader_server side;
    struct cold_of c = {.e = e};
    int result = -1;
    if (reader_open(path, &r, e) == 0 && reader_server(r, &side, e) == 0) {
        c.logged = side.requests > 0 && side.joined > 0;
        result = c.logged ? reader_cold(r, &c.ids, &c.count, e) : guess_all(&c, r, e);
        c.any = c.any || c.count > 0;
    }
    reader_close(r);
    if (result == 0)
        *out = c;
    else
        cold_of_done(&c);
    return result;
}

static int by_id(const void *key, const void *element) {
    int64_t a = *(const int64_t *)key, b = *(const int64_t *)element;
    return (a > b) - (a < b);
}

static bool is_cold(void *context, const struct request *x) {
    const struct cold_of *c = context;
    if (!c->logged)
        return guess_live_is_cold(c->guess, x);
    return c->count > 0 && bsearch(&x->id, c->ids, c->count, sizeof *c->ids, by_id) != NULL;
}

/* ---- all steps of a load ---- */

static int measure(struct cold_steps *to, const char *path, const struct capacity_window *w,
                   struct evidence *pool, struct capacity_measured *out, struct err *e) {
    struct evidence alone = {0};
    int result = capacity_measure(path, &to->one, w, &alone, out, e);
    if (result == 0)
        result = evidence_join(pool, &alone, e);
    evidence_done(&alone);
    return result;
}

static int add_step(struct cold_steps *to, const char *path, const struct capacity_result_step *s,
                    struct cold_of *cold, struct err *e) {
    struct capacity_measured m = {0};
    struct capacity_window w = {.from_us = (int64_t)(s->from_s * 1e6),
                                .to_us = (int64_t)(s->to_s * 1e6),
                                .cells = (size_t)EVIDENCE_CELLS * s->units};
    if (measure(to, path, &w, &to->all, &m, e) != 0)
        return -1;
    to->requests += m.due;
    capacity_measured_done(&m);
    w.leave_out = is_cold;
    w.context = cold;
    if (measure(to, path, &w, &to->warm, &m, e) != 0)
        return -1;
    to->cold += m.left_out;
    to->steps++;
    to->logged += cold->logged;
    capacity_measured_done(&m);
    return 0;
}

static int decide(struct cold_steps *to, double load, struct capacity_cold *out, struct err *e) {
    struct evidence_result all, warm;
    struct gate_rule *rule = &to->one.items[0];
    if (evidence_decide(&to->all, rule, SEARCH_RISK, &all, e) != 0 ||
        evidence_result(&to->warm, rule, SEARCH_RISK, &warm, e) != 0)
        return -1;
    if (capacity_cold_is_limit(rule, &all, &warm))
        *out = (struct capacity_cold){.load = load,
                                      .requests = to->requests,
                                      .cold = to->cold,
                                      .logged = to->logged == to->steps,
                                      .value = warm.value,
                                      .low = warm.low,
                                      .high = warm.high,
                                      .verdict = warm.verdict};
    return 0;
}

/* Whether a step is one of the load that fails. */
static bool is_of(const struct capacity_result *r, size_t i) {
    return r->steps[i].counts && r->steps[i].load == r->answer.high;
}

/* Of each step of the load that fails. *any: there are cold requests in one. */
static int find_all(const struct capacity_setup *s, struct cold_of *all, bool *any, struct err *e) {
    const struct capacity_result *r = &s->result;
    char path[PATH_MAX];
    for (size_t i = 0; i < r->step_count; i++)
        if (is_of(r, i)) {
            if (find_in(capacity_setup_path(s, r->steps[i].file, path), &all[i], e) != 0)
                return -1;
            *any = *any || all[i].any;
        }
    return 0;
}

static int look(struct capacity_setup *s, struct cold_of *all, struct err *e) {
    struct capacity_result *r = &s->result;
    struct cold_steps to = {.one = {.items = &s->rules.items[r->limited_by], .count = 1}};
    char path[PATH_MAX];
    bool any = false;
    int result = find_all(s, all, &any, e);
    for (size_t i = 0; i < r->step_count && result == 0 && any; i++)
        if (is_of(r, i))
            result = add_step(&to, capacity_setup_path(s, r->steps[i].file, path), &r->steps[i],
                              &all[i], e);
    if (result == 0 && to.cold > 0)
        result = decide(&to, r->answer.high, &r->cold, e);
    evidence_done(&to.all);
    evidence_done(&to.warm);
    return result;
}

int capacity_cause_find(struct capacity_setup *s, struct err *e) {
    struct capacity_result *r = &s->result;
    r->cold = (struct capacity_cold){0};
    if (r->limited_by >= s->rules.count)
        return 0;
    struct cold_of *all = calloc(r->step_count + 1, sizeof *all);
    int result = all == NULL ? err_memory(e, "the steps") : look(s, all, e);
    for (size_t i = 0; all != NULL && i < r->step_count; i++)
        cold_of_done(&all[i]);
    free(all);
    return result == 0
               ? 0
               : err_prefix(e, "warning: it is not known whether cold starts are the limit");
}
