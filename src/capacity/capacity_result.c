#include "capacity/capacity_result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

const char *const capacity_units[] = {"rate", "users", "speed", NULL};
const char *const capacity_unit_words[] = {"requests/s", "users", "times the recorded speed"};

static void step_done(struct capacity_result_step *s) {
    free(s->verdict);
    free(s->reason);
    free(s->file);
    free(s->failing);
    free(s->slo);
}

void capacity_result_done(struct capacity_result *r) {
    for (size_t i = 0; i < r->step_count; i++)
        step_done(&r->steps[i]);
    for (size_t i = 0; i < r->load_count; i++)
        free(r->loads[i].slo);
    for (size_t i = 0; i < r->expression_count; i++)
        free(r->expressions[i]);
    free(r->steps);
    free(r->loads);
    free(r->expressions);
    free(r->client);
    for (size_t i = 0; i < 2 * r->option_count; i++)
        free(r->options[i]);
    free(r->options);
    free(r->name);
    free(r->target);
    free(r->started_utc);
    free(r->scenario);
    *r = (struct capacity_result){0};
}

int capacity_result_add_option(struct capacity_result *r, const char *name, const char *value,
                               struct err *e) {
    size_t n = 2 * r->option_count;
    char **options = realloc(r->options, (n + 2) * sizeof *options);
    if (options == NULL)
        return err_memory(e, "the options");
    r->options = options;
    options[n] = strdup(name);
    options[n + 1] = strdup(value);
    r->option_count++;
    return options[n] != NULL && options[n + 1] != NULL ? 0 : err_memory(e, "the options");
}

static struct capacity_result_slo *new_slo(const struct capacity_result *r, struct err *e) {
    struct capacity_result_slo *all = calloc(r->expression_count + 1, sizeof *all);
    if (all == NULL)
        err_memory(e, "the steps of the search");
    for (size_t i = 0; all != NULL && i < r->expression_count; i++)
        all[i] = (struct capacity_result_slo){(double)NAN, (double)NAN, (double)NAN, EVIDENCE_OPEN};
    return all;
}

struct capacity_result_step *capacity_result_add_step(struct capacity_result *r, struct err *e) {
    struct capacity_result_step *steps =
        array_room(r->steps, &r->step_room, r->step_count + 1, sizeof *steps);
    struct capacity_result_slo *slo = new_slo(r, e);
    if (steps != NULL)
        r->steps = steps;
    if (steps == NULL || slo == NULL) {
        free(slo);
        err_memory(e, "the steps of the search");
        return NULL;
    }
    r->steps[r->step_count] = (struct capacity_result_step){.achieved = (double)NAN,
                                                            .p50_ms = (double)NAN,
                                                            .p95_ms = (double)NAN,
                                                            .p99_ms = (double)NAN,
                                                            .throughput = (double)NAN,
                                                            .failures = (double)NAN,
                                                            .slo = slo};
    return &r->steps[r->step_count++];
}

void capacity_result_drop_step(struct capacity_result *r) {
    step_done(&r->steps[--r->step_count]);
}

struct capacity_result_load *capacity_result_at(struct capacity_result *r, double load,
                                                struct err *e) {
    size_t at = 0;
    while (at < r->load_count && r->loads[at].load < load * (1 - 1e-9))
        at++;
    if (at < r->load_count && r->loads[at].load <= load * (1 + 1e-9))
        return &r->loads[at];
    struct capacity_result_load *loads =
        array_room(r->loads, &r->load_room, r->load_count + 1, sizeof *loads);
    struct capacity_result_slo *slo = new_slo(r, e);
    if (loads != NULL)
        r->loads = loads;
    if (loads == NULL || slo == NULL) {
        free(slo);
        err_memory(e, "the steps of the search");
        return NULL;
    }
    for (size_t i = r->load_count++; i > at; i--)
        r->loads[i] = r->loads[i - 1];
    r->loads[at] = (struct capacity_result_load){.load = load, .slo = slo};
    return &r->loads[at];
}

/* ---- words ---- */

void capacity_result_words(const struct capacity_result *r, struct buf *out) {
    const struct search_answer *a = &r->answer;
    const char *unit = capacity_unit_words[r->unit];
    switch (a->kind) {
    case SEARCH_FOUND:
        buf_printf(out, "between %.10g and %.10g %s", a->low, a->high, unit);
        break;
    case SEARCH_BELOW:
        buf_printf(out, "below %.10g %s", a->high, unit);
        break;
    case SEARCH_ABOVE:
        buf_printf(out, "above %.10g %s", a->low, unit);
        break;
    case SEARCH_UNKNOWN:
        buf_str(out, "not known");
        break;
    }
}

enum evidence_verdict capacity_result_reaches(const struct capacity_result *r, double least) {
    const struct search_answer *a = &r->answer;
    if (a->kind == SEARCH_UNKNOWN)
        return EVIDENCE_OPEN;
    if (a->low >= least)
        return EVIDENCE_HOLDS;
    return a->high < least || (a->kind == SEARCH_BELOW && a->high <= least) ? EVIDENCE_FAILS
                                                                            : EVIDENCE_OPEN;
}
