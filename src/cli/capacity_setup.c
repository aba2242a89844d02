#include "cli/capacity_setup.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capacity/evidence.h"
#include "cli/cost_opts.h"
#include "cli/reflecting.h"
#include "cli/tags.h"
#include "report/outfile.h"
#include "scenario/scenario.h"
#include "schedule/load.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/fits.h"
#include "util/text.h"
#include "util/units.h"

#define LOADS_MAX 1000
#define TEXT_BYTES ((size_t)64 << 10)

void capacity_setup_done(struct capacity_setup *s) {
    capacity_result_done(&s->result);
    capacity_result_done(&s->earlier);
    gate_rules_done(&s->rules);
    args_free(s->again);
    free(s->loads);
    *s = (struct capacity_setup){0};
}

/* ---- the scenario ---- */

static int check_load(const struct load *l, enum capacity_unit unit, struct err *e) {
    bool stages = l->kind == LOAD_STAGES || l->kind == LOAD_RATE_STAGES;
    if (stages)
        return err_set(e, "a search sets the load itself, so the scenario cannot have stages; use "
                          "one with users or a rate");
    if (unit == CAPACITY_SPEED && l->kind != LOAD_TRACE)
        return err_set(e, "--unit speed needs a scenario with a trace");
    if (unit == CAPACITY_SPEED && !l->loop)
        return err_set(e, "a step may need more of the trace than there is; write \"loop\": true "
                          "in the scenario to begin again at its end");
    if (unit != CAPACITY_SPEED && l->kind == LOAD_TRACE)
        return err_set(e, "the scenario replays a trace, so its load is a speed; use --unit speed");
    if (unit == CAPACITY_USERS && l->kind != LOAD_USERS)
        return err_set(e, "--unit users needs a scenario with users, but its load is a rate; use "
                          "--unit rate, or remove the rate");
    return 0;
}

static int choose_unit(const struct args *a, const struct load *l, enum capacity_unit *out,
                       struct err *e) {
    const char *given = opt_text(a, "unit");
    *out = l->kind == LOAD_TRACE   ? CAPACITY_SPEED
           : l->kind == LOAD_USERS ? CAPACITY_USERS
                                   : CAPACITY_RATE;
    for (int i = 0; given != NULL && capacity_units[i] != NULL; i++)
        if (strcmp(given, capacity_units[i]) == 0)
            *out = (enum capacity_unit)i;
    if (opt_given(a, "max-users") && *out == CAPACITY_USERS)
        return err_set(e,
                       "--max-users is for a rate or a speed; with --unit users, the load is the "
                       "number of users");
    return check_load(l, *out, e);
}

static int read_rules(struct capacity_setup *s, const struct scenario *scenario, struct err *e) {
    const char *const *list = NULL;
    size_t n = opt_list(s->args, "slo", &list);
    for (size_t i = 0; i < n; i++)
        if (gate_rules_parse(&s->rules, "--slo", list[i], e) != 0)
            return -1;
    if (n == 0 && gate_rules_copy(&scenario->thresholds, &s->rules, e) != 0)
        return -1;
    if (s->rules.count == 0)
        return err_set(e, "there is no SLO; give one with --slo, for example --slo "
                          "'http_req_duration p(95)<300', or add thresholds to the scenario");
    if (s->rules.count > CAPACITY_SLO_MAX)
        return err_set(e, "there are %zu SLOs, but a search can have %d", s->rules.count,
                       CAPACITY_SLO_MAX);
    for (size_t i = 0; i < s->rules.count; i++)
        if (evidence_check_rule(&s->rules.items[i], e) != 0)
            return err_prefix(e, "%s",
                              s->rules.items[i].place != NULL ? s->rules.items[i].place : "--slo");
    for (size_t i = 0; i < scenario->thresholds.count; i++)
        if (scenario->thresholds.items[i].abort_on_fail)
            return err_set(e, "a threshold of the scenario has abortOnFail, which would end the "
                              "steps that are to fail; remove it");
    /* Each step has the scenario's own too, and would refuse what does not fit. */
    return scenario_check_rules(scenario, &s->rules, e) != 0 ||
                   scenario_check_rules(scenario, &scenario->thresholds, e) != 0
               ? -1
               : 0;
}

static int keep_expressions(struct capacity_setup *s, struct err *e) {
    struct capacity_result *r = &s->result;
    r->expressions = calloc(s->rules.count, sizeof *r->expressions);
    if (r->expressions == NULL)
        return err_memory(e, "the SLOs");
    for (size_t i = 0; i < s->rules.count; i++) {
        struct buf text;
        buf_init(&text, TEXT_BYTES);
        gate_rule_text(&s->rules.items[i], &text);
        int result = buf_fits(&text, e, "shorten it", "the text of an SLO");
        if (result == 0 && (r->expressions[i] = strdup(buf_text(&text))) == NULL)
            result = err_memory(e, "the SLOs");
        buf_done(&text);
        if (result != 0)
            return -1;
        r->expression_count++;
    }
    return 0;
}

