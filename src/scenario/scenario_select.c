/* Values derived from a whole scenario, and the selection by tags. */
#include <stdlib.h>
#include <string.h>

#include "scenario/check.h"
#include "scenario/scenario.h"
#include "scenario/scenario_internal.h"
#include "scenario/section.h"

/* Numbers the checks of all endpoints, then their captures; how many there are. */
static size_t number_checks(struct scenario *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->request_count; i++) {
        s->requests[i].first_check = (uint32_t)n;
        if (i < s->endpoint_count && s->requests[i].checks != NULL)
            n += s->requests[i].checks->count;
    }
    for (size_t i = 0; i < s->request_count; i++) {
        s->requests[i].first_capture = (uint32_t)n;
        if (i < s->endpoint_count && s->requests[i].captures != NULL)
            n += s->requests[i].captures->count;
    }
    return n;
}

static int make_catalog(struct scenario *s) {
    size_t checks = number_checks(s);
    catalog_done(&s->catalog);
    struct catalog *c = &s->catalog;
    *c = (struct catalog){.endpoints = calloc(s->endpoint_count + 1, sizeof *c->endpoints),
                          .endpoint_count = s->endpoint_count,
                          .tasks = calloc(s->task_count + 1, sizeof *c->tasks),
                          .task_count = s->task_count,
                          .checks = calloc(checks + 1, sizeof *c->checks),
                          .check_count = checks};
    if (c->endpoints == NULL || c->tasks == NULL || c->checks == NULL)
        return -1;
    for (size_t i = 0; i < s->endpoint_count; i++) {
        const struct scenario_request *q = &s->requests[i];
        c->endpoints[i] = (struct endpoint){q->name, q->method};
        for (size_t k = 0; q->checks != NULL && k < q->checks->count; k++)
            c->checks[q->first_check + k] =
                (struct catalog_check){q->checks->items[k].name, (uint32_t)i, false};
        for (size_t k = 0; q->captures != NULL && k < q->captures->count; k++)
            c->checks[q->first_capture + k] =
                (struct catalog_check){q->captures->items[k].name, (uint32_t)i, true};
    }
    for (size_t i = 0; i < s->task_count; i++) {
        const struct scenario_task *t = &s->tasks[i];
        c->tasks[i] = (struct catalog_task){
            t->name, t->single ? (int64_t)s->steps[t->steps.first].request : CATALOG_STEPS};
    }
    return 0;
}

int scenario_finish(struct scenario *s) {
    uint64_t *sums = realloc(s->weight_sums, (s->task_count + 1) * sizeof *sums);
    if (sums == NULL)
        return -1;
    s->weight_sums = sums;
    for (size_t i = 0; i < s->class_count; i++) {
        const struct scenario_class *c = &s->classes[i];
        uint64_t sum = 0;
        for (uint32_t k = c->first_task; k < c->first_task + c->task_count; k++)
            sums[k] = sum += s->tasks[k].weight;
    }
    return make_catalog(s);
}

int64_t scenario_duration(const struct scenario *s) {
    int64_t end = 0;
    for (size_t i = 0; i < s->load_count; i++) {
        int64_t own = s->loads[i].start_ns + load_duration(&s->loads[i].load);
        end = own > end ? own : end;
    }
    return end;
}

uint32_t scenario_users_max(const struct scenario *s) {
    uint32_t users = 0;
    for (size_t i = 0; i < s->load_count; i++)
        users += load_users_max(&s->loads[i].load);
    return users;
}

void scenario_spread(const struct scenario *s, const struct scenario_load *load, uint16_t *classes,
                     uint32_t n) {
    const struct scenario_class *c = &s->classes[load->first_class];
    uint32_t user = 0;
    int64_t sum = 0;
    int64_t *credit = calloc(load->class_count, sizeof *credit);
    for (uint32_t i = 0; i < load->class_count; i++) {
        for (uint32_t k = 0; k < c[i].fixed_count && user < n; k++)
            classes[user++] = (uint16_t)i;
        sum += c[i].weight;
    }
    while (user < n) {
        uint32_t best = 0;
        bool any = false;
        for (uint32_t i = 0; credit != NULL && i < load->class_count; i++) {
            credit[i] += c[i].weight;
            if (c[i].weight > 0 && (!any || credit[i] > credit[best])) {
                best = i;
                any = true;
            }
        }
        if (any)
            credit[best] -= sum;
        classes[user++] = (uint16_t)best;
    }
    free(credit);
}

/* ---- tags ---- */

