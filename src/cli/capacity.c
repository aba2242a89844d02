#include "cli/capacity.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capacity/capacity_result.h"
#include "capacity/lateness.h"
#include "capacity/pool.h"
#include "capacity/search.h"
#include "cli/capacity_cause.h"
#include "cli/capacity_measure.h"
#include "cli/capacity_probe.h"
#include "cli/capacity_say.h"
#include "cli/capacity_setup.h"
#include "cli/capacity_step.h"
#include "cli/loadopts.h"
#include "report/outfile.h"
#include "util/clock.h"

#define TRIES 3      /* of a step that does not count */
#define SILENT_MAX 2 /* steps in a row without an answer */
#define SETTLE_NS (5 * NS_PER_S)
#define RAMP_MAX_NS (2 * NS_PER_S)
#define REACHED 0.99 /* of the requests that were due, sent */
#define PROBES_MAX 30

struct capacity_run {
    struct capacity_setup setup;
    const struct capacity_maker *maker;
    struct search search;
    struct pool pool;
    uint64_t seed;
    struct capacity_probe probe;
    struct lateness late; /* that changes no decision */
    double slowest_ms;    /* p99 of the last load that held */
    unsigned untimely;    /* steps in a row that do not count */
    unsigned silent;      /* steps in a row without an answer */
    bool failed_last;     /* the last step failed an SLO */
    int signal, code;
    struct err why; /* it ended early */
};

static struct capacity_result *result_of(struct capacity_run *c) {
    return &c->setup.result;
}

/* ---- the result ---- */

static void fill_slo(struct capacity_result_slo *out, const struct evidence_result *r) {
    *out = (struct capacity_result_slo){r->value, r->low, r->high, r->verdict};
}

static enum evidence_verdict all_of(const struct capacity_result_slo *slo, size_t n) {
    enum evidence_verdict all = EVIDENCE_HOLDS;
    for (size_t i = 0; i < n; i++) {
        if (slo[i].verdict == EVIDENCE_FAILS)
            return EVIDENCE_FAILS;
        if (slo[i].verdict == EVIDENCE_OPEN)
            all = EVIDENCE_OPEN;
    }
    return all;
}

static int evaluate(struct capacity_run *c, struct evidence *all, struct capacity_result_slo *out,
                    struct err *e) {
    for (size_t i = 0; i < c->setup.rules.count; i++) {
        struct evidence_result r;
        if (evidence_result(&all[i], &c->setup.rules.items[i], SEARCH_RISK, &r, e) != 0)
            return -1;
        fill_slo(&out[i], &r);
    }
    return 0;
}

/* What fails first: of the lowest load that fails, the SLO that is farthest from its limit. */
static void find_limit(struct capacity_run *c) {
    struct capacity_result *r = result_of(c);
    double most = -(double)INFINITY;
    r->limited_by = SIZE_MAX;
    for (size_t i = 0; i < r->load_count && !isinf(r->answer.high); i++) {
        const struct capacity_result_load *l = &r->loads[i];
        for (size_t k = 0; l->load == r->answer.high && k < r->expression_count; k++) {
            double excess = evidence_excess(&c->setup.rules.items[k], l->slo[k].value);
            if (l->slo[k].verdict == EVIDENCE_FAILS && excess > most) {
                most = excess;
                r->limited_by = k;
            }
        }
    }
}

/* The law is about users; their throughput is known by load. */
static void fit_law(struct capacity_result *r) {
    double *loads = calloc(2 * r->step_count + 1, sizeof *loads);
    double *throughputs = loads + r->step_count;
    size_t n = 0;
    for (size_t i = 0; loads != NULL && r->unit == CAPACITY_USERS && i < r->step_count; i++)
        if (r->steps[i].counts && r->steps[i].throughput > 0) {
            loads[n] = r->steps[i].load;
            throughputs[n++] = r->steps[i].throughput;
        }
    if (loads != NULL)
        usl_fit(loads, throughputs, n, &r->usl);
    free(loads);
}

