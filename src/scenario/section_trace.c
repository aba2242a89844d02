/* "trace" of a load: recorded arrivals. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "scenario/arrival_trace.h"
#include "scenario/feeder.h"
#include "scenario/section.h"
#include "util/units.h"

/* The loads of the scenario that have a trace: the first one, and a second where there is one. What
 * is of a wrong kind is reported when it is read. */
static void find(const struct json *top, const struct json **first, const struct json **second) {
    const struct json *loads = json_get(top, "loads");
    *first = json_get(json_get(top, "load"), "trace") == NULL ? NULL : json_get(top, "load");
    *second = NULL;
    for (const struct json *m = loads == NULL || loads->kind != JSON_ARRAY ? NULL : loads->first;
         m != NULL && *second == NULL; m = m->next)
        if (json_get(json_get(m, "load"), "trace") != NULL)
            *(*first == NULL ? first : second) = json_get(m, "load");
}

static int part_read(struct loader *r, const struct json *load, int64_t *from_ns, int64_t *to_ns) {
    const struct json *to = json_get(load, "to");
    *from_ns = *to_ns = 0;
    if (loader_duration(r, json_get(load, "from"), from_ns) != 0 ||
        loader_duration(r, to, to_ns) != 0)
        return -1;
    if (to != NULL && *to_ns <= *from_ns)
        return loader_fail(r, to->at,
                           "\"to\" must be after \"from\": both are times of the trace, from its "
                           "first arrival");
    return 0;
}

int trace_read(struct loader *r, const struct json *top, struct scope *scope) {
    struct scenario *s = r->s;
    const struct json *load, *second;
    int64_t from_ns, to_ns;
    struct feeder *rows = NULL;
    char *path = NULL;
    struct err e;
    find(top, &load, &second);
    if (load == NULL)
        return 0;
    const struct json *file = json_get(load, "trace");
    if (second != NULL)
        return loader_fail(r, json_get(second, "trace")->key_at,
                           "another load has a \"trace\" already; a scenario can replay one");
    if (part_read(r, load, &from_ns, &to_ns) != 0 || loader_path(r, file, &path) != 0)
        return -1;
    assert(path != NULL);
    if (arrival_trace_open(path, from_ns, to_ns, &s->trace, &rows, &e) != 0) {
        free(path);
        return loader_fail(r, file->at, "%s", e.text);
    }
    if (feeder_remember(r, file, rows, path) != 0) {
        feeder_free(rows);
        return -1;
    }
    if (array_grow(r, &s->feeders, s->feeder_count, sizeof *s->feeders) != 0) {
        feeder_free(rows);
        return -1;
    }
    s->feeders[s->feeder_count++] = rows;
    return scope_feeder(r, scope, rows, file->key_at);
}

static int speed_read(struct loader *r, const struct json *v, int64_t *micro_speed) {
    double speed;
    *micro_speed = LOAD_MICRO;
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_NUMBER) != 0)
        return -1;
    if (!json_double(v, &speed) || speed < 1.0 / LOAD_MICRO || speed > LOAD_SPEED_MAX)
        return loader_fail(r, v->at, "\"speed\" must be from 0.000001 to %d, not %.*s",
                           LOAD_SPEED_MAX, v->len > 40 ? 40 : (int)v->len, v->text);
    *micro_speed = llround(speed * LOAD_MICRO);
    return 0;
}

int trace_load_read(struct loader *r, const struct json *load, struct load *l) {
    const struct json *duration = json_get(load, "duration"), *loop = json_get(load, "loop");
    char whole[UNITS_BYTES];
    l->times = &r->s->trace->times;
    if (speed_read(r, json_get(load, "speed"), &l->micro_speed) != 0 ||
        loader_bool(r, loop, &l->loop) != 0)
        return -1;
    int64_t once_ns = load_duration(l), duration_ns = 0;
    if (once_ns > UNITS_DURATION_MAX_NS)
        return loader_fail(r, load->at, "at this \"speed\" the trace lasts more than ten years");
    if (duration == NULL)
        return l->loop
                   ? loader_fail(r, loop->at, "\"loop\" needs a \"duration\": it says when to stop")
                   : 0;
    if (loader_duration(r, duration, &duration_ns) != 0)
        return -1;
    units_duration_text(once_ns, whole);
    if (duration_ns == 0)
        return loader_fail(r, duration->at, "\"duration\" must be more than 0");
    if (duration_ns > once_ns && !l->loop)
        return loader_fail(r, duration->at,
                           "the trace is over after %s; remove \"duration\", or write \"loop\": "
                           "true to begin again",
                           whole);
    l->duration_ns = duration_ns;
    if (load_trace_due(l, 0, l->times->at_ns[0]) >= duration_ns)
        return loader_fail(r, duration->at, "the first arrival comes after this \"duration\"");
    return 0;
}

static bool uses(const struct scenario_steps *steps, uint64_t rows) {
    return (steps->feeders & rows) != 0;
}

/* Bit i: a row of feeders[i] belongs to an arrival. */
static uint64_t arrival_rows(const struct scenario *s) {
    uint64_t rows = 0;
    for (size_t i = 0; i < s->feeder_count; i++)
        if (feeder_needs_arrival(s->feeders[i]))
            rows |= UINT64_C(1) << i;
    return rows;
}

/* Of the tasks of classes that serve anything else, and of what is no task. */
static bool misused(const struct scenario *s, uint64_t rows) {
    bool wrong = uses(&s->setup, rows) || uses(&s->teardown, rows);
    for (size_t i = 0; i < s->class_count; i++)
        wrong = wrong || uses(&s->classes[i].on_start, rows) || uses(&s->classes[i].on_stop, rows);
    for (size_t i = 0; i < s->load_count; i++) {
        const struct scenario_load *l = &s->loads[i];
        for (uint32_t k = 0; k < l->class_count && l->load.kind != LOAD_TRACE; k++) {
            const struct scenario_class *c = &s->classes[l->first_class + k];
            for (uint32_t t = c->first_task; t < c->first_task + c->task_count; t++)
                wrong = wrong || uses(&s->tasks[t].steps, rows);
        }
    }
    return wrong;
}

int trace_check_uses(struct loader *r, const struct json *top) {
    const struct json *load, *second;
    find(top, &load, &second);
    if (load == NULL || !misused(r->s, arrival_rows(r->s)))
        return 0;
    return loader_fail(
        r, json_get(load, "trace")->at,
        "only the tasks of the load with the \"trace\" have a row of it: ${trace....} "
        "and prompts made for it cannot be used in setup, teardown, on_start, "
        "on_stop or another load's tasks");
}
