/* The time in which load is sent. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/evaluating.h"
#include "cli/serving.h"
#include "engine/engine.h"
#include "hub_internal.h"
#include "util/clock.h"
#include "util/words.h"

#define LOOK_MAX 32
/* After its last request a part has this long to end; the teardown of part 0 is not counted. */
#define END_NS (60 * NS_PER_S)
#define RULE_MAX_BYTES ((size_t)64 << 10)

/* ---- what is summed ---- */

static int read_stages(const struct buf *text, int64_t **out, size_t *n, struct err *e) {
    const char *at = buf_text(text);
    uint64_t count = 0;
    if (!words_uint(&at, &count) || count > 100000)
        return err_set(e, "the load process of part 0 does not say what its load is");
    int64_t *all = calloc((size_t)count + 1, sizeof *all);
    if (all == NULL)
        return err_memory(e, NULL);
    for (uint64_t i = 0; count > 0 && i <= count; i++)
        if (!words_int(&at, &all[i])) {
            free(all);
            return err_set(e, "the load process of part 0 does not say what its stages are");
        }
    *out = all;
    *n = (size_t)count;
    return 0;
}

int hub_begin_load(struct hub *h, struct err *e) {
    const char **hosts = calloc(h->count, sizeof *hosts);
    int64_t *stages = NULL;
    size_t n = 0;
    if (hosts == NULL)
        return err_memory(e, NULL);
    if (read_stages(&h->stages, &stages, &n, e) != 0) {
        free(hosts);
        return -1;
    }
    for (uint32_t i = 0; i < h->count; i++)
        hosts[i] = h->parts[i].host;
    const struct whole_plan plan = {.parts = h->count,
                                    .duration_ns = h->duration_ns,
                                    .users_max = h->users_max,
                                    .rules = buf_text(&h->rules),
                                    .stages_us = stages,
                                    .stage_count = n,
                                    .about = h->followed ? buf_text(&h->about) : NULL,
                                    .hosts = hosts,
                                    .file = h->o.out,
                                    .version = COLDSWARM_VERSION};
    int result = whole_new(&plan, &h->whole, e);
    free(stages);
    free(hosts);
    return result;
}

void hub_done_load(struct hub *h) {
    locust_view_free(h->locust);
    h->locust = NULL;
    whole_free(h->whole);
    h->whole = NULL;
}

/* ---- what is shown ---- */

/* For scripts of Locust; without it, the page shows what it shows. */
static void show_locust(struct hub *h, const struct status *s) {
    struct err e;
    const struct locust_view_of of = {.web = serving_web(&h->control),
                                      .endpoints = s->run->catalog->endpoints,
                                      .count = s->run->catalog->endpoint_count,
                                      .users = s->users_max,
                                      .error_text = s->run->error_text,
                                      .started_ns = s->run->started_ns,
                                      .context = s->run->context};
    if (h->page && h->locust == NULL && locust_view_new(&of, &h->locust, &e) != 0)
        h->locust = NULL;
    if (h->locust != NULL)
        locust_view_show(h->locust, s, whole_board(h->whole));
}

static void show(struct hub *h, int64_t elapsed_ns) {
    if (elapsed_ns < h->next_ns)
        return;
    h->next_ns = (elapsed_ns / NS_PER_S + 1) * NS_PER_S;
    notes_show(h->notes, h->whole);
    const struct status *s = whole_status(h->whole, elapsed_ns, h->stopped);
    show_locust(h, s);
    control_show(&h->control, s);
}

/* Somebody pressed Stop on the page. A second time, or when no more requests are due, those in
 * flight are cancelled. */
static void mind_page(struct hub *h, bool load_over) {
    control_poll(&h->control);
    enum control_order order = control_take_order(&h->control);
    if (order == CONTROL_GO_ON)
        return;
    hub_note(h, "%s", h->control.why.text);
    hub_stop(h, "asked the page: the run was stopped");
    if (order == CONTROL_CANCEL || load_over)
        hub_stop(h, "asked the page: requests in flight are cancelled");
}

void hub_conclude(struct hub *h, const struct reader_run *run, const struct thresholds *thresholds,
                  int code) {
    if (h->whole == NULL || !h->followed)
        return;
    notes_show(h->notes, h->whole);
    struct status *s = whole_end(h->whole, run == NULL ? 0 : run->duration_us * NS_PER_US);
    s->exit_code = code;
    s->verdict = run == NULL ? "INVALID" : run->verdict;
    snprintf(s->reason, sizeof s->reason, "%s",
             run == NULL ? "there is no merged file" : run->verdict_reason);
    if (thresholds != NULL)
        evaluating_final(thresholds, whole_thresholds(h->whole, thresholds->rules.count));
    show_locust(h, s);
    control_show(&h->control, s);
}

void hub_keep_notes(struct hub *h, const char *path) {
    struct err e;
    if (notes_write(h->notes, path, &e) != 0)
        hub_note(h, "%s", e.text);
}

void hub_linger(struct hub *h, int code) {
    control_finish(&h->control, code);
}

/* ---- thresholds ---- */