/* Of the highest load that holds: all of its steps, by their length. */
static void find_cost(struct capacity_run *c) {
    struct capacity_result *r = result_of(c);
    double requests = 0, seconds = 0;
    for (size_t i = 0; i < r->step_count; i++) {
        const struct capacity_result_step *s = &r->steps[i];
        if (!s->counts || s->load != r->answer.low)
            continue;
        requests += s->throughput * (s->to_s - s->from_s);
        seconds += s->to_s - s->from_s;
    }
    if (r->cost.instances > 0 && seconds > 0)
        capacity_cost_at(&r->cost, &c->setup.prices, r->answer.low, requests / seconds);
}

static int write_result(const struct capacity_run *c, struct err *e) {
    struct buf text;
    buf_init(&text, (size_t)1 << 30);
    capacity_result_write(&text, &c->setup.result);
    return outfile_write(c->setup.folder, CAPACITY_FILE, &text, e);
}

static int save(struct capacity_run *c, struct err *e) {
    search_answer(&c->search, &result_of(c)->answer);
    find_limit(c);
    find_cost(c);
    fit_law(result_of(c));
    return write_result(c, e);
}

/* ---- one step ---- */

static int64_t settle_of(const struct capacity_run *c) {
    if (c->setup.settle_ns >= 0)
        return c->setup.settle_ns;
    int64_t needed = RAMP_MAX_NS + (int64_t)(3 * c->slowest_ms * NS_PER_MS);
    return needed > SETTLE_NS ? needed : SETTLE_NS;
}

static int64_t ramp_of(int64_t settle_ns) {
    return settle_ns / 2 < RAMP_MAX_NS ? settle_ns / 2 : RAMP_MAX_NS;
}

static double achieved(const struct capacity_result *r, double load,
                       const struct capacity_measured *m) {
    switch (r->unit) {
    case CAPACITY_RATE:
        return (double)m->sent / m->seconds;
    case CAPACITY_USERS:
        return m->users;
    case CAPACITY_SPEED:
        break;
    }
    return m->due == 0 ? (double)NAN : load * (double)m->sent / (double)m->due;
}

static char *copy(const char *text) {
    return text[0] == '\0' ? NULL : strdup(text);
}

static void describe(struct capacity_result_step *s, const struct capacity_result *r,
                     const struct capacity_measured *m) {
    s->achieved = achieved(r, s->load, m);
    s->p50_ms = m->p50_ms;
    s->p95_ms = m->p95_ms;
    s->p99_ms = m->p99_ms;
    s->throughput = (double)m->ended / m->seconds;
    s->failures = m->failures;
    s->verdict = strdup(m->verdict);
    s->reason = copy(m->reason);
    s->failing = copy(m->failing);
}

/* A service that answers nothing is no client's fault, whatever the verdict says of such a run. */
static bool is_silent(const struct capacity_measured *m) {
    return m->complete && m->due > 0 && !m->answered;
}

static bool accepts_suspect(const struct capacity_run *c) {
    return opt_flag(c->setup.args, "accept-suspect");
}

/* Whether the client sent what it should have. */
static bool counts(const struct capacity_run *c, const struct capacity_measured *m) {
    if (!m->complete || m->due == 0 || !m->answered)
        return false;
    /* Dropped requests count as failed, so the service is not flattered. */
    bool honest = strcmp(m->verdict, "VALID") == 0 ||
                  (strcmp(m->verdict, "SUSPECT") == 0 &&
                   (accepts_suspect(c) ||
                    (m->only_late && lateness_is_harmless(&c->late, m->late, m->sent))));
    return honest && (double)(m->sent + m->dropped) >= REACHED * (double)m->due;
}

/* What a file says, and where its measured time is. */
struct capacity_file {
    const char *file;
    double from_s, to_s;
    int64_t spent_ns;
    bool silent_counts; /* an earlier search found that the load, and no crash, got no answer */
};

/* The step in the result, with what it says by itself. */
static struct capacity_result_step *add_step(struct capacity_run *c, const struct search_ask *ask,
                                             const struct capacity_file *f, struct evidence *alone,
                                             const struct capacity_measured *m, struct err *e) {
    struct capacity_result *r = result_of(c);
    struct capacity_result_step *s = capacity_result_add_step(r, e);
    if (s == NULL)
        return NULL;
    s->load = ask->load;
    s->units = ask->units;
    s->from_s = f->from_s;
    s->to_s = f->to_s;
    s->file = strdup(f->file);
    describe(s, r, m);
    s->counts = is_silent(m) ? f->silent_counts : counts(c, m);
    if (evaluate(c, alone, s->slo, e) != 0)
        return NULL;
    s->ok = all_of(s->slo, r->expression_count);
    return s;
}

