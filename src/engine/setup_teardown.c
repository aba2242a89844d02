#include "engine/setup_teardown.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "engine/checker.h"
#include "engine/flow.h"
#include "util/clock.h"
#include "util/timer.h"

/* Away from the streams of users and arrivals. */
#define SETUP_STREAM (UINT64_MAX - 1)
#define TICK_MS 100

struct setup_teardown {
    const struct setup_teardown_options *o;
    uv_loop_t loop;
    uv_timer_t pause, tick;
    struct transport *transport;
    struct transport_session *session;
    void **compiled; /* of the requests behind the endpoints */
    struct flow *flow;
    struct flow_work work;
    struct checker checker;
    struct rng rng;
    uint32_t step, end, turns;
    bool under_way, over;
    struct engine_order order;
    bool failed;
    struct err failure;
};

static void go_on(struct setup_teardown *x);

static void fail(struct setup_teardown *x, const char *why) {
    const struct scenario *s = x->o->scenario;
    const struct scenario_request *q = &s->requests[s->steps[x->step].request];
    struct buf masked;
    buf_init(&masked, sizeof x->failure.text * 4);
    scenario_mask(s, why, &masked);
    if (!x->failed)
        err_set(&x->failure, "%s: %s %s: %s", x->o->what, q->method, q->name, buf_text(&masked));
    x->failed = true;
    x->step = x->end;
    buf_done(&masked);
}

/* No report has failed_bodies of it, so what a check has found is said here; masked before it is
 * cut. */
static void fail_answer(struct setup_teardown *x, enum outcome outcome, const char *error) {
    struct buf why;
    buf_init(&why, sizeof x->failure.text * 4);
    buf_str(&why, error);
    if (outcome == OUTCOME_CHECK_FAILED && x->checker.seen.len > 0)
        buf_printf(&why, " (found: %s)", buf_text(&x->checker.seen));
    fail(x, buf_text(&why));
    buf_done(&why);
}

static void on_done(void *context, const struct transport_result *result) {
    struct setup_teardown *x = context;
    const struct scenario *s = x->o->scenario;
    uint32_t request = s->steps[x->step].request;
    const struct scenario_request *q = &s->requests[request];
    const char *error = result->error;
    enum outcome outcome = result->outcome;
    struct err text;
    struct checker_response a = {.result = result, .request = request, .flow = x->flow};
    x->under_way = false;
    if (checker_needed(q))
        outcome = checker_run(&x->checker, &a, &error);
    /* What is larger is no failure; here is the only place that says so, for there is no table of
     * checks. */
    bool unseen = result->body_cut && checker_needs_body(s, q) == s->http.judge_bytes;
    err_set(&text, "%s %s: %s %d in %" PRId64 " ms%s", q->method, q->name,
            outcome_text((int)outcome), result->status,
            (result->end_ns - result->sent_ns) / NS_PER_MS,
            unseen ? "; its body is larger than http.judge_bytes and was not checked" : "");
    record_event(x->o->record, x->o->at_ns, x->o->what, text.text);
    flow_answered(x->flow);
    if (outcome == OUTCOME_OK)
        x->step++;
    else
        fail_answer(x, outcome, error);
    go_on(x);
}

static void on_pause_over(uv_timer_t *timer) {
    go_on(timer->data);
}

static void finish(struct setup_teardown *x) {
    if (x->over)
        return;
    x->over = true;
    x->o->ops->session_close(x->session);
    x->session = NULL;
    x->o->ops->close(x->transport);
    x->transport = NULL;
    uv_close((uv_handle_t *)&x->pause, NULL);
    uv_close((uv_handle_t *)&x->tick, NULL);
}

static void send_step(struct setup_teardown *x, const struct flow_user *me) {
    const struct scenario *s = x->o->scenario;
    uint32_t request = s->steps[x->step].request;
    const struct transport_parts *parts = NULL;
    struct transport_parts room;
    struct err e;
    size_t which;
    enum feeder_result drawn = flow_draw(&x->work, me, s->requests[request].feeders, &which, &e);
    if (drawn == FEEDER_EMPTY)
        err_set(&e, "a feeder has no row for it");
    bool written = drawn == FEEDER_DRAWN &&
                   flow_write(&x->work, me, &s->requests[request], &room, &parts, &e) == 0;
    if (!written) {
        struct err seen = {""};
        if (drawn == FEEDER_DRAWN)
            flow_seen(&x->work, me, &s->requests[request], &seen);
        if (*seen.text != '\0')
            err_prefix(&e, "%.500s", seen.text);
        fail(x, e.text);
        finish(x);
        return;
    }
    x->under_way = true;
    x->o->ops->send(x->session, x->compiled[request - s->endpoint_count], parts, 0, on_done, x);
}

