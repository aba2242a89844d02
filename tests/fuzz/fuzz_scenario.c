/* Any bytes: the loader ends, and what it accepts keeps what model.h promises. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "scenario/scenario.h"
#include "schedule/arrivals.h"

static void check_arrivals(const struct load *l) {
    struct arrivals a;
    struct arrival x;
    int64_t last = 0;
    CHECK(l->max_users > 0 && l->queue_timeout_ns >= 0);
    arrivals_init(&a, l, 1, 0, 1);
    for (int i = 0; i < 50 && arrivals_next(&a, &x); i++) {
        CHECK(x.at_ns >= last && x.at_ns < load_duration(l));
        last = x.at_ns;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *env(const char *name, void *context) {
    (void)context;
    switch (name[0]) {
    case 'A':
        return "a\"\\/%&+ \xc3\xa4";
    case 'B':
        return "\r\nX: y";
    case 'C':
        return "\xff";
    case 'D':
        return "";
    case 'E':
        return NULL;
    default:
        return "value";
    }
}

static void check_wire(const char *text) {
    for (; *text != '\0'; text++)
        CHECK((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_request(const struct scenario_request *q) {
    CHECK(q->name != NULL && q->method[0] != '\0');
    CHECK(q->path[0] == '/' || strncmp(q->path, "http", 4) == 0);
    check_wire(q->method);
    if (q->varying_path == NULL)
        check_wire(q->path);
    CHECK(q->varying_path != NULL || strchr(q->path, ' ') == NULL);
    for (size_t i = 0; i < q->header_count; i++) {
        check_wire(q->headers[i].name);
        CHECK((q->headers[i].value == NULL) == (q->headers[i].varying != NULL));
        if (q->headers[i].value != NULL)
            check_wire(q->headers[i].value);
        CHECK(strpbrk(q->headers[i].name, ": ") == NULL && q->headers[i].name[0] != '\0');
    }
    CHECK(q->body != NULL || q->body_bytes == 0);
}

static void check_load(const struct load *l) {
    int64_t t = -1, duration = load_duration(l);
    CHECK(duration > 0 && load_users_max(l) > 0 && load_users_max(l) <= LOAD_USERS_MAX);
    for (int i = 0; i < 20 && t != -2; i++) {
        int64_t next = load_next_change(l, t);
        CHECK(next == -1 || (next > t && next <= duration));
        CHECK(next == -1 || load_users(l, next) != load_users(l, t));
        t = next == -1 ? -2 : next;
    }
}

/* Every step leads somewhere within its stretch. */
static void check_steps(const struct scenario *s, const struct scenario_steps *steps) {
    CHECK((size_t)steps->first + steps->count <= s->step_count);
    for (uint32_t i = steps->first; i < steps->first + steps->count; i++) {
        const struct scenario_step *step = &s->steps[i];
        CHECK(step->kind != SCENARIO_SEND || step->request < s->request_count);
        CHECK(step->depth < SCENARIO_LOOPS_MAX);
        CHECK(step->kind != SCENARIO_AGAIN || (step->to > steps->first && step->to < i));
        CHECK(step->kind != SCENARIO_WHEN ||
              (step->to > i && step->to <= steps->first + steps->count));
    }
}

static void check_one(const struct scenario *s, const struct scenario_load *l) {
    check_load(&l->load);
    if (load_is_open(&l->load))
        check_arrivals(&l->load);
    CHECK(l->class_count > 0 && l->first_class + l->class_count <= s->class_count);
    for (uint32_t i = l->first_class; i < l->first_class + l->class_count; i++) {
        const struct scenario_class *c = &s->classes[i];
        CHECK(c->wait.kind != WAIT_BETWEEN || c->wait.low_ns <= c->wait.high_ns);
        CHECK(c->task_count > 0 && c->first_task + c->task_count <= s->task_count);
        uint64_t sum = s->weight_sums[c->first_task + c->task_count - 1];
        CHECK(sum > 0 && sum <= UINT32_MAX);
        for (uint32_t k = c->first_task; k < c->first_task + c->task_count; k++)
            check_steps(s, &s->tasks[k].steps);
        check_steps(s, &c->on_start);
        check_steps(s, &c->on_stop);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct scenario *s = NULL;
    struct err e = {""};
    if (scenario_parse("input", "/nonexistent", (const char *)data, size, env, NULL, &s, &e) != 0) {
        CHECK(strncmp(e.text, "input:", 6) == 0 && s == NULL);
        return 0;
    }
    CHECK(e.text[0] == '\0');
    for (size_t i = 0; i < s->request_count; i++)
        check_request(&s->requests[i]);
    for (size_t i = 0; i < s->load_count; i++)
        check_one(s, &s->loads[i]);
    check_steps(s, &s->setup);
    check_steps(s, &s->teardown);
    CHECK(s->timeout_ns > 0 && s->connect_timeout_ns > 0 && s->connect_timeout_ns <= s->timeout_ns);
    if (s->target != NULL)
        check_wire(s->target);
    struct buf masked;
    buf_init(&masked, 256 << 20);
    scenario_mask(s, s->source, &masked);
    CHECK(buf_ok(&masked));
    buf_done(&masked);
    scenario_free(s);
    return 0;
}