/* The step is evidence of its load. */
static int pool_step(struct capacity_run *c, const struct search_ask *ask, int64_t spent_ns,
                     const struct evidence *alone, struct err *e) {
    struct evidence *pooled;
    struct search_look look;
    if (pool_at(&c->pool, ask->load, &pooled, e) != 0)
        return -1;
    for (size_t i = 0; i < c->setup.rules.count; i++)
        if (evidence_join(&pooled[i], &alone[i], e) != 0)
            return -1;
    struct capacity_result_load *l = capacity_result_at(result_of(c), ask->load, e);
    if (l == NULL || evaluate(c, pooled, l->slo, e) != 0 ||
        pool_look(&c->pool, ask->load, &look, NULL, e) != 0 ||
        search_tell(&c->search, ask, &look, spent_ns, e) != 0)
        return -1;
    l->steps++;
    l->ok = look.verdict;
    c->failed_last = look.excess > 0;
    return 0;
}

/* What the file of a step says. The caller frees both with forget_step(). */
struct read_step {
    struct evidence *alone; /* one per rule */
    struct capacity_measured m;
};

static int read_step(const struct capacity_run *c, const char *file, double from_s, double to_s,
                     unsigned units, struct read_step *out, struct err *e) {
    char path[PATH_MAX];
    const struct capacity_window w = {.from_us = (int64_t)(from_s * 1e6),
                                      .to_us = (int64_t)(to_s * 1e6),
                                      .cells = (size_t)EVIDENCE_CELLS * units,
                                      .late_ms = c->late.limit_ms};
    *out = (struct read_step){.alone = calloc(c->setup.rules.count + 1, sizeof *out->alone)};
    if (out->alone == NULL)
        return err_memory(e, "a step");
    return capacity_measure(capacity_setup_path(&c->setup, file, path), &c->setup.rules, &w,
                            out->alone, &out->m, e);
}

static void forget_step(const struct capacity_run *c, struct read_step *r) {
    for (size_t i = 0; i < c->setup.rules.count && r->alone != NULL; i++)
        evidence_done(&r->alone[i]);
    free(r->alone);
    capacity_measured_done(&r->m);
}

static int take_step(struct capacity_run *c, const struct search_ask *ask,
                     const struct capacity_file *f, struct err *e) {
    struct read_step r;
    int result = -1;
    if (read_step(c, f->file, f->from_s, f->to_s, ask->units, &r, e) == 0) {
        struct capacity_result_step *s = add_step(c, ask, f, r.alone, &r.m, e);
        bool silent = is_silent(&r.m);
        c->silent = silent ? c->silent + 1 : 0;
        c->failed_last = c->failed_last || silent;
        c->untimely = s != NULL && (s->counts || silent) ? 0 : c->untimely + 1;
        result = s == NULL ? -1 : s->counts ? pool_step(c, ask, f->spent_ns, r.alone, e) : 0;
        if (s != NULL && s->ok == EVIDENCE_HOLDS && r.m.p99_ms > 0)
            c->slowest_ms = r.m.p99_ms;
    }
    forget_step(c, &r);
    return result;
}

/* ---- recovery ---- */

/* Waits before the next step: a time, or until the service has recovered from a failed load. */
static enum capacity_health cool_down(struct capacity_run *c, struct err *e) {
    if (c->setup.cool_ns >= 0) {
        if (result_of(c)->step_count > 0)
            c->signal = c->maker->wait(c->maker->context, c->setup.cool_ns);
        return CAPACITY_RECOVERED;
    }
    if (!capacity_probe_can(&c->probe) || (c->probe.began && !c->failed_last))
        return CAPACITY_RECOVERED;
    return capacity_probe(&c->probe, c->probe.began ? PROBES_MAX : 1, &c->signal, e);
}

/* ---- the search ---- */

/* Stops the search for a reason, with what is known. */
static void stop(struct capacity_run *c, enum search_end end, int code, const char *why) {
    search_stop(&c->search, end);
    c->code = code;
    snprintf(c->why.text, sizeof c->why.text, "%s", why);
}

