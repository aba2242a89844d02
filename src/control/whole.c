#include "control/whole.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/json.h"
#include "util/words.h"

/* Parts keep at least this much of what they have not reported yet. */
#define GAP_NS (4 * NS_PER_S)
/* A rate of less time than this says nothing. */
#define RATE_NS (NS_PER_S / 2)
#define TEXTS_MAX STATUS_ERRORS_MAX

struct whole_part {
    int64_t elapsed_ns;
    uint64_t unsendable;
    bool over;
    const char *verdict; /* of a table; NULL: unknown */
    char reason[STATUS_WORST_MAX];
    /* When the last rate was made, and of what. */
    int64_t rated_ns;
    uint64_t rated_requests, rated_failures;
};

struct whole {
    struct whole_plan plan; /* without borrowed texts */
    int64_t started_real_ns;
    struct whole_part *parts;
    struct status_part *shown;
    struct status_part_course *courses;
    int64_t course_step_s;
    size_t course_count; /* points up to the newest of all */
    struct status_board *board;
    struct status_run run;
    struct json_doc *about; /* has the texts of the run; NULL: nothing is known */
    struct catalog catalog;
    char *file, *version, **hosts;
    char *texts[TEXTS_MAX]; /* of errors, by number - 1 */
    uint32_t text_count;
    struct gate_rules rules;
    struct gate_live *gate; /* NULL: no threshold is evaluated before the end */
    int64_t *stages_us;
    bool blind; /* counts are missing */
    int64_t looked_s;
    int64_t load_end_ns; /* negative: the load goes on */
};

static const struct catalog no_names;

/* ---- what it begins with ---- */

static int start_gate(struct whole *w, const struct whole_plan *plan, struct err *e) {
    const struct gate_subject subject = {.catalog = &no_names,
                                         .stages = w->stages_us,
                                         .stage_count = plan->stage_count,
                                         .duration_us = plan->duration_ns / NS_PER_US,
                                         .what = "the run has"};
    if (gate_rules_read(&w->rules, "", plan->rules, e) != 0)
        return -1;
    bool any = plan->about != NULL && w->rules.count > 0;
    for (size_t i = 0; i < w->rules.count; i++)
        any = any || w->rules.items[i].abort_on_fail;
    return any ? gate_live_new(&w->rules, &subject, &w->gate, e) : 0;
}

static const char *error_text(void *context, uint32_t error) {
    const struct whole *w = context;
    return error > 0 && error <= w->text_count ? w->texts[error - 1] : "";
}

static int64_t started_ns(void *context) {
    return ((const struct whole *)context)->started_real_ns;
}

/* The number of an error text; 0: there are too many. */
static uint32_t number_of(void *context, const char *text) {
    struct whole *w = context;
    for (uint32_t i = 0; i < w->text_count; i++)
        if (strcmp(w->texts[i], text) == 0)
            return i + 1;
    char *copy = w->text_count < TEXTS_MAX ? strdup(text) : NULL;
    if (copy == NULL)
        return 0;
    w->texts[w->text_count++] = copy;
    return w->text_count;
}

static bool read_flag(const struct json *v, const char *key) {
    const struct json *flag = json_get(v, key);
    return flag != NULL && flag->kind == JSON_BOOL && flag->boolean;
}

static int read_endpoints(struct whole *w, const struct json *list, struct err *e) {
    size_t n = list == NULL ? 0 : list->count;
    w->catalog.endpoints = calloc(n + 1, sizeof *w->catalog.endpoints);
    if (w->catalog.endpoints == NULL)
        return err_memory(e, "%zu requests", n);
    for (const struct json *v = n == 0 ? NULL : list->first; v != NULL; v = v->next)
        w->catalog.endpoints[w->catalog.endpoint_count++] = (struct endpoint){
            .name = json_get_string(v, "name"), .method = json_get_string(v, "method")};
    return 0;
}