static int read_scenario(struct capacity_setup *s, struct err *e) {
    struct scenario *scenario = NULL;
    struct capacity_result *r = &s->result;
    int result = -1;
    reflecting_begin(opt_given(s->args, "host") ? opt_text(s->args, "host") : NULL);
    if (scenario_load(s->scenario, NULL, NULL, &scenario, e) != 0)
        return -1;
    if (opt_given(s->args, "host") &&
        scenario_set_target(scenario, opt_text(s->args, "host"), e) != 0)
        goto out;
    if (scenario->target == NULL && scenario_needs_target(scenario)) {
        err_set(e, "%s has no target; give one with --host URL, or add \"target\" to it",
                s->scenario);
        goto out;
    }
    if (tags_select(s->args, scenario, e) != 0)
        goto out;
    if (scenario->load_count > 1) {
        err_set(e, "a search sets one load, but this scenario has %zu", scenario->load_count);
        goto out;
    }
    if (choose_unit(s->args, &scenario->loads[0].load, &r->unit, e) != 0 ||
        read_rules(s, scenario, e) != 0)
        goto out;
    r->name = strdup(scenario->name);
    r->target = strdup(scenario->target_source != NULL ? scenario->target_source : "");
    r->scenario = strdup(s->scenario);
    result = r->name == NULL || r->target == NULL || r->scenario == NULL
                 ? err_memory(e, "the scenario")
                 : keep_expressions(s, e);
out:
    scenario_free(scenario);
    return result;
}

/* ---- the loads ---- */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int read_loads(struct capacity_setup *s, const char *text, struct err *e) {
    s->loads = calloc(LOADS_MAX, sizeof *s->loads);
    if (s->loads == NULL)
        return err_memory(e, "the loads");
    size_t n = 0;
    for (const char *at = text; *at != '\0' || n == 0;) {
        char *end;
        errno = 0;
        double x = strtod(at, &end);
        if (end == at || errno != 0 || !(x > 0) || !isfinite(x) || x > LOAD_USERS_MAX ||
            (*end != ',' && *end != '\0'))
            return err_set(e,
                           "--loads needs numbers above 0, separated by commas, such as "
                           "10,20,50, but it is \"%.100s\"",
                           text);
        if (n == LOADS_MAX)
            return err_set(e, "--loads has more than %d loads", LOADS_MAX);
        if (s->result.unit == CAPACITY_USERS && x != floor(x))
            return err_set(e, "--loads has %.10g users, but users are whole", x);
        s->loads[n++] = x;
        at = end + (*end == ',');
    }
    qsort(s->loads, n, sizeof *s->loads, by_size);
    for (size_t i = 1; i < n; i++)
        if (s->loads[i] == s->loads[i - 1])
            return err_set(e, "--loads has %.10g twice", s->loads[i]);
    s->plan.loads = s->loads;
    s->plan.load_count = n;
    s->plan.from = s->loads[0];
    s->plan.to = s->loads[n - 1];
    return 0;
}

static double most_of(const struct capacity_setup *s) {
    static const double most[] = {[CAPACITY_RATE] = LOAD_MACHINE_RATE_MAX,
                                  [CAPACITY_USERS] = LOAD_MACHINE_USERS_MAX,
                                  [CAPACITY_SPEED] = LOAD_SPEED_MAX};
    return s->result.unit == CAPACITY_SPEED ? most[CAPACITY_SPEED]
                                            : s->parts * most[s->result.unit];
}

static int check_range(struct capacity_setup *s, struct err *e) {
    const struct args *a = s->args;
    struct search_plan *p = &s->plan;
    p->from = opt_given(a, "from")               ? opt_number(a, "from")
              : s->result.unit == CAPACITY_SPEED ? 1
                                                 : 10;
    p->to = opt_number(a, "to");
    if (p->whole && (p->from != floor(p->from) || p->to != floor(p->to)))
        return err_set(e, "--from and --to must be whole numbers of users");
    if (!(p->from < p->to))
        return err_set(e, "--from (%.10g) must be less than --to (%.10g)", p->from, p->to);
    if (p->to > most_of(s))
        return err_set(e, "--to is more than %u machine%s can send, %.10g %s", s->parts,
                       text_plural(s->parts), most_of(s), capacity_unit_words[s->result.unit]);
    return 0;
}