struct choice {
    const char *const *with, *const *without;
    size_t with_count, without_count;
};

static bool holds(char *const *tags, size_t n, const char *const *of, size_t of_count) {
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < of_count; k++)
            if (strcmp(tags[i], of[k]) == 0)
                return true;
    return false;
}

static bool keeps(const struct choice *c, const struct scenario_task *t,
                  const struct scenario_request *q) {
    if (holds(t->tags, t->tag_count, c->without, c->without_count) ||
        holds(q->tags, q->tag_count, c->without, c->without_count))
        return false;
    return c->with_count == 0 || holds(t->tags, t->tag_count, c->with, c->with_count) ||
           holds(q->tags, q->tag_count, c->with, c->with_count);
}

/* Takes the requests out of a task's steps that are not chosen; false where none is left. */
static bool thin_out(struct scenario *s, const struct choice *c, const struct scenario_task *t,
                     bool *dropped) {
    bool any = false;
    for (uint32_t i = t->steps.first; i < t->steps.first + t->steps.count; i++) {
        struct scenario_step *step = &s->steps[i];
        if (step->kind != SCENARIO_SEND)
            continue;
        bool keep = keeps(c, t, &s->requests[step->request]);
        any = any || keep;
        if (keep)
            continue;
        step->kind = SCENARIO_SKIP;
        dropped[step->request] = true;
    }
    return any;
}

/* Closes the gaps: a request's new number is its old one less those that were dropped before it. */
static void close_gaps(struct scenario *s, const bool *dropped, uint32_t *renumbered) {
    size_t kept = 0, endpoints = 0;
    for (size_t i = 0; i < s->request_count; i++) {
        renumbered[i] = (uint32_t)kept;
        if (dropped[i]) {
            request_done(&s->requests[i]);
            continue;
        }
        endpoints += i < s->endpoint_count;
        if (kept != i) {
            s->requests[kept] = s->requests[i];
            s->requests[i] = (struct scenario_request){0};
        }
        kept++;
    }
    s->request_count = kept;
    s->endpoint_count = endpoints;
    for (size_t i = 0; i < s->step_count; i++)
        if (s->steps[i].kind == SCENARIO_SEND)
            s->steps[i].request = renumbered[s->steps[i].request];
}

/* Takes the tasks out of which nothing is left; fails where a class has none that is ever drawn. */
static int drop_tasks(struct scenario *s, const struct choice *c, bool *dropped, struct err *e) {
    size_t kept = 0;
    for (size_t i = 0; i < s->class_count; i++) {
        struct scenario_class *class = &s->classes[i];
        uint32_t first = class->first_task, count = class->task_count;
        uint64_t weight = 0;
        class->first_task = (uint32_t)kept;
        for (uint32_t k = first; k < first + count; k++) {
            struct scenario_task *t = &s->tasks[k];
            if (!thin_out(s, c, t, dropped))
                continue;
            struct scenario_task left_out = s->tasks[kept];
            weight += t->weight;
            s->tasks[kept] = *t;
            if (kept++ != k)
                *t = left_out;
        }
        class->task_count = (uint32_t)(kept - class->first_task);
        if (weight > 0)
            continue;
        bool named = class->name != NULL;
        return err_set(e, "%s: no task%s%s matches the tags; check its \"tags\"", s->file,
                       named ? " of the class " : "", named ? class->name : "");
    }
    for (size_t i = kept; i < s->task_count; i++) {
        struct scenario_task *t = &s->tasks[i];
        free(t->name);
        for (size_t k = 0; k < t->tag_count; k++)
            free(t->tags[k]);
        free(t->tags);
    }
    s->task_count = kept;
    return 0;
}

int scenario_select(struct scenario *s, const char *const *with, size_t with_count,
                    const char *const *without, size_t without_count, struct err *e) {
    struct choice c = {with, without, with_count, without_count};
    if (with_count == 0 && without_count == 0)
        return 0;
    bool *dropped = calloc(s->request_count + 1, sizeof *dropped);
    uint32_t *renumbered = calloc(s->request_count + 1, sizeof *renumbered);
    int result = -1;
    if (dropped == NULL || renumbered == NULL)
        err_set(e, "not enough memory for %zu tasks", s->task_count);
    else if (drop_tasks(s, &c, dropped, e) == 0) {
        close_gaps(s, dropped, renumbered);
        result = scenario_finish(s) == 0
                     ? 0
                     : err_set(e, "not enough memory for %zu tasks", s->task_count);
    }
    free(dropped);
    free(renumbered);
    return result;
}