static void go_on(struct setup_teardown *x) {
    const struct scenario *s = x->o->scenario;
    struct flow_user me = {.flow = x->flow,
                           .rng = &x->rng,
                           .turn = SETUP_STREAM - ((uint64_t)x->step << 20) - x->turns++};
    x->step = x->failed || x->order.wish != ENGINE_GO_ON
                  ? x->end
                  : flow_next(&x->work, &me, x->step, x->end);
    if (x->step >= x->end) {
        finish(x);
        return;
    }
    const struct scenario_step *step = &s->steps[x->step];
    if (step->kind == SCENARIO_SEND) {
        send_step(x, &me);
        return;
    }
    x->step++;
    timer_after(&x->pause, on_pause_over, wait_next(&step->wait, &x->rng));
}

static void on_tick(uv_timer_t *timer) {
    struct setup_teardown *x = timer->data;
    struct engine_order order = x->o->tick(x->o->tick_context, NULL);
    if (order.wish == ENGINE_GO_ON)
        return;
    x->order = order;
    if (x->under_way)
        x->o->ops->cancel(x->session);
    else
        finish(x);
}

static int compile(struct setup_teardown *x, struct err *e) {
    const struct scenario *s = x->o->scenario;
    size_t n = s->request_count - s->endpoint_count;
    x->compiled = calloc(n + 1, sizeof *x->compiled);
    if (x->compiled == NULL)
        return err_set(e, "not enough memory for %zu requests", n);
    for (size_t i = 0; i < n; i++)
        if (x->o->ops->request_new(x->transport, &x->o->requests->items[s->endpoint_count + i],
                                   &x->compiled[i], e) != 0)
            return -1;
    return 0;
}

/* What is new in the flow becomes the caller's. */
static int hand_over(struct setup_teardown *x, struct bytes *values, struct err *e) {
    for (size_t i = 0; i < x->o->scenario->variable_count; i++) {
        const struct bytes *v = &x->flow->variables[i];
        if (v->data == NULL || v->data == values[i].data)
            continue;
        char *copy = malloc(v->len + 1);
        if (copy == NULL)
            return err_set(e, "not enough memory for what %s captured", x->o->what);
        memcpy(copy, v->data, v->len);
        copy[v->len] = '\0';
        values[i] = (struct bytes){copy, v->len};
    }
    return 0;
}

static void open_loop(struct setup_teardown *x) {
    uv_loop_init(&x->loop);
    uv_timer_init(&x->loop, &x->pause);
    uv_timer_init(&x->loop, &x->tick);
    x->pause.data = x->tick.data = x;
    if (x->o->tick != NULL)
        uv_timer_start(&x->tick, on_tick, TICK_MS, TICK_MS);
}

static int prepare(struct setup_teardown *x, const struct bytes *values, struct err *e) {
    const struct setup_teardown_options *o = x->o;
    if (flow_work_init(&x->work, o->scenario, e) != 0 ||
        checker_init(&x->checker, o->scenario, NULL, NULL, e) != 0 ||
        flow_new(o->scenario, values, &x->flow, e) != 0 ||
        o->ops->open(&x->loop, o->transport_options, &x->transport, e) != 0 || compile(x, e) != 0)
        return -1;
    return o->ops->session_open(x->transport, 0, &x->session, e);
}

int setup_teardown_run(const struct setup_teardown_options *o, struct bytes *values,
                       struct engine_order *order, struct err *e) {
    struct setup_teardown x = {
        .o = o, .step = o->steps->first, .end = o->steps->first + o->steps->count};
    int result = -1;
    if (o->steps->count == 0)
        return 0;
    rng_seed(&x.rng, o->seed, SETUP_STREAM);
    open_loop(&x);
    if (prepare(&x, values, e) == 0) {
        go_on(&x);
        uv_run(&x.loop, UV_RUN_DEFAULT);
        bool ordered = x.order.wish != ENGINE_GO_ON;
        if (ordered)
            *order = x.order;
        result = x.failed && !ordered ? err_set(e, "%s", x.failure.text) : hand_over(&x, values, e);
    } else {
        uv_close((uv_handle_t *)&x.pause, NULL);
        uv_close((uv_handle_t *)&x.tick, NULL);
        if (x.transport != NULL)
            o->ops->close(x.transport);
        uv_run(&x.loop, UV_RUN_DEFAULT);
    }
    uv_loop_close(&x.loop);
    for (size_t i = 0;
         x.compiled != NULL && i < o->scenario->request_count - o->scenario->endpoint_count; i++)
        o->ops->request_free(x.compiled[i]);
    free(x.compiled);
    flow_free(x.flow, o->scenario);
    checker_done(&x.checker);
    flow_work_done(&x.work);
    return result;
}