static int read_times(struct capacity_setup *s, struct err *e) {
    const struct args *a = s->args;
    const char *cool = opt_text(a, "cool-down");
    s->plan.step_ns = opt_duration(a, "step");
    s->plan.max_ns = opt_given(a, "max-time") ? opt_duration(a, "max-time") : 0;
    s->settle_ns = opt_given(a, "settle") ? opt_duration(a, "settle") : -1;
    if (s->plan.step_ns < NS_PER_S)
        return err_set(e, "--step must be at least 1s, to say something about a load");
    s->cool_ns = -1;
    if (strcmp(cool, "auto") != 0 && units_duration(cool, &s->cool_ns, e) != 0)
        return err_prefix(e, "--cool-down");
    return 0;
}

static int refuse_range(const struct args *a, struct err *e) {
    static const char *const of_search[] = {"from", "to", "precision"};
    for (size_t i = 0; i < sizeof of_search / sizeof *of_search; i++)
        if (opt_given(a, of_search[i]))
            return err_set(e, "--loads names the loads, so it cannot be combined with --%s",
                           of_search[i]);
    return 0;
}

static int make_plan(struct capacity_setup *s, struct err *e) {
    struct capacity_result *r = &s->result;
    s->plan.precision = opt_number(s->args, "precision") / 100;
    s->plan.whole = r->unit == CAPACITY_USERS;
    if (read_times(s, e) != 0)
        return -1;
    if (!opt_given(s->args, "loads")) {
        if (check_range(s, e) != 0)
            return -1;
    } else if (refuse_range(s->args, e) != 0 || read_loads(s, opt_text(s->args, "loads"), e) != 0)
        return -1;
    if (r->unit == CAPACITY_USERS && s->plan.from < s->parts)
        return err_set(e, "the lowest load is %.10g users, but each of the %u parts needs one",
                       s->plan.from, s->parts);
    r->sweep = s->plan.load_count > 0;
    r->from = s->plan.from;
    r->to = s->plan.to;
    r->precision = s->plan.precision;
    r->step_s = (double)s->plan.step_ns / NS_PER_S;
    r->settle_s = s->settle_ns > 0 ? (double)s->settle_ns / NS_PER_S : 0;
    return 0;
}

/* ---- the cost ---- */

static int read_cost(struct capacity_setup *s, struct err *e) {
    struct platform_shape shape;
    struct platform_cost known;
    char missing[BILLING_NO_PRICE_BYTES];
    struct capacity_cost *c = &s->result.cost;
    if (!opt_given(s->args, "instances"))
        return 0;
    if (cost_opts_read(s->args, &shape, e) != 0 || platform_shape_price(&shape, &known, e) != 0)
        return -1;
    if (billing_no_gpu_price(&known.prices, known.shape.gpu, missing))
        return err_set(e, "%s", missing);
    *c = (struct capacity_cost){.instances = opt_number(s->args, "instances"),
                                .cpus = known.shape.cpus,
                                .memory_bytes = known.shape.memory_bytes,
                                .gpu = known.shape.gpu,
                                .billing = known.shape.billing,
                                .load = (double)NAN,
                                .throughput = (double)NAN,
                                .per_hour = (double)NAN,
                                .per_1000_requests = (double)NAN};
    snprintf(c->region, sizeof c->region, "%s", known.shape.region);
    snprintf(c->currency, sizeof c->currency, "%s", known.prices.currency);
    snprintf(c->tier, sizeof c->tier, "%s", known.prices.tier);
    snprintf(c->date, sizeof c->date, "%s", known.prices.date);
    s->prices = known.prices;
    return 0;
}

/* ---- the folder ---- */

const char *capacity_setup_path(const struct capacity_setup *s, const char *file, char *out) {
    snprintf(out, PATH_MAX, "%s/%s", s->folder, file);
    return out;
}

static int choose_folder(struct capacity_setup *s, struct err *e) {
    char time[CLOCK_UTC_BYTES], path[sizeof s->folder_text + sizeof CAPACITY_FILE];
    s->folder = opt_text(s->args, "out");
    if (s->folder == NULL) {
        char name[64];
        size_t n = 0;
        for (const char *p = s->result.name; *p != '\0' && n + 1 < sizeof name; p++)
            name[n++] = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                                (*p >= '0' && *p <= '9') || *p == '_'
                            ? *p
                            : '-';
        name[n] = '\0';
        clock_utc_compact(clock_real_ns(), time);
        snprintf(s->folder_text, sizeof s->folder_text, "runs/%s-capacity-%s", name, time);
        s->folder = s->folder_text;
    }
    int length = snprintf(path, sizeof path, "%s/%s", s->folder, CAPACITY_FILE);
    if (length < 0 || (size_t)length >= sizeof path)
        return err_set(e, "the path of --out is too long");
    if (access(path, F_OK) == 0)
        return err_set(e,
                       "%s already has a result; choose another --out, or go on with --resume %s",
                       s->folder, s->folder);
    return outfile_directory(s->folder, e);
}

