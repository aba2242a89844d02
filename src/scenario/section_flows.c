/* The users' behaviour: the names of values, classes of users, and loads. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/feeder.h"
#include "scenario/section.h"
#include "util/units.h"

#define CLASSES_MAX 1000
#define LOADS_MAX 100
#define CLASS_WEIGHT_MAX 1000000

/* ---- names ---- */

/* The names under which the requests of a list, in steps of any depth, keep something. What is of a
 * wrong kind is reported when it is read. */
static int captures_of(struct loader *r, const struct json *list, struct scope *scope) {
    if (list == NULL || list->kind != JSON_ARRAY)
        return 0;
    for (const struct json *m = list->first; m != NULL; m = m->next) {
        const struct json *capture = json_get(m, "capture");
        uint32_t slot;
        if (capture != NULL && capture->kind == JSON_OBJECT)
            for (const struct json *c = capture->first; c != NULL; c = c->next)
                if (scope_variable(r, scope, c->key, c->key_at, &slot) != 0)
                    return -1;
        static const char *const inner[] = {"steps", "tasks", "users", "on_start", "on_stop"};
        for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
            if (captures_of(r, json_get(m, inner[i]), scope) != 0)
                return -1;
        }
    }
    return 0;
}

/* The rows of the trace, which were read first; NULL: there is none. */
static const struct feeder *trace_rows(const struct scenario *s) {
    return s->trace == NULL ? NULL : s->feeders[0];
}

static int feeders_read(struct loader *r, const struct json *v, struct scope *scope) {
    struct scenario *s = r->s;
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_OBJECT) != 0)
        return -1;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        struct feeder *f = NULL;
        if (array_grow(r, &s->feeders, s->feeder_count, sizeof *s->feeders) != 0 ||
            feeder_read(r, m, trace_rows(s), &f) != 0)
            return -1;
        s->feeders[s->feeder_count++] = f;
        if (scope_feeder(r, scope, f, m->key_at) != 0)
            return -1;
    }
    return 0;
}

/* "variables": texts, numbers and booleans by name. */
static int variable_text(struct loader *r, const struct json *m, struct buf *out) {
    if (m->kind == JSON_STRING)
        return template_expand(r, m->text, m->len, m->at, PLACE_PLAIN, out, NULL);
    if (m->kind == JSON_NUMBER)
        buf_add(out, m->text, m->len);
    else if (m->kind == JSON_BOOL)
        buf_str(out, m->boolean ? "true" : "false");
    else
        return loader_fail(r, m->at, "\"%.70s\" must be a string, a number, true or false, not %s",
                           m->key, json_kind_text(m->kind));
    return 0;
}

static int variables_read(struct loader *r, const struct json *v, const struct scope *scope) {
    struct scenario *s = r->s;
    s->variables = calloc(scope->variable_count + 1, sizeof *s->variables);
    if (s->variables == NULL)
        return loader_memory(r);
    s->variable_count = scope->variable_count;
    for (const struct json *m = v == NULL ? NULL : v->first; m != NULL; m = m->next) {
        uint32_t slot = 0;
        struct buf text;
        char *kept = NULL;
        buf_init(&text, LOADER_TEXT_MAX);
        scope_find_variable(scope, m->key, m->key_len, &slot);
        if (variable_text(r, m, &text) != 0) {
            buf_done(&text);
            return -1;
        }
        size_t len = text.len;
        buf_add(&text, "", 0);
        if (loader_take(r, m->at, &text, &kept) != 0)
            return -1;
        s->variables[slot] = (struct bytes){kept, len};
    }
    return 0;
}

int names_read(struct loader *r, const struct json *top, struct scope *scope) {
    static const char *const parts[] = {"setup", "teardown", "on_start", "on_stop",
                                        "tasks", "users",    "loads"};
    const struct json *variables = json_get(top, "variables");
    uint32_t slot;
    if (variables != NULL && loader_kind(r, variables, JSON_OBJECT) != 0)
        return -1;
    for (const struct json *m = variables == NULL ? NULL : variables->first; m != NULL; m = m->next)
        if (scope_variable(r, scope, m->key, m->key_at, &slot) != 0)
            return -1;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (captures_of(r, json_get(top, parts[i]), scope) != 0)
            return -1;
    if (trace_read(r, top, scope) != 0 || feeders_read(r, json_get(top, "feeders"), scope) != 0)
        return -1;
    return variables_read(r, variables, scope);
}

/* ---- classes ---- */

/* What a class, or the users of a load without classes, may say. */
struct habits {
    struct wait wait;
    bool sequence;
    const struct json *on_start, *on_stop;
};

static int habits_read(struct loader *r, const struct json *v, struct habits *h) {
    const struct json *on_start = json_get(v, "on_start"), *on_stop = json_get(v, "on_stop");
    if (wait_read(r, json_get(v, "wait"), &h->wait) != 0 ||
        loader_bool(r, json_get(v, "sequence"), &h->sequence) != 0)
        return -1;
    if (on_start != NULL)
        h->on_start = on_start;
    if (on_stop != NULL)
        h->on_stop = on_stop;
    return 0;
}