/* What part 0 says of itself becomes what is said of the whole. */
static int read_about(struct whole *w, const char *about, struct err *e) {
    w->run = (struct status_run){.name = "",
                                 .target = "",
                                 .scenario = "",
                                 .version = w->version,
                                 .file = w->file,
                                 .catalog = &w->catalog,
                                 .duration_ns = w->plan.duration_ns,
                                 .no_change = "several processes run it together, which would all "
                                              "have to change at the same moment",
                                 .error_text = error_text,
                                 .started_ns = started_ns,
                                 .context = w};
    if (about == NULL)
        return read_endpoints(w, NULL, e);
    if (json_parse("about", about, strlen(about), &w->about, e) != 0)
        return err_prefix(e, "what part 0 says of the load");
    const struct json *root = json_root(w->about);
    w->run.name = json_get_string(root, "name");
    w->run.target = json_get_string(root, "target");
    w->run.scenario = json_get_string(root, "scenario");
    w->run.open = read_flag(root, "open");
    w->run.streams = read_flag(root, "streams");
    return read_endpoints(w, json_get_array(root, "endpoints"), e);
}

static int copy_texts(struct whole *w, const struct whole_plan *plan, struct err *e) {
    size_t stages = plan->stage_count == 0 ? 0 : plan->stage_count + 1;
    w->parts = calloc(plan->parts, sizeof *w->parts);
    w->shown = calloc(plan->parts, sizeof *w->shown);
    w->courses = calloc(plan->parts, sizeof *w->courses);
    w->hosts = calloc(plan->parts, sizeof *w->hosts);
    w->stages_us = calloc(stages + 1, sizeof *w->stages_us);
    w->file = strdup(plan->file == NULL ? "" : plan->file);
    w->version = strdup(plan->version == NULL ? "" : plan->version);
    bool good = w->parts != NULL && w->shown != NULL && w->courses != NULL && w->hosts != NULL &&
                w->stages_us != NULL && w->file != NULL && w->version != NULL;
    for (uint32_t i = 0; good && i < plan->parts; i++) {
        w->hosts[i] = strdup(plan->hosts == NULL ? "" : plan->hosts[i]);
        good = w->hosts[i] != NULL;
        w->shown[i] = (struct status_part){.host = w->hosts[i], .lag_us = LIVE_NO_VALUE};
    }
    for (size_t i = 0; good && i < stages; i++)
        w->stages_us[i] = plan->stages_us[i];
    return good ? 0 : err_memory(e, "the parts of a run");
}

int whole_new(const struct whole_plan *plan, struct whole **out, struct err *e) {
    struct whole *w = calloc(1, sizeof *w);
    if (w == NULL)
        return err_memory(e, "the parts of a run");
    w->plan = (struct whole_plan){
        .parts = plan->parts, .duration_ns = plan->duration_ns, .users_max = plan->users_max};
    w->load_end_ns = -1;
    w->course_step_s = 1;
    if (copy_texts(w, plan, e) != 0 || read_about(w, plan->about, e) != 0 ||
        status_board_new(&w->run, &w->board, e) != 0 || start_gate(w, plan, e) != 0) {
        whole_free(w);
        return -1;
    }
    *out = w;
    return 0;
}

void whole_start(struct whole *w, int64_t real_ns) {
    w->started_real_ns = real_ns;
}

void whole_free(struct whole *w) {
    if (w == NULL)
        return;
    for (uint32_t i = 0; w->hosts != NULL && i < w->plan.parts; i++)
        free(w->hosts[i]);
    for (uint32_t i = 0; i < w->text_count; i++)
        free(w->texts[i]);
    gate_live_free(w->gate);
    gate_rules_done(&w->rules);
    status_board_free(w->board);
    json_free(w->about);
    free(w->catalog.endpoints);
    free(w->hosts);
    free(w->file);
    free(w->version);
    free(w->stages_us);
    free(w->courses);
    free(w->shown);
    free(w->parts);
    free(w);
}

/* ---- the course of the parts ---- */

static float higher(float a, float b) {
    return a > b ? a : b;
}

static void join_points(struct status_part_point *to, const struct status_part_point *by) {
    if (!by->known)
        return;
    if (!to->known) {
        *to = *by;
        return;
    }
    to->requests = higher(to->requests, by->requests);
    to->failures = higher(to->failures, by->failures);
    to->users = higher(to->users, by->users);
    to->busiest_core = higher(to->busiest_core, by->busiest_core);
    to->lag_ms = higher(to->lag_ms, by->lag_ms);
}