static void cross(struct hub *h, const struct gate_crossing *x, int64_t at_ns) {
    struct buf rule, why;
    buf_init(&rule, RULE_MAX_BYTES);
    buf_init(&why, 2 * RULE_MAX_BYTES);
    gate_rule_text(x->rule, &rule);
    if (x->ends_run && !h->stopped) {
        hub_note(h, "threshold %s failed at %.1fs, which ends the run", buf_text(&rule),
                 (double)at_ns / 1e9);
        buf_printf(&why, "threshold %.1f %s", (double)at_ns / 1e9, buf_text(&rule));
        hub_stop(h, buf_text(&why));
    } else if (!x->ends_run) {
        buf_str(&rule, " failed");
        notes_add(h->notes, at_ns, "threshold", buf_text(&rule));
    }
    buf_done(&rule);
    buf_done(&why);
}

static void evaluate(struct hub *h) {
    struct gate_crossing all[LOOK_MAX];
    int64_t at_ns = 0;
    size_t n = h->stopped ? 0 : whole_look(h->whole, all, LOOK_MAX, &at_ns);
    for (size_t i = 0; i < n; i++)
        cross(h, &all[i], at_ns);
}

/* ---- who is silent ---- */

static void lose(struct hub *h, struct hub_part *p, const char *what) {
    struct err why;
    bool evaluated = whole_evaluates(h->whole);
    p->lost = true;
    hub_note(h, "%s has been silent for %d s and counts as lost%s", what,
             (int)(HUB_LOST_NS / NS_PER_S),
             h->o.stop_when_lost ? "; the others stop" : "; the others go on");
    whole_lose(h->whole, (uint32_t)(p - h->parts));
    if (evaluated)
        hub_note(h, "thresholds are evaluated at the end only, because counts are missing");
    err_set(&why, "%s is lost", hub_name(h, p));
    if (h->o.stop_when_lost && !h->stopped)
        hub_stop(h, why.text);
}

static void listen_for(struct hub *h, struct hub_part *p, int64_t now_ns) {
    char what[192];
    int64_t agent_ns = now_ns - p->heard_ns;
    int64_t load_ns = now_ns - (p->report_ns > h->start_ns ? p->report_ns : h->start_ns);
    /* An agent says every second that it is there. Without it, nobody hears the load process. */
    bool agent = agent_ns > HUB_SILENT_NS / 2;
    int64_t silent_ns = agent_ns > load_ns ? agent_ns : load_ns;
    snprintf(what, sizeof what, "%s%s", agent ? "" : "the load process of ", hub_name(h, p));
    if (silent_ns <= HUB_SILENT_NS) {
        if (p->silent)
            hub_note(h, "%s is back", hub_name(h, p));
        if (p->silent)
            whole_silence(h->whole, (uint32_t)(p - h->parts), false);
        p->silent = p->lost = false;
        return;
    }
    if (!p->silent) {
        hub_note(h, "%s is silent", what);
        whole_silence(h->whole, (uint32_t)(p - h->parts), true);
    }
    p->silent = true;
    if (silent_ns > HUB_LOST_NS && !p->lost)
        lose(h, p, what);
}

/* A load process that reports, but does not end. */
static void mind_end(struct hub *h, struct hub_part *p, int64_t now_ns) {
    int64_t end_ns =
        h->start_ns + h->duration_ns + opt_duration(h->o.args, "stop-timeout") + END_NS;
    if (p->overdue || p->over || now_ns < end_ns)
        return;
    p->overdue = true;
    hub_note(h, "%s should have ended long ago; it is ended now", hub_name(h, p));
    mail_text(h->mail, (int)(p - h->parts), "kill");
}

static void mind_busy(struct hub *h, struct hub_part *p) {
    double share = whole_busiest(h->whole, (uint32_t)(p - h->parts));
    if (p->busy || share <= ENGINE_BUSY_SHARE)
        return;
    p->busy = true;
    hub_note(h, "%s: a thread used %.0f %% of a core; use more threads or more parts",
             hub_name(h, p), share * 100);
}

static void mind_exit(struct hub *h, struct hub_part *p) {
    struct err why;
    if (p->told_errors)
        return;
    p->told_errors = true;
    if (p->signal != 0)
        hub_note(h, "%s: its load process was killed by signal %d", hub_name(h, p), p->signal);
    else if (p->errors.len > 0)
        hub_note(h, "%s: %s", hub_name(h, p), buf_text(&p->errors));
    err_set(&why, "%s is lost", hub_name(h, p));
    bool bad = p->signal != 0 || p->code == EXIT_RUNTIME || p->code == EXIT_USAGE;
    if (bad && h->o.stop_when_lost && !h->stopped)
        hub_stop(h, why.text);
}

/* ---- a turn ---- */

void hub_turn_load(struct hub *h) {
    int64_t now_ns = clock_mono_ns();
    bool over = true, others_over = true;
    for (uint32_t i = 0; i < h->count; i++) {
        struct hub_part *p = &h->parts[i];
        if (p->exited)
            mind_exit(h, p);
        else {
            listen_for(h, p, now_ns);
            mind_busy(h, p);
            mind_end(h, p, now_ns);
        }
        over = over && (p->exited || p->lost);
        others_over = others_over && (i == 0 || p->exited || p->lost);
    }
    if (h->parts[0].over && others_over && !h->parts[0].teardown) {
        h->parts[0].teardown = true;
        hub_say(h, &h->parts[0], "teardown");
    }
    if (now_ns >= h->start_ns) {
        evaluate(h);
        mind_page(h, now_ns - h->start_ns >= h->duration_ns);
        show(h, now_ns - h->start_ns);
    }
    if (over && h->discarded)
        hub_drop_all(h);
    else if (over)
        hub_begin_collect(h);
}
