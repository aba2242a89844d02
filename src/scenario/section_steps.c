/* Steps, and the tasks that they make up. */
#include <stdlib.h>
#include <string.h>

#include "scenario/section.h"

#define TASKS_MAX 100000
#define WEIGHT_MAX 1000000
#define REPEAT_MAX 1000000
#define NESTING_MAX 8
#define TAGS_MAX 100

int array_grow(struct loader *r, void *items, size_t count, size_t item_bytes) {
    void **array = items;
    if (count > 0 && (count < 4 || (count & (count - 1)) != 0))
        return 0;
    size_t room = count == 0 ? 4 : count * 2;
    char *grown = realloc(*array, room * item_bytes);
    if (grown == NULL)
        return loader_memory(r);
    memset(grown + count * item_bytes, 0, (room - count) * item_bytes);
    *array = grown;
    return 0;
}

/* Reads "tags"; v NULL: none. */
static int tags_read(struct loader *r, const struct json *v, char ***tags, size_t *count) {
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_ARRAY) != 0)
        return -1;
    if (v->count == 0 || v->count > TAGS_MAX)
        return loader_fail(r, v->at, "\"tags\" must hold 1 to %d words, not %zu", TAGS_MAX,
                           v->count);
    r->s->tagged = true;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        if (array_grow(r, tags, *count, sizeof **tags) != 0 ||
            loader_name(r, m, &(*tags)[*count]) != 0)
            return -1;
        if (strpbrk((*tags)[(*count)++], ", ") != NULL)
            return loader_fail(r, m->at, "a tag is one word; it cannot contain commas or spaces");
    }
    return 0;
}

/* Where steps within steps stand. */
struct nesting {
    uint32_t depth, loops;
    bool with_tags;
    uint64_t feeders; /* of all that was read */
};

static int step_add(struct loader *r, const struct scenario_step *step) {
    struct scenario *s = r->s;
    if (array_grow(r, &s->steps, s->step_count, sizeof *s->steps) != 0)
        return -1;
    s->steps[s->step_count++] = *step;
    return 0;
}

static int send_add(struct loader *r, const struct json *v, bool with_tags, uint64_t *feeders) {
    struct scenario *s = r->s;
    const struct json *tags = json_get(v, "tags");
    struct scenario_request q = {0};
    if (tags != NULL && !with_tags)
        return loader_fail(
            r, tags->key_at,
            "\"tags\" select tasks and their steps; these steps always run, so remove \"tags\"");
    if (request_read(r, v, &q) != 0 || tags_read(r, tags, &q.tags, &q.tag_count) != 0 ||
        array_grow(r, &s->requests, s->request_count, sizeof *s->requests) != 0) {
        request_done(&q);
        return -1;
    }
    *feeders |= q.feeders;
    s->requests[s->request_count++] = q;
    return step_add(r, &(struct scenario_step){.kind = SCENARIO_SEND,
                                               .request = (uint32_t)s->request_count - 1});
}

static int list_read(struct loader *r, const struct json *v, struct nesting *n);

/* Nothing but these keys beside the one that makes the step what it is. */
static int alone(struct loader *r, const struct json *v, const char *key, const char *beside) {
    for (const struct json *m = v->first; m != NULL; m = m->next)
        if (strcmp(m->key, key) != 0 && (beside == NULL || strcmp(m->key, beside) != 0))
            return loader_fail(r, m->key_at,
                               "\"%s\" cannot be combined with \"%s\"; make it a separate step",
                               m->key, key);
    return 0;
}

static int inner_steps(struct loader *r, const struct json *v, const char *key, struct nesting *n) {
    const struct json *steps = json_get(v, "steps");
    if (alone(r, v, key, "steps") != 0)
        return -1;
    if (steps == NULL)
        return loader_fail(r, v->at, "\"%s\" needs \"steps\" in the same object", key);
    if (n->depth == NESTING_MAX)
        return loader_fail(r, v->at, "steps are nested more than %d deep", NESTING_MAX);
    n->depth++;
    int result = list_read(r, steps, n);
    n->depth--;
    return result;
}

static int repeat_read(struct loader *r, const struct json *v, const struct json *repeat,
                       struct nesting *n) {
    struct scenario *s = r->s;
    struct scenario_step step = {.kind = SCENARIO_LOOP, .depth = n->loops};
    if (loader_integer(r, repeat, 1, REPEAT_MAX, &step.count) != 0)
        return -1;
    if (n->loops == SCENARIO_LOOPS_MAX)
        return loader_fail(r, repeat->key_at, "\"repeat\" is nested more than %d deep",
                           SCENARIO_LOOPS_MAX);
    if (step_add(r, &step) != 0)
        return -1;
    uint32_t body = (uint32_t)s->step_count;
    n->loops++;
    int result = inner_steps(r, v, "repeat", n);
    n->loops--;
    step = (struct scenario_step){.kind = SCENARIO_AGAIN, .depth = n->loops, .to = body};
    return result == 0 ? step_add(r, &step) : -1;
}

static int when_read(struct loader *r, const struct json *v, const struct json *when,
                     struct nesting *n) {
    struct scenario *s = r->s;
    struct scenario_step step = {.kind = SCENARIO_WHEN};
    if (template_read(r, when, r->scope, PLACE_PLAIN, "\"when\"", &step.condition) != 0)
        return -1;
    if (step.condition->hole_count == 0) {
        template_free(step.condition);
        return loader_fail(r, when->at, "\"when\" never changes; write a value like \"${name}\"");
    }
    n->feeders |= step.condition->feeders;
    if (step_add(r, &step) != 0) {
        template_free(step.condition);
        return -1;
    }
    size_t at = s->step_count - 1;
    int result = inner_steps(r, v, "when", n);
    s->steps[at].to = (uint32_t)s->step_count;
    return result;
}