static void halve(struct whole *w) {
    for (uint32_t part = 0; part < w->plan.parts; part++) {
        struct status_part_course *c = &w->courses[part];
        for (size_t i = 0; i < STATUS_PART_POINTS / 2; i++) {
            struct status_part_point both = c->points[2 * i];
            join_points(&both, &c->points[2 * i + 1]);
            c->points[i] = both;
        }
        memset(&c->points[STATUS_PART_POINTS / 2], 0, STATUS_PART_POINTS / 2 * sizeof *c->points);
    }
    w->course_count = (w->course_count + 1) / 2;
    w->course_step_s *= 2;
}

static void add_point(struct whole *w, uint32_t part, int64_t second) {
    const struct status_part *p = &w->shown[part];
    const struct status_part_point now = {
        .known = true,
        .requests = (float)p->requests_per_second,
        .failures = (float)p->failures_per_second,
        .users = (float)p->users,
        .busiest_core = (float)p->busiest_core,
        .lag_ms = p->lag_us == LIVE_NO_VALUE ? -1 : (float)((double)p->lag_us / 1000)};
    while (second / w->course_step_s >= STATUS_PART_POINTS)
        halve(w);
    size_t i = (size_t)(second / w->course_step_s);
    join_points(&w->courses[part].points[i], &now);
    w->course_count = i + 1 > w->course_count ? i + 1 : w->course_count;
}

/* ---- reports ---- */

bool whole_is_report(const char *line) {
    return status_is_line(line) || words_is(&line, "report") || words_is(&line, "client") ||
           words_is(&line, "rule") || words_is(&line, "done");
}

static int take_report(struct whole *w, uint32_t part, const char *at, struct err *e) {
    struct whole_part *p = &w->parts[part];
    struct status_part shown = w->shown[part];
    int64_t elapsed_ns;
    uint64_t unsendable;
    if (!words_int(&at, &elapsed_ns) || !words_uint32(&at, &shown.users) ||
        !words_uint(&at, &shown.requests) || !words_uint(&at, &shown.failures) ||
        !words_uint(&at, &unsendable) || elapsed_ns < p->elapsed_ns ||
        shown.requests < p->rated_requests || shown.failures < p->rated_failures)
        return err_set(e, "a line \"report\" lacks its numbers");
    w->blind = w->blind || elapsed_ns - p->elapsed_ns > GAP_NS;
    p->elapsed_ns = elapsed_ns;
    p->unsendable = unsendable;
    if (shown.state != STATUS_PART_ENDED)
        shown.state = STATUS_PART_RUNS;
    w->shown[part] = shown;
    return 0;
}

static int take_client(struct whole *w, uint32_t part, const char *at, struct err *e) {
    static const char *const verdicts[] = {"VALID", "SUSPECT", "INVALID"};
    struct status_part shown = w->shown[part];
    struct whole_part *p = &w->parts[part];
    int64_t stall_us, lag_us;
    if (!words_double(&at, &shown.busiest_core) || !words_int(&at, &stall_us) ||
        !words_uint(&at, &shown.rows_queued) || !words_uint(&at, &shown.rows_lost) ||
        !words_int(&at, &lag_us) || stall_us < 0 || stall_us > INT64_MAX / NS_PER_US)
        return err_set(e, "a line \"client\" lacks its numbers");
    shown.longest_stall_ns = stall_us * NS_PER_US;
    shown.lag_us = lag_us < 0 ? LIVE_NO_VALUE : lag_us;
    shown.verdict = NULL;
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (words_is(&at, verdicts[i]))
            shown.verdict = verdicts[i];
    struct json_doc *doc = NULL;
    if (shown.verdict == NULL || json_parse("a reason", at, strlen(at), &doc, NULL) != 0 ||
        json_root(doc)->kind != JSON_STRING) {
        json_free(doc);
        return err_set(e, "a line \"client\" lacks its verdict");
    }
    snprintf(p->reason, sizeof p->reason, "%s", json_root(doc)->text);
    p->verdict = shown.verdict;
    json_free(doc);
    w->shown[part] = shown;
    return 0;
}

