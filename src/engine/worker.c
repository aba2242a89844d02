#include "engine/worker.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

#define ERROR_TEXT_MAX 1024
#define BEAT_NS (20 * NS_PER_MS)

/* ---- what users need ---- */

uint32_t worker_share(const struct worker *w, uint32_t total) {
    uint32_t n = w->setup.count, i = w->setup.index;
    return total / n + (i < total % n ? 1 : 0);
}

uint32_t worker_draw_task(const struct worker *w, const struct scenario_class *c, struct rng *rng) {
    const uint64_t *sums = w->scenario->weight_sums;
    size_t low = c->first_task, high = low + c->task_count - 1;
    uint64_t x = rng_below(rng, sums[high]);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (x < sums[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return (uint32_t)low;
}

uint32_t worker_first_request(const struct worker *w, uint32_t task) {
    const struct scenario *s = w->scenario;
    const struct scenario_steps *steps = &s->tasks[task].steps;
    uint32_t i = steps->first;
    while (s->steps[i].kind != SCENARIO_SEND && i + 1 < steps->first + steps->count)
        i++;
    return s->steps[i].request;
}

static uint32_t to_us(int64_t ns) {
    int64_t us = ns / NS_PER_US;
    return us < 0 ? 0 : us >= UINT32_MAX ? UINT32_MAX - 1 : (uint32_t)us;
}

/* The number of an error text. Errors repeat: the last one is remembered, so that a target that fails every request
 * costs one comparison each. */
static uint16_t error_id(struct worker *w, const char *text) {
    if (*text == '\0')
        return 0;
    if (w->last_error != NULL && strcmp(w->last_error, text) == 0)
        return w->last_error_id;
    buf_clear(&w->masked);
    scenario_mask(w->scenario, text, &w->masked);
    w->last_error_id = record_error_id(w->setup.record, buf_text(&w->masked));
    free(w->last_error);
    w->last_error = strdup(text);
    return w->last_error_id;
}

/* What a judge makes of it; without one the transport's word counts. */
static enum outcome judged(struct worker *w, struct vuser *u, const struct transport_result *r,
                           const char **error) {
    uint32_t request = w->scenario->steps[u->step].request;
    *error = r->error;
    if (!judge_needed(&w->scenario->requests[request]))
        return r->outcome;
    struct judge_answer a = {.result = r,
                             .request = request,
                             .user = u->index,
                             .end_ns = r->end_ns - w->start_ns,
                             .flow = u->flow};
    return judge_answer(&w->judge, &a, error);
}

bool worker_record(struct worker *w, struct vuser *u, const struct transport_result *r) {
    const char *error;
    bool intended = u->first && u->intended_ns != VUSER_NOTHING_INTENDED;
    enum outcome outcome = judged(w, u, r, &error);
    struct sample s = {
        .intended_ns = intended ? u->intended_ns - w->start_ns : SAMPLE_NO_TIME,
        .sent_ns = r->sent_ns - w->start_ns,
        .end_ns = r->end_ns - w->start_ns,
        .bytes_received = r->bytes_received,
        .bytes_sent = (uint32_t)(r->bytes_sent > UINT32_MAX ? UINT32_MAX : r->bytes_sent),
        .user = u->index,
        .dns_us = to_us(r->dns_ns),
        .connect_us = to_us(r->connect_ns),
        .tls_us = to_us(r->tls_ns),
        .ttfb_us = r->ttfb_ns < 0 ? SAMPLE_NO_TTFB : to_us(r->ttfb_ns),
        .endpoint = w->scenario->steps[u->step].request & SAMPLE_ENDPOINT_MAX,
        .status = (uint16_t)r->status,
        .error = error_id(w, error),
        .outcome = (unsigned)outcome & 0xf,
        .flags = ((r->new_connection ? SAMPLE_NEW_CONNECTION : 0) |
                  (intended && u->waited ? SAMPLE_WAITED_FOR_USER : 0) |
                  (r->sent_again ? SAMPLE_SENT_AGAIN : 0)) &
                 0xf,
    };
    queue_push(w->queue, &s);
    return outcome == OUTCOME_OK;
}

void worker_record_not_sent(struct worker *w, uint32_t request, int64_t intended_ns, bool waited,
                            const char *why) {
    struct sample s = {
        .intended_ns = intended_ns - w->start_ns,
        .sent_ns = SAMPLE_NO_TIME,
        .end_ns = SAMPLE_NO_TIME,
        .ttfb_us = SAMPLE_NO_TTFB,
        .endpoint = request & SAMPLE_ENDPOINT_MAX,
        .error = error_id(w, why),
        .outcome = OUTCOME_NOT_SENT,
        .flags = waited ? SAMPLE_WAITED_FOR_USER : 0,
    };
    queue_push(w->queue, &s);
}

void worker_record_iteration(struct worker *w, const struct vuser *u, int64_t end_ns) {
    struct sample s = {
        .intended_ns = SAMPLE_NO_TIME,
        .sent_ns = u->began_ns - w->start_ns,
        .end_ns = end_ns - w->start_ns,
        .ttfb_us = SAMPLE_NO_TTFB,
        .user = u->index,
        .endpoint = u->task & SAMPLE_ENDPOINT_MAX,
        .outcome = u->good ? OUTCOME_OK : OUTCOME_CHECK_FAILED,
        .flags = SAMPLE_ITERATION,
    };
    queue_push(w->queue, &s);
}

void worker_feeder_empty(struct worker *w, size_t feeder, uint32_t user) {
    const struct feeder *f = w->scenario->feeders[feeder];
    bool run = feeder_ends_run(f);
    struct err text;
    if ((w->empty_feeders >> feeder & 1) != 0)
        return;
    w->empty_feeders |= UINT64_C(1) << feeder;
    err_set(&text, "the feeder %s has no row left after %llu: %s %u ends%s", feeder_name(f),
            (unsigned long long)feeder_rows(f), run ? "the run and user" : "user", user,
            run ? "" : " (others may follow)");
    record_event(w->setup.record, clock_mono_ns() - w->start_ns, "feeder_empty", text.text);
    if (!run)
        return;
    atomic_store(&w->ends_run, true);
    uv_async_send(w->setup.left);
}

void worker_user_came(struct worker *w) {
    atomic_fetch_add_explicit(&w->active, 1, memory_order_relaxed);
}

/* ---- the end ---- */

static bool all_over(const struct worker *w) {
    for (uint32_t i = 0; i < w->lane_count; i++)
        if (!w->lanes[i].over)
            return false;
    return true;
}

/* Nothing is left to do: lets the loop run out of handles. */
static void wind_down(struct worker *w) {
    if (atomic_load_explicit(&w->active, memory_order_relaxed) > 0 || !w->pacer_ready ||
        !all_over(w))
        return;
    judge_flush(&w->judge, 0, true);
    pacer_done(&w->pacer);
    w->pacer_ready = false;
    w->transport_ops->close(w->transport);
    w->transport = NULL;
    uv_close((uv_handle_t *)&w->wake, NULL);
    w->wake_ready = false;
}

void worker_user_left(struct worker *w) {
    atomic_fetch_sub_explicit(&w->active, 1, memory_order_relaxed);
}

static void finish_lanes(struct worker *w) {
    int64_t now_ns = clock_mono_ns();
    for (uint32_t i = 0; i < w->lane_count; i++)
        lane_finish(&w->lanes[i], now_ns, now_ns + w->setup.stop_timeout_ns);
}

void worker_fail(struct worker *w) {
    w->failed = true;
    finish_lanes(w);
}

/* ---- what is due ---- */

/* The lane whose item it is, or NULL. */
static struct lane *lane_of(const struct worker *w, const struct pacer_item *item) {
    const char *at = (const char *)item, *first = (const char *)w->lanes;
    return at >= first && at < (const char *)(w->lanes + w->lane_count)
               ? &w->lanes[(size_t)(at - first) / sizeof *w->lanes]
               : NULL;
}

static void on_due(void *context, struct pacer_item *item, int64_t now_ns) {
    struct worker *w = context;
    struct lane *lane = lane_of(w, item);
    if (lane != NULL)
        lane_due(lane, item, now_ns);
    else if (item == &w->beat) {
        judge_flush(&w->judge, now_ns - w->start_ns, false);
        pacer_add(&w->pacer, &w->beat, now_ns + BEAT_NS);
    } else
        vuser_wake((struct vuser *)item);
}

static void on_order(uv_async_t *wake) {
    struct worker *w = wake->data;
    enum worker_order order = atomic_load(&w->order);
    if (order == WORKER_RUN)
        return;
    finish_lanes(w);
    for (uint32_t i = 0; order == WORKER_ABORT && i < w->lane_count; i++)
        lane_cancel(&w->lanes[i]);
}

void worker_stop(struct worker *w, enum worker_order order) {
    atomic_store(&w->order, order);
    if (!atomic_load(&w->ended))
        uv_async_send(&w->wake);
}

/* ---- the thread ---- */

static void work(void *argument) {
    struct worker *w = argument;
    pthread_getcpuclockid(pthread_self(), &w->cpu_clock);
    atomic_store(&w->cpu_clock_known, true);
    for (uint32_t i = 0; i < w->lane_count; i++)
        lane_start(&w->lanes[i]);
    pacer_add(&w->pacer, &w->beat, w->start_ns + BEAT_NS);
    while (uv_run(&w->loop, UV_RUN_ONCE) != 0)
        wind_down(w);
    atomic_store(&w->cpu_ns, clock_thread_cpu_ns());
    atomic_store(&w->ended, true);
    uv_async_send(w->setup.left);
}

int worker_start(struct worker *w, int64_t start_ns, struct err *e) {
    w->start_ns = start_ns;
    int code = uv_thread_create(&w->thread, work, w);
    return code == 0 ? 0 : err_set(e, "cannot start a worker thread: %s", uv_strerror(code));
}

void worker_join(struct worker *w) {
    uv_thread_join(&w->thread);
}

/* ---- set-up ---- */

static int compile(struct worker *w, struct err *e) {
    const struct scenario *s = w->scenario;
    w->compiled = calloc(s->endpoint_count, sizeof *w->compiled);
    if (w->compiled == NULL)
        return err_set(e, "not enough memory for %zu requests", s->endpoint_count);
    for (size_t i = 0; i < s->endpoint_count; i++)
        if (w->transport_ops->request_new(w->transport, &w->setup.requests[i], &w->compiled[i],
                                          e) != 0)
            return -1;
    return 0;
}

/* *users becomes how many there may be at once. */
static int make_lanes(struct worker *w, size_t *users, struct err *e) {
    const struct scenario *s = w->scenario;
    uint32_t first_user = 0;
    w->lanes = calloc(s->load_count, sizeof *w->lanes);
    if (w->lanes == NULL)
        return err_set(e, "not enough memory for %zu loads", s->load_count);
    for (uint32_t i = 0; i < s->load_count; i++) {
        w->lane_count = i + 1;
        if (lane_init(&w->lanes[i], w, i, first_user, w->setup.spreads[i], e) != 0)
            return -1;
        first_user += load_users_max(&s->loads[i].load);
        *users += w->lanes[i].user_max;
    }
    return 0;
}

int worker_init(struct worker *w, const struct worker_setup *setup, struct err *e) {
    *w = (struct worker){
        .setup = *setup, .scenario = setup->scenario, .transport_ops = setup->transport_ops};
    w->queue = record_queue(setup->record, setup->index);
    buf_init(&w->masked, ERROR_TEXT_MAX);
    size_t users = 0;
    if (flow_work_init(&w->flows, w->scenario, e) != 0 ||
        judge_init(&w->judge, w->scenario, setup->record, setup->bodies, e) != 0 ||
        make_lanes(w, &users, e) != 0)
        return -1;
    if (uv_loop_init(&w->loop) != 0)
        return err_set(e, "cannot make an event loop");
    w->loop_ready = true;
    if (uv_async_init(&w->loop, &w->wake, on_order) != 0)
        return err_set(e, "cannot make an event loop");
    w->wake.data = w;
    w->wake_ready = true;
    if (pacer_init(&w->pacer, &w->loop, on_due, w, e) != 0)
        return -1;
    w->pacer_ready = true;
    if (pacer_reserve(&w->pacer, users + 2 * (size_t)w->lane_count + 1, e) != 0)
        return -1;
    if (w->transport_ops->open(&w->loop, setup->transport_options, &w->transport, e) != 0)
        return -1;
    return compile(w, e);
}

void worker_done(struct worker *w) {
    if (w->pacer_ready)
        pacer_done(&w->pacer);
    if (w->transport != NULL)
        w->transport_ops->close(w->transport);
    if (w->wake_ready)
        uv_close((uv_handle_t *)&w->wake, NULL);
    if (w->loop_ready) {
        uv_run(&w->loop, UV_RUN_DEFAULT);
        uv_loop_close(&w->loop);
    }
    for (size_t i = 0; w->compiled != NULL && i < w->scenario->endpoint_count; i++)
        w->transport_ops->request_free(w->compiled[i]);
    for (uint32_t i = 0; i < w->lane_count; i++)
        lane_done(&w->lanes[i]);
    judge_done(&w->judge);
    flow_work_done(&w->flows);
    free(w->compiled);
    free(w->lanes);
    free(w->last_error);
    buf_done(&w->masked);
}
