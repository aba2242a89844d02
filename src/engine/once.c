#include "engine/once.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "engine/flow.h"
#include "engine/judge.h"
#include "util/clock.h"

/* Away from the streams of users and arrivals. */
#define ONCE_STREAM (UINT64_MAX - 1)

struct once {
    const struct once_options *o;
    uv_loop_t loop;
    uv_timer_t pause;
    uv_signal_t interrupt, terminate;
    struct transport *transport;
    struct transport_session *session;
    void **compiled; /* of the requests behind the endpoints */
    struct flow *flow;
    struct flow_work work;
    struct judge judge;
    struct rng rng;
    uint32_t step, end;
    bool under_way, over;
    int signal;
    bool failed;
    struct err failure;
};

static void go_on(struct once *x);

static void fail(struct once *x, const char *why) {
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

static void on_done(void *context, const struct transport_result *result) {
    struct once *x = context;
    const struct scenario *s = x->o->scenario;
    uint32_t request = s->steps[x->step].request;
    const char *error = result->error;
    enum outcome outcome = result->outcome;
    struct err text;
    struct judge_answer a = {.result = result, .request = request, .flow = x->flow};
    x->under_way = false;
    if (judge_needed(&s->requests[request]))
        outcome = judge_answer(&x->judge, &a, &error);
    err_set(&text, "%s %s: %s %d in %" PRId64 " ms", s->requests[request].method,
            s->requests[request].name, outcome_text((int)outcome), result->status,
            (result->end_ns - result->sent_ns) / NS_PER_MS);
    record_event(x->o->record, x->o->at_ns, x->o->what, text.text);
    flow_answered(x->flow);
    if (outcome == OUTCOME_OK)
        x->step++;
    else
        fail(x, error);
    go_on(x);
}

static void on_pause_over(uv_timer_t *timer) {
    go_on(timer->data);
}

static void finish(struct once *x) {
    if (x->over)
        return;
    x->over = true;
    x->o->ops->session_close(x->session);
    x->session = NULL;
    x->o->ops->close(x->transport);
    x->transport = NULL;
    uv_close((uv_handle_t *)&x->pause, NULL);
    uv_close((uv_handle_t *)&x->interrupt, NULL);
    uv_close((uv_handle_t *)&x->terminate, NULL);
}

static void send_step(struct once *x, const struct flow_user *me) {
    const struct scenario *s = x->o->scenario;
    uint32_t request = s->steps[x->step].request;
    const struct transport_parts *parts = NULL;
    struct transport_parts room;
    struct err e;
    size_t which;
    enum feeder_result drawn = flow_draw(&x->work, me, s->requests[request].feeders, &which, &e);
    if (drawn == FEEDER_EMPTY)
        err_set(&e, "a feeder has no row for it");
    if (drawn != FEEDER_DRAWN ||
        flow_write(&x->work, me, &s->requests[request], &room, &parts, &e) != 0) {
        fail(x, e.text);
        finish(x);
        return;
    }
    x->under_way = true;
    x->o->ops->send(x->session, x->compiled[request - s->endpoint_count], parts, 0, on_done, x);
}

static void go_on(struct once *x) {
    const struct scenario *s = x->o->scenario;
    struct flow_user me = {.flow = x->flow, .rng = &x->rng};
    x->step = x->failed || x->signal != 0 ? x->end : flow_next(&x->work, &me, x->step, x->end);
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
    uv_timer_start(&x->pause, on_pause_over,
                   (uint64_t)((wait_next(&step->wait, &x->rng) + NS_PER_MS - 1) / NS_PER_MS), 0);
}

static void on_signal(uv_signal_t *handle, int number) {
    struct once *x = handle->data;
    x->signal = number;
    if (x->under_way)
        x->o->ops->cancel(x->session);
    else
        finish(x);
}

static int compile(struct once *x, struct err *e) {
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
static int hand_over(struct once *x, struct bytes *values, struct err *e) {
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

static void open_loop(struct once *x) {
    uv_loop_init(&x->loop);
    uv_timer_init(&x->loop, &x->pause);
    uv_signal_init(&x->loop, &x->interrupt);
    uv_signal_init(&x->loop, &x->terminate);
    x->pause.data = x->interrupt.data = x->terminate.data = x;
    uv_signal_start(&x->interrupt, on_signal, SIGINT);
    uv_signal_start(&x->terminate, on_signal, SIGTERM);
}

static int prepare(struct once *x, const struct bytes *values, struct err *e) {
    const struct once_options *o = x->o;
    if (flow_work_init(&x->work, o->scenario, e) != 0 ||
        judge_init(&x->judge, o->scenario, NULL, NULL, e) != 0 ||
        flow_new(o->scenario, values, &x->flow, e) != 0 ||
        o->ops->open(&x->loop, o->transport_options, &x->transport, e) != 0 || compile(x, e) != 0)
        return -1;
    return o->ops->session_open(x->transport, &x->session, e);
}

int once_run(const struct once_options *o, struct bytes *values, int *signal, struct err *e) {
    struct once x = {.o = o, .step = o->steps->first, .end = o->steps->first + o->steps->count};
    int result = -1;
    if (o->steps->count == 0)
        return 0;
    rng_seed(&x.rng, o->seed, ONCE_STREAM);
    open_loop(&x);
    if (prepare(&x, values, e) == 0) {
        go_on(&x);
        uv_run(&x.loop, UV_RUN_DEFAULT);
        if (x.signal != 0)
            *signal = x.signal;
        result =
            x.failed && x.signal == 0 ? err_set(e, "%s", x.failure.text) : hand_over(&x, values, e);
    } else {
        uv_close((uv_handle_t *)&x.pause, NULL);
        uv_close((uv_handle_t *)&x.interrupt, NULL);
        uv_close((uv_handle_t *)&x.terminate, NULL);
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
    judge_done(&x.judge);
    flow_work_done(&x.work);
    return result;
}