static void keep_option(void *context, const struct args_option *o) {
    struct capacity_setup *s = context;
    struct err ignored;
    capacity_result_add_option(&s->result, o->name, o->value, &ignored);
}

/* The rest, once the scenario's path and the options are known. */
static int prepare(struct capacity_setup *s, const char *started, struct err *e) {
    struct capacity_result *r = &s->result;
    if (read_scenario(s, e) != 0 || make_plan(s, e) != 0 || read_cost(s, e) != 0)
        return -1;
    args_each(s->args, keep_option, s);
    r->started_utc = strdup(started);
    return r->started_utc == NULL ? err_memory(e, "the result") : 0;
}

static int begin(struct capacity_setup *s, const struct args *a, struct err *e) {
    char started[CLOCK_UTC_BYTES];
    if (args_count(a) == 0)
        return err_set(e, "nothing to run; give a scenario file (see coldswarm capacity --help)");
    s->args = a;
    s->scenario = args_at(a, 0);
    clock_utc(clock_real_ns(), started);
    return prepare(s, started, e);
}

static const char *option_of(const struct capacity_result *r, const char *name) {
    for (size_t i = 0; i < r->option_count; i++)
        if (strcmp(r->options[2 * i], name) == 0)
            return r->options[2 * i + 1];
    return "";
}

/* Whether a search may go on: its steps must be about the same. */
static int check_same(const struct capacity_result *old, const struct capacity_result *now,
                      struct err *e) {
    bool same = old->unit == now->unit && old->expression_count == now->expression_count &&
                old->step_s == now->step_s && old->sweep == now->sweep &&
                strcmp(option_of(old, "host"), option_of(now, "host")) == 0;
    for (size_t i = 0; same && i < old->expression_count; i++)
        same = strcmp(old->expressions[i], now->expressions[i]) == 0;
    return same
               ? 0
               : err_set(e, "--resume goes on with the same SLOs, --host, --unit and --step; start "
                            "another search to change them");
}

/* The options come from the earlier search, unless they are on the command line. */
static int recall(struct capacity_setup *s, const struct args *a, struct err *e) {
    const struct capacity_result *old = &s->earlier;
    struct args_option *recalled = calloc(old->option_count + 1, sizeof *recalled);
    if (recalled == NULL)
        return err_memory(e, "the options");
    for (size_t i = 0; i < old->option_count; i++)
        recalled[i] = (struct args_option){old->options[2 * i], old->options[2 * i + 1]};
    int result = args_again(a, recalled, old->option_count, &s->again, e);
    free(recalled);
    s->args = s->again;
    return result;
}

static int resume(struct capacity_setup *s, const struct args *a, struct err *e) {
    char path[sizeof s->folder_text];
    s->folder = opt_text(a, "resume");
    int length = snprintf(path, sizeof path, "%s/%s", s->folder, CAPACITY_FILE);
    if (length < 0 || (size_t)length >= sizeof path)
        return err_set(e, "the path of --resume is too long");
    if (args_count(a) > 0 || opt_given(a, "out"))
        return err_set(e,
                       "--resume takes the scenario and the folder from the earlier search; "
                       "remove %s",
                       opt_given(a, "out") ? "--out" : args_at(a, 0));
    if (capacity_result_read(path, &s->earlier, e) != 0)
        return -1;
    s->scenario = s->earlier.scenario;
    if (s->scenario == NULL || s->earlier.started_utc == NULL)
        return err_set(e, "%s does not name its scenario, so the search cannot go on", path);
    if (s->scenario[0] != '/' && access(s->scenario, F_OK) != 0)
        return err_set(e,
                       "the scenario of this search, %s, is not here; --resume works in the folder "
                       "where the search began",
                       s->scenario);
    return recall(s, a, e) != 0 || prepare(s, s->earlier.started_utc, e) != 0
               ? -1
               : check_same(&s->earlier, &s->result, e);
}

int capacity_setup(struct capacity_setup *s, const struct args *a, unsigned parts, struct err *e) {
    *s = (struct capacity_setup){.args = a, .parts = parts};
    if (opt_given(a, "resume"))
        return resume(s, a, e) == 0 ? EXIT_OK : EXIT_USAGE;
    if (begin(s, a, e) != 0)
        return EXIT_USAGE;
    return choose_folder(s, e) == 0 ? EXIT_OK : EXIT_RUNTIME;
}