/* Whether the last steps, none of which counts, have one verdict. */
static bool ended_alike(const struct capacity_result *r, const char *verdict) {
    for (size_t i = 1; i < TRIES && i < r->step_count; i++) {
        const char *x = r->steps[r->step_count - 1 - i].verdict;
        if (x == NULL || strcmp(x, verdict) != 0)
            return false;
    }
    return true;
}

static void stop_at_client(struct capacity_run *c, const struct search_ask *ask) {
    struct capacity_result *r = result_of(c);
    const struct capacity_result_step *s = &r->steps[r->step_count - 1];
    r->client = strdup(s->reason != NULL ? s->reason : "it did not send the load");
    r->client_load = ask->load;
    const char *verdict = s->verdict != NULL ? s->verdict : "not complete";
    bool acceptable = strcmp(verdict, "SUSPECT") == 0 && !accepts_suspect(c);
    struct err why;
    err_set(
        &why, "the client is the limit at %.10g %s, as %d steps %s %s: %.500s; to send more, %s%s",
        ask->load, capacity_unit_words[r->unit], TRIES,
        ended_alike(r, verdict) ? "were" : "did not count, and the last was", verdict,
        r->client != NULL ? r->client : "", c->maker->more,
        acceptable ? "; to count such steps, with its delays in the times, --accept-suspect" : "");
    stop(c, SEARCH_CLIENT, EXIT_INVALID, why.text);
}

/* The next name that is not taken: a step that failed may have left a file. */
static void name_step(const struct capacity_run *c, char file[32]) {
    char path[PATH_MAX];
    for (size_t nth = c->setup.result.step_count + 1;; nth++) {
        snprintf(file, 32, "step-%03zu.db", nth);
        if (access(capacity_setup_path(&c->setup, file, path), F_OK) != 0)
            return;
    }
}

/* Makes a step and takes its file. -1: the search cannot go on. */
static int make_step(struct capacity_run *c, const struct search_ask *ask, struct err *e) {
    char file[32], path[PATH_MAX];
    int64_t settle = settle_of(c);
    struct capacity_step_end end;
    name_step(c, file);
    struct capacity_step s = {.args = c->setup.args,
                              .scenario = c->setup.scenario,
                              .unit = result_of(c)->unit,
                              .load = ask->load,
                              .ramp_ns = ramp_of(settle),
                              .settle_ns = settle,
                              .measure_ns = c->setup.plan.step_ns * ask->units,
                              .seed = c->seed + result_of(c)->step_count,
                              .path = capacity_setup_path(&c->setup, file, path)};
    if (c->maker->run(c->maker->context, &s, &end, e) != 0)
        return -1;
    c->signal = c->signal != 0 ? c->signal : end.signal;
    if (c->signal != 0) {
        unlink(path); /* a part of a step is none */
        return 0;
    }
    const struct capacity_file f = {file, (double)settle / NS_PER_S,
                                    (double)(settle + s.measure_ns) / NS_PER_S, end.spent_ns,
                                    false};
    struct err reading;
    if (end.code == EXIT_USAGE || access(path, F_OK) != 0)
        return err_set(e, "the step at %.10g %s could not be run: %.800s", ask->load,
                       capacity_unit_words[s.unit], end.said.text);
    if (take_step(c, ask, &f, &reading) != 0)
        return err_set(e, "the step at %.10g %s could not be used: %.400s%s%.400s", ask->load,
                       capacity_unit_words[s.unit], reading.text,
                       end.said.text[0] != '\0' ? "; " : "", end.said.text);
    const struct capacity_result_step *last = &result_of(c)->steps[result_of(c)->step_count - 1];
    if (end.code != EXIT_RUNTIME || c->silent > 0 || last->counts)
        return 0;
    /* Such as on a full disk, where this makes room for the result. */
    capacity_result_drop_step(result_of(c));
    unlink(path);
    return err_set(e, "the step at %.10g %s was not completed: %.800s", ask->load,
                   capacity_unit_words[s.unit], end.said.text);
}