/* The class that was added last. */
static struct scenario_class *newest(struct scenario *s) {
    return &s->classes[s->class_count - 1];
}

static int class_add(struct loader *r, const struct json *tasks, const struct habits *h) {
    struct scenario *s = r->s;
    assert(tasks != NULL);
    if (s->class_count == CLASSES_MAX)
        return loader_fail(r, tasks->at, "more than %d classes of users", CLASSES_MAX);
    if (array_grow(r, &s->classes, s->class_count, sizeof *s->classes) != 0)
        return -1;
    struct scenario_class *c = &s->classes[s->class_count++];
    *c = (struct scenario_class){.weight = 1, .wait = h->wait, .sequence = h->sequence};
    if (tasks_read(r, tasks, c) != 0 || steps_read(r, h->on_start, false, &c->on_start) != 0)
        return -1;
    return steps_read(r, h->on_stop, false, &c->on_stop);
}

static int class_read(struct loader *r, const struct json *v, const struct habits *common) {
    struct habits h = *common;
    uint32_t weight = 1, fixed = 0;
    if (loader_section(r, v, SECTION_CLASS) != 0)
        return -1;
    const struct json *tasks = json_get(v, "tasks"), *name = json_get(v, "name");
    const struct json *count = json_get(v, "fixed_count"), *share = json_get(v, "weight");
    if (name == NULL || tasks == NULL)
        return loader_fail(r, v->at, "\"%s\" is missing in this class of users",
                           name == NULL ? "name" : "tasks");
    if (loader_integer(r, share, 1, CLASS_WEIGHT_MAX, &weight) != 0 ||
        loader_integer(r, count, 1, LOAD_USERS_MAX, &fixed) != 0 || habits_read(r, v, &h) != 0)
        return -1;
    if (share != NULL && count != NULL)
        return loader_fail(
            r, share->key_at,
            "\"weight\" cannot be combined with \"fixed_count\"; remove one of them");
    if (class_add(r, tasks, &h) != 0)
        return -1;
    newest(r->s)->weight = count != NULL ? 0 : weight;
    newest(r->s)->fixed_count = fixed;
    return loader_name(r, name, &newest(r->s)->name);
}

static int users_read(struct loader *r, const struct json *v, const struct habits *common) {
    const struct scenario *s = r->s;
    size_t first = s->class_count;
    if (loader_kind(r, v, JSON_ARRAY) != 0)
        return -1;
    if (v->count == 0)
        return loader_fail(r, v->at, "\"users\" is empty; write a class of users, or \"tasks\"");
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        if (class_read(r, m, common) != 0)
            return -1;
        for (size_t i = first; i + 1 < s->class_count; i++)
            if (strcmp(s->classes[i].name, s->classes[s->class_count - 1].name) == 0)
                return loader_fail(r, json_get(m, "name")->at,
                                   "another class has this name; use a different one");
    }
    return 0;
}

/* "tasks" or "users" of v: *first and *count become its classes. */
static int doers_read(struct loader *r, const struct json *v, const struct habits *h,
                      uint32_t *first, uint32_t *count) {
    const struct scenario *s = r->s;
    const struct json *tasks = json_get(v, "tasks"), *users = json_get(v, "users");
    if (users != NULL && users->kind == JSON_NUMBER)
        return loader_fail(r, users->at,
                           "\"users\" must be an array of classes of users here; the "
                           "number of users belongs in \"load\"");
    if (tasks != NULL && users != NULL)
        return loader_fail(
            r, users->key_at,
            "\"users\" cannot be combined with \"tasks\"; move the tasks into a class");
    *first = (uint32_t)s->class_count;
    if ((users != NULL ? users_read(r, users, h) : class_add(r, tasks, h)) != 0)
        return -1;
    *count = (uint32_t)(s->class_count - *first);
    return 0;
}

/* ---- loads ---- */

/* Arrivals take whoever is free, so there is no saying of which class that is. */
static int classes_fit(struct loader *r, const struct json *at, const struct scenario_load *l) {
    if (load_is_open(&l->load) && l->class_count > 1)
        return loader_fail(r, at->at,
                           "a load with an arrival rate uses any free user, so it has no classes "
                           "of users; give each class its own load in \"loads\"");
    uint64_t fixed = 0;
    const struct scenario_class *c = &r->s->classes[l->first_class];
    for (uint32_t i = 0; i < l->class_count; i++) {
        fixed += c[i].fixed_count;
        if (c[i].fixed_count == 0)
            return 0;
    }
    if (!load_is_open(&l->load) && fixed < load_users_max(&l->load))
        return loader_fail(r, at->at,
                           "there are %u users, but the classes with \"fixed_count\" have %llu; "
                           "add a class with \"weight\" or use fewer users",
                           load_users_max(&l->load), (unsigned long long)fixed);
    return 0;
}

/* Classes that all loads without their own have; {0, 0} until one needs them. */
struct shared {
    const struct json *top;
    struct habits habits;
    uint32_t first, count;
};