/* A report is complete. */
static void take_done(struct whole *w, uint32_t part) {
    struct whole_part *p = &w->parts[part];
    struct status_part *s = &w->shown[part];
    int64_t took_ns = p->elapsed_ns - p->rated_ns;
    if (took_ns < RATE_NS)
        return;
    s->requests_per_second = (double)(s->requests - p->rated_requests) * NS_PER_S / (double)took_ns;
    s->failures_per_second = (double)(s->failures - p->rated_failures) * NS_PER_S / (double)took_ns;
    p->rated_ns = p->elapsed_ns;
    p->rated_requests = s->requests;
    p->rated_failures = s->failures;
    add_point(w, part, (p->elapsed_ns - took_ns / 2) / NS_PER_S);
}

int whole_line(struct whole *w, uint32_t part, const char *line, struct err *e) {
    const char *at = line;
    if (words_is(&at, "report"))
        return take_report(w, part, at, e);
    if (words_is(&at, "client"))
        return take_client(w, part, at, e);
    if (words_is(&at, "rule"))
        return w->gate == NULL ? err_set(e, "no threshold of this run is evaluated before its end")
                               : gate_live_join(w->gate, at, e);
    if (words_is(&at, "done")) {
        take_done(w, part);
        return 0;
    }
    char who[128];
    snprintf(who, sizeof who, "part %u of %u (%s)", part, w->plan.parts, w->hosts[part]);
    return status_join(w->board, who, line, number_of, e);
}

static void end_part(struct whole *w, uint32_t part, enum status_part_state state) {
    struct status_part *s = &w->shown[part];
    w->parts[part].over = true;
    s->users = 0;
    s->requests_per_second = s->failures_per_second = 0;
    s->state = state;
}

void whole_over(struct whole *w, uint32_t part) {
    end_part(w, part, STATUS_PART_ENDED);
}

void whole_lose(struct whole *w, uint32_t part) {
    end_part(w, part, STATUS_PART_LOST);
    w->blind = true;
}

void whole_silence(struct whole *w, uint32_t part, bool silent) {
    if (!w->parts[part].over)
        w->shown[part].state = silent ? STATUS_PART_SILENT : STATUS_PART_RUNS;
}

void whole_note(struct whole *w, int64_t at_ns, const char *kind, const char *text) {
    status_feed_event(w->board, at_ns, kind, text);
}

double whole_busiest(const struct whole *w, uint32_t part) {
    return w->shown[part].busiest_core;
}

/* ---- the sum ---- */

/* Up to which time all parts have reported; those that are further behind than this are not waited
 * for. */
static int64_t time_of(const struct whole *w, int64_t behind_ns) {
    int64_t least = INT64_MAX, most = 0;
    for (uint32_t i = 0; i < w->plan.parts; i++)
        if (w->parts[i].elapsed_ns > most)
            most = w->parts[i].elapsed_ns;
    for (uint32_t i = 0; i < w->plan.parts; i++) {
        const struct whole_part *p = &w->parts[i];
        if (!p->over && p->elapsed_ns < least && most - p->elapsed_ns <= behind_ns)
            least = p->elapsed_ns;
    }
    return least == INT64_MAX ? most : least;
}

static uint32_t users_of(const struct whole *w) {
    uint32_t users = 0;
    for (uint32_t i = 0; i < w->plan.parts; i++)
        users += w->shown[i].users;
    return users;
}

static int rank_of(const char *verdict) {
    return verdict == NULL ? -1 : verdict[0] == 'I' ? 2 : verdict[0] == 'S' ? 1 : 0;
}