/* A step that counts, once more as evidence. */
static int pool_again(struct capacity_run *c, const struct capacity_result_step *s, struct err *e) {
    const struct search_ask ask = {.load = s->load, .units = s->units};
    struct read_step r;
    int result = read_step(c, s->file, s->from_s, s->to_s, s->units, &r, e) != 0
                     ? -1
                     : pool_step(c, &ask, (int64_t)(s->to_s * NS_PER_S), r.alone, e);
    forget_step(c, &r);
    return result;
}

/* The service lives, but answers nothing under this load: its last steps count after all. */
static int count_silent(struct capacity_run *c, struct err *e) {
    struct capacity_result *r = result_of(c);
    for (size_t i = r->step_count - c->silent; i < r->step_count; i++) {
        r->steps[i].counts = true;
        if (pool_again(c, &r->steps[i], e) != 0)
            return -1;
    }
    c->silent = 0;
    return 0;
}

/* Steps that it did not answer say nothing of what it can take. */
static void stop_at_death(struct capacity_run *c) {
    const struct capacity_result *r = result_of(c);
    const char *failing = c->probe.failing;
    char where[128] = "";
    struct err why;
    if (c->silent > 0) {
        const struct capacity_result_step *last = &r->steps[r->step_count - 1];
        failing = last->failing != NULL ? last->failing : "";
        snprintf(where, sizeof where, " of the last step%s at %.10g %s", c->silent > 1 ? "s" : "",
                 last->load, capacity_unit_words[r->unit]);
    }
    err_set(&why, "the service answered no request%s%s%s; start it, and go on with --resume %s",
            where, failing[0] != '\0' ? ": " : "", failing, c->setup.folder);
    stop(c, SEARCH_STOPPED, EXIT_RUNTIME, why.text);
}

/* -1: no more steps can be made, which says nothing of the service. */
static int check_maker(const struct capacity_run *c, struct err *e) {
    const char *why = c->maker->broken == NULL ? NULL : c->maker->broken(c->maker->context);
    return why == NULL ? 0 : err_set(e, "%s", why);
}

static int look_at_step(struct capacity_run *c, const struct search_ask *ask, struct err *e) {
    enum capacity_health health = CAPACITY_SILENT;
    struct err why = {""};
    if (c->silent >= SILENT_MAX && capacity_probe_can(&c->probe))
        health = capacity_probe(&c->probe, 1, &c->signal, &why);
    if (c->signal == 0 && (health == CAPACITY_RECOVERED || health == CAPACITY_WORN))
        return count_silent(c, e);
    if (check_maker(c, e) != 0)
        return -1;
    if (health == CAPACITY_UNKNOWN && c->signal == 0)
        return err_set(e, "%s", why.text);
    if (c->silent >= SILENT_MAX)
        stop_at_death(c);
    else if (c->untimely >= TRIES)
        stop_at_client(c, ask);
    return 0;
}

static void say_step(const struct capacity_run *c, const struct search_ask *ask, int64_t spent_ns) {
    const struct search_plan *p = &c->setup.plan;
    int64_t step_ns = settle_of(c) + p->step_ns;
    const struct capacity_left left = {
        .least_ns = c->search.end == SEARCH_GOES_ON ? search_left(&c->search) * step_ns : 0,
        .most_ns = p->max_ns > 0 ? p->max_ns - spent_ns : 0};
    capacity_say_step(&c->setup.result, ask, &left, c->silent > 0);
}

/* The next step; a step that does not count, or got no answer, is made again. */
static bool choose(struct capacity_run *c, struct search_ask *ask) {
    if (c->search.end != SEARCH_GOES_ON)
        return false;
    return c->untimely > 0 || c->silent > 0 || search_next(&c->search, ask);
}

static int go(struct capacity_run *c, struct err *e) {
    struct search_ask ask = {0};
    int64_t began_ns = clock_mono_ns();
    bool more = choose(c, &ask);
    while (more) {
        const struct search_ask now = ask;
        struct err why = {""};
        enum capacity_health health = cool_down(c, &why);
        if (c->signal == 0 && check_maker(c, e) != 0)
            return -1;
        if (health == CAPACITY_UNKNOWN && c->signal == 0)
            return err_set(e, "%s", why.text);
        if (health == CAPACITY_SILENT && c->signal == 0) {
            stop_at_death(c);
            return 0;
        }
        if (c->signal == 0 && make_step(c, &now, e) != 0)
            return -1;
        if (c->signal != 0) {
            stop(c, SEARCH_STOPPED, 128 + c->signal, "");
            return 0;
        }
        if (look_at_step(c, &now, e) != 0)
            return -1;
        /* With pauses and steps that do not count. */
        c->search.spent_ns = clock_mono_ns() - began_ns;
        more = choose(c, &ask);
        if (save(c, e) != 0)
            return -1;
        if (!opt_flag(c->setup.args, "quiet"))
            say_step(c, &now, c->search.spent_ns);
    }
    return 0;
}