static int load_add(struct loader *r, const struct json *v, struct shared *shared) {
    struct scenario *s = r->s;
    struct habits h = shared->habits;
    if (array_grow(r, &s->loads, s->load_count, sizeof *s->loads) != 0)
        return -1;
    struct scenario_load *l = &s->loads[s->load_count++];
    if (loader_section(r, v, SECTION_LOADS) != 0)
        return -1;
    const struct json *load = json_get(v, "load"), *name = json_get(v, "name");
    if (load == NULL || name == NULL)
        return loader_fail(r, v->at, "\"%s\" is missing in this one of \"loads\"",
                           name == NULL ? "name" : "load");
    if (loader_name(r, name, &l->name) != 0 || load_read(r, load, &l->load) != 0 ||
        loader_duration(r, json_get(v, "start"), &l->start_ns) != 0 || habits_read(r, v, &h) != 0)
        return -1;
    for (size_t i = 0; i + 1 < s->load_count; i++)
        if (strcmp(s->loads[i].name, l->name) == 0)
            return loader_fail(r, name->at, "another load has this name; use a different one");
    if (l->start_ns > UNITS_DURATION_MAX_NS - load_duration(&l->load))
        return loader_fail(r, v->at, "this load ends more than ten years after the start");
    if (json_get(v, "tasks") != NULL || json_get(v, "users") != NULL)
        return doers_read(r, v, &h, &l->first_class, &l->class_count) != 0 ? -1
                                                                           : classes_fit(r, v, l);
    static const char *const own[] = {"wait", "sequence", "on_start", "on_stop"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (json_get(v, own[i]) != NULL)
            return loader_fail(r, json_get(v, own[i])->key_at,
                               "\"%s\" needs \"tasks\" in this load", own[i]);
    if (json_get(shared->top, "tasks") == NULL && json_get(shared->top, "users") == NULL)
        return loader_fail(
            r, v->at,
            "\"tasks\" is missing; add it to this load, or to the scenario for all loads");
    if (shared->count == 0 &&
        doers_read(r, shared->top, &shared->habits, &shared->first, &shared->count) != 0)
        return -1;
    l->first_class = shared->first;
    l->class_count = shared->count;
    return classes_fit(r, v, l);
}

static int loads_read(struct loader *r, const struct json *loads, struct shared *shared) {
    if (loads->count == 0 || loads->count > LOADS_MAX)
        return loader_fail(r, loads->at, "\"loads\" must hold 1 to %d loads, not %zu", LOADS_MAX,
                           loads->count);
    for (const struct json *m = loads->first; m != NULL; m = m->next)
        if (load_add(r, m, shared) != 0)
            return -1;
    static const char *const parts[] = {"tasks", "users"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (json_get(shared->top, parts[i]) != NULL && shared->count == 0)
            return loader_fail(
                r, json_get(shared->top, parts[i])->key_at,
                "every load has its own tasks, so these are never sent; remove them");
    uint64_t users = 0;
    for (size_t i = 0; i < r->s->load_count; i++)
        users += load_users_max(&r->s->loads[i].load);
    if (users > LOAD_USERS_MAX)
        return loader_fail(r, loads->at, "the loads together have %llu users; the limit is %d",
                           (unsigned long long)users, LOAD_USERS_MAX);
    return 0;
}

static int one_load(struct loader *r, const struct json *load, struct shared *shared) {
    struct scenario *s = r->s;
    if (array_grow(r, &s->loads, 0, sizeof *s->loads) != 0)
        return -1;
    s->load_count = 1;
    if (load_read(r, load, &s->loads[0].load) != 0 ||
        doers_read(r, shared->top, &shared->habits, &s->loads[0].first_class,
                   &s->loads[0].class_count) != 0)
        return -1;
    return classes_fit(r, load, &s->loads[0]);
}

int flows_read(struct loader *r, const struct json *top) {
    const struct json *load = json_get(top, "load"), *loads = json_get(top, "loads");
    struct shared shared = {.top = top};
    if (loads != NULL && loader_kind(r, loads, JSON_ARRAY) != 0)
        return -1;
    if (load == NULL && loads == NULL)
        return loader_fail(r, top->at,
                           "\"load\" is missing; write \"load\": {\"users\": 10, "
                           "\"spawn_rate\": 1, \"duration\": \"1m\"}");
    if (load != NULL && loads != NULL)
        return loader_fail(
            r, loads->key_at,
            "\"loads\" cannot be combined with \"load\"; move the load into \"loads\"");
    if (loads == NULL && json_get(top, "tasks") == NULL && json_get(top, "users") == NULL)
        return loader_fail(r, top->at,
                           "\"tasks\" is missing; write \"tasks\": [{\"path\": \"/\"}]");
    if (habits_read(r, top, &shared.habits) != 0 ||
        (loads != NULL ? loads_read(r, loads, &shared) : one_load(r, load, &shared)) != 0)
        return -1;
    struct scenario *s = r->s;
    s->endpoint_count = s->request_count;
    if (steps_read(r, json_get(top, "setup"), false, &s->setup) != 0)
        return -1;
    if (steps_read(r, json_get(top, "teardown"), false, &s->teardown) != 0)
        return -1;
    return trace_check_uses(r, top);
}