static int pause_read(struct loader *r, const struct json *v, const struct json *wait) {
    struct scenario_step step = {.kind = SCENARIO_PAUSE};
    if (wait_read(r, wait, &step.wait) != 0 || alone(r, v, "wait", NULL) != 0)
        return -1;
    if (wait_is_paced(&step.wait))
        return loader_fail(
            r, wait->at,
            "\"%s\" is a wait between tasks; a step can have \"constant\" or \"between\"",
            wait->first->key);
    return step_add(r, &step);
}

static int step_read(struct loader *r, const struct json *v, struct nesting *n) {
    if (loader_section(r, v, SECTION_STEP) != 0)
        return -1;
    const struct json *wait = json_get(v, "wait"), *repeat = json_get(v, "repeat");
    const struct json *when = json_get(v, "when"), *steps = json_get(v, "steps");
    if (wait != NULL)
        return pause_read(r, v, wait);
    if (repeat != NULL)
        return repeat_read(r, v, repeat, n);
    if (when != NULL)
        return when_read(r, v, when, n);
    if (steps != NULL)
        return loader_kind(r, steps, JSON_ARRAY) != 0
                   ? -1
                   : loader_fail(
                         r, steps->key_at,
                         "\"steps\" within steps need \"repeat\" or \"when\" in the same object");
    return send_add(r, v, n->with_tags, &n->feeders);
}

static int list_read(struct loader *r, const struct json *v, struct nesting *n) {
    if (loader_kind(r, v, JSON_ARRAY) != 0)
        return -1;
    if (v->count == 0)
        return loader_fail(r, v->at,
                           "there are no steps here; remove it or write {\"path\": \"/\"}");
    for (const struct json *m = v->first; m != NULL; m = m->next)
        if (step_read(r, m, n) != 0)
            return -1;
    return 0;
}

int steps_read(struct loader *r, const struct json *v, bool with_tags, struct scenario_steps *out) {
    struct nesting n = {.with_tags = with_tags};
    uint32_t first = (uint32_t)r->s->step_count;
    if (v == NULL)
        return 0;
    if (list_read(r, v, &n) != 0)
        return -1;
    *out = (struct scenario_steps){first, (uint32_t)r->s->step_count - first, n.feeders};
    return 0;
}

/* A task of one request is a request with a weight. */
static int single_read(struct loader *r, const struct json *v, struct scenario_task *t) {
    struct scenario *s = r->s;
    t->steps.first = (uint32_t)s->step_count;
    t->steps.count = 1;
    t->single = true;
    if (send_add(r, v, true, &t->steps.feeders) != 0)
        return -1;
    t->name = strdup(s->requests[s->request_count - 1].name);
    return t->name == NULL ? loader_memory(r) : 0;
}

static int flow_read(struct loader *r, const struct json *v, const struct json *steps,
                     struct scenario_task *t) {
    for (const struct json *m = v->first; m != NULL; m = m->next)
        if (strcmp(m->key, "steps") != 0 && strcmp(m->key, "name") != 0 &&
            strcmp(m->key, "weight") != 0 && strcmp(m->key, "tags") != 0)
            return loader_fail(r, m->key_at,
                               "\"%s\" applies to a request; move it into one of the \"steps\"",
                               m->key);
    if (steps_read(r, steps, true, &t->steps) != 0 ||
        loader_name(r, json_get(v, "name"), &t->name) != 0)
        return -1;
    if (t->name == NULL)
        return loader_fail(
            r, v->at,
            "a task with \"steps\" needs a \"name\": the report shows its time under this name");
    return tags_read(r, json_get(v, "tags"), &t->tags, &t->tag_count);
}

int tasks_read(struct loader *r, const struct json *v, struct scenario_class *c) {
    struct scenario *s = r->s;
    uint64_t sum = 0;
    if (loader_kind(r, v, JSON_ARRAY) != 0)
        return -1;
    if (v->count == 0 || v->count > TASKS_MAX - s->task_count)
        return loader_fail(r, v->at, "\"tasks\" must hold 1 to %d tasks, not %zu", TASKS_MAX,
                           v->count + s->task_count);
    c->first_task = (uint32_t)s->task_count;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        if (array_grow(r, &s->tasks, s->task_count, sizeof *s->tasks) != 0)
            return -1;
        struct scenario_task *t = &s->tasks[s->task_count++];
        t->weight = 1;
        if (loader_section(r, m, SECTION_TASK) != 0 ||
            loader_integer(r, json_get(m, "weight"), 0, WEIGHT_MAX, &t->weight) != 0)
            return -1;
        const struct json *steps = json_get(m, "steps");
        if ((steps != NULL ? flow_read(r, m, steps, t) : single_read(r, m, t)) != 0)
            return -1;
        sum += t->weight;
    }
    c->task_count = (uint32_t)(s->task_count - c->first_task);
    if (sum == 0)
        return loader_fail(r, v->at, "every task has weight 0, so no task ever runs; raise one");
    if (sum > UINT32_MAX)
        return loader_fail(r, v->at,
                           "the sum of the weights is greater than %lu; make them smaller",
                           (unsigned long)UINT32_MAX);
    return 0;
}