/* What an earlier search has measured. Steps whose files are gone are left out. */
static int replay(struct capacity_run *c, struct err *e) {
    const struct capacity_result *old = &c->setup.earlier;
    char path[PATH_MAX];
    for (size_t i = 0; i < old->step_count; i++) {
        const struct capacity_result_step *s = &old->steps[i];
        if (s->file == NULL || strchr(s->file, '/') != NULL ||
            access(capacity_setup_path(&c->setup, s->file, path), R_OK) != 0)
            return err_set(e,
                           "%s, which the earlier search made, cannot be read; put it back, or "
                           "start another search",
                           s->file == NULL ? "a step" : path);
        const struct search_ask ask = {.load = s->load, .units = s->units};
        const struct capacity_file f = {s->file, s->from_s, s->to_s, (int64_t)(s->to_s * NS_PER_S),
                                        s->counts};
        if (take_step(c, &ask, &f, e) != 0)
            return err_prefix(e, "%s", path);
    }
    c->silent = c->untimely = 0;
    c->failed_last = false;
    return 0;
}

/* What takes long to find, so the result is safe before. */
static int add_cause(struct capacity_run *c, struct err *e) {
    struct err why = {""};
    if (capacity_cause_find(&c->setup, &why) != 0)
        command_error(EXIT_OK, why.text);
    if (result_of(c)->cold.cold == 0 || write_result(c, e) == 0)
        return EXIT_OK;
    return command_error(EXIT_RUNTIME, e->text);
}

static int conclude(struct capacity_run *c, struct err *e) {
    struct capacity_result *r = result_of(c);
    const struct report_format *format = report_format(opt_text(c->setup.args, "format"));
    int code = save(c, e) == 0 ? EXIT_OK : command_error(EXIT_RUNTIME, e->text);
    if (code == EXIT_OK)
        code = add_cause(c, e);
    int shown = capacity_say_result(r, code == EXIT_OK ? c->setup.folder : NULL, format);
    if (code == EXIT_OK)
        code = capacity_say_files(r, c->setup.folder, !opt_flag(c->setup.args, "no-figures"), NULL);
    if (c->why.text[0] != '\0')
        command_error(c->code, c->why.text);
    return code != EXIT_OK ? code : shown != EXIT_OK ? shown : c->code;
}

int capacity(const struct args *a) {
    capacity_step_block();
    capacity_step_environment();
    return capacity_search(a, &capacity_here);
}

int capacity_search(const struct args *a, const struct capacity_maker *maker) {
    struct capacity_run c = {.maker = maker, .code = EXIT_OK};
    struct err e = {""}, failure = {""};
    int code = capacity_setup(&c.setup, a, maker->parts, &e);
    if (code != EXIT_OK) {
        capacity_setup_done(&c.setup);
        return command_error(code, e.text);
    }
    c.seed = loadopts_seed(c.setup.args);
    lateness_allowed(&c.setup.rules, &c.late);
    c.probe = (struct capacity_probe){.setup = &c.setup, .maker = maker, .seed = c.seed};
    c.setup.plan.overhead_ns = settle_of(&c);
    pool_init(&c.pool, &c.setup.rules);
    if (search_init(&c.search, &c.setup.plan, &e) != 0 || replay(&c, &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    else {
        if (!opt_flag(c.setup.args, "quiet"))
            capacity_say_plan(result_of(&c), c.setup.folder);
        if (go(&c, &failure) != 0)
            stop(&c, SEARCH_STOPPED, EXIT_RUNTIME, failure.text);
        code = conclude(&c, &e);
    }
    search_done(&c.search);
    pool_done(&c.pool);
    capacity_setup_done(&c.setup);
    return code;
}