/* The worst of the parts, and how its client is. */
static void add_clients(const struct whole *w, struct status *s) {
    uint32_t worst = 0;
    memset(&s->client, 0, sizeof s->client);
    for (uint32_t i = 0; i < w->plan.parts; i++) {
        const struct status_part *p = &w->shown[i];
        if (p->busiest_core > s->client.busiest_core)
            s->client.busiest_core = p->busiest_core;
        if (p->longest_stall_ns > s->client.longest_stall_ns)
            s->client.longest_stall_ns = p->longest_stall_ns;
        s->client.rows_queued += p->rows_queued;
        s->client.rows_lost += p->rows_lost;
        if (p->state == STATUS_PART_LOST) {
            s->verdict = "INVALID";
            snprintf(s->reason, sizeof s->reason, "part %u of %u (%s) is lost", i, w->plan.parts,
                     w->hosts[i]);
            return;
        }
        if (rank_of(p->verdict) > rank_of(w->shown[worst].verdict))
            worst = i;
    }
    s->verdict = w->shown[worst].verdict;
    if (rank_of(s->verdict) > 0)
        snprintf(s->reason, sizeof s->reason, "part %u of %u (%s): %.400s", worst, w->plan.parts,
                 w->hosts[worst], w->parts[worst].reason);
    else
        snprintf(s->reason, sizeof s->reason, "%s", w->parts[worst].reason);
}

/* Without counts, nothing is said of them before the end. */
static void add_thresholds(struct whole *w, struct status *s) {
    if (s->threshold_count == 0 && status_thresholds(w->board, w->rules.count) == NULL)
        return;
    for (size_t i = 0; i < s->threshold_count && i < w->rules.count; i++) {
        struct status_threshold *t = &s->thresholds[i];
        struct gate_state now = {.low = (double)NAN, .high = (double)NAN, .margin = (double)NAN};
        if (whole_evaluates(w))
            gate_live_state(w->gate, i, &now);
        t->state = now.crossed ? STATUS_FAILED : now.holds ? STATUS_HOLDS : STATUS_PENDING;
        t->low = now.low;
        t->high = now.high;
        t->margin = now.margin;
        if (t->text == NULL)
            t->text = gate_rule_copy(&w->rules.items[i]);
    }
}

static struct status *read_board(struct whole *w, int64_t elapsed_ns, bool over) {
    int64_t now_ns = over ? elapsed_ns : time_of(w, WHOLE_BEHIND_NS);
    struct status *s = status_read(w->board, now_ns, users_of(w), over);
    s->elapsed_ns = elapsed_ns;
    s->users_max = w->plan.users_max;
    s->parts = w->shown;
    s->part_courses = w->courses;
    s->part_count = w->plan.parts;
    s->part_step_s = w->course_step_s;
    for (uint32_t i = 0; i < w->plan.parts; i++)
        w->courses[i].count = w->course_count;
    return s;
}

struct status *whole_status(struct whole *w, int64_t elapsed_ns, bool stopping) {
    struct status *s = read_board(w, elapsed_ns, false);
    stopping = stopping || elapsed_ns >= w->plan.duration_ns;
    if (stopping && w->load_end_ns < 0)
        w->load_end_ns = elapsed_ns < w->plan.duration_ns ? elapsed_ns : w->plan.duration_ns;
    s->phase = stopping ? STATUS_STOPPING : STATUS_RUNNING;
    s->load_end_ns = w->load_end_ns;
    add_clients(w, s);
    add_thresholds(w, s);
    return s;
}

struct status *whole_end(struct whole *w, int64_t duration_ns) {
    struct status *s = read_board(w, duration_ns, true);
    if (w->load_end_ns < 0 || w->load_end_ns > duration_ns)
        w->load_end_ns = duration_ns < w->plan.duration_ns ? duration_ns : w->plan.duration_ns;
    s->phase = STATUS_ENDED;
    s->load_end_ns = w->load_end_ns;
    add_clients(w, s);
    s->client.rows_queued = 0;
    return s;
}

const struct status_board *whole_board(const struct whole *w) {
    return w->board;
}

struct status_threshold *whole_thresholds(struct whole *w, size_t n) {
    return status_thresholds(w->board, n);
}

bool whole_evaluates(const struct whole *w) {
    return w->gate != NULL && !w->blind;
}

size_t whole_look(struct whole *w, struct gate_crossing *out, size_t max, int64_t *at_ns) {
    int64_t now_ns = time_of(w, INT64_MAX);
    if (!whole_evaluates(w) || now_ns / NS_PER_S <= w->looked_s)
        return 0;
    w->looked_s = now_ns / NS_PER_S;
    *at_ns = now_ns;
    gate_live_gauge(w->gate, GATE_VUS, users_of(w));
    return gate_live_look(w->gate, now_ns / NS_PER_US, out, max);
}
