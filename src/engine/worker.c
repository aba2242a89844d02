#include "engine/worker.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

#define ERROR_TEXT_MAX 1024
#define BEAT_NS (20 * NS_PER_MS)

/* ---- what users need ---- */

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

uint32_t worker_first_request(const struct worker *w, const struct scenario_steps *steps) {
    const struct scenario *s = w->scenario;
    uint32_t i = steps->first;
    while (s->steps[i].kind != SCENARIO_SEND && i + 1 < steps->first + steps->count)
        i++;
    return s->steps[i].request;
}

void worker_user_came(struct worker *w) {
    atomic_fetch_add_explicit(&w->active, 1, memory_order_relaxed);
}

/* ---- the end ---- */

static bool all_over(const struct worker *w) {
    for (uint32_t i = 0; i < w->executor_count; i++)
        if (!w->executors[i].over)
            return false;
    return true;
}

/* Nothing is left to do: lets the loop run out of handles. */
static void wind_down(struct worker *w) {
    if (atomic_load_explicit(&w->active, memory_order_relaxed) > 0 || !w->pacer_ready ||
        !all_over(w))
        return;
    checker_flush(&w->checker, 0, true);
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

static void finish_executors(struct worker *w) {
    int64_t now_ns = clock_mono_ns();
    for (uint32_t i = 0; i < w->executor_count; i++)
        executor_finish(&w->executors[i], now_ns, now_ns + w->setup.stop_timeout_ns);
}

void worker_fail(struct worker *w) {
    w->failed = true;
    finish_executors(w);
}

/* ---- what is due ---- */

/* The executor whose item it is, or NULL. */
static struct executor *executor_of(const struct worker *w, const struct pacer_item *item) {
    const char *at = (const char *)item, *first = (const char *)w->executors;
    return at >= first && at < (const char *)(w->executors + w->executor_count)
               ? &w->executors[(size_t)(at - first) / sizeof *w->executors]
               : NULL;
}

static void on_due(void *context, struct pacer_item *item, int64_t now_ns) {
    struct worker *w = context;
    struct executor *executor = executor_of(w, item);
    if (executor != NULL)
        executor_due(executor, item, now_ns);
    else if (item == &w->beat) {
        checker_flush(&w->checker, now_ns - w->start_ns, false);
        pacer_add(&w->pacer, &w->beat, now_ns + BEAT_NS);
    } else
        vuser_wake((struct vuser *)item);
}

int worker_reserve(struct worker *w, struct err *e) {
    size_t users = 0;
    for (uint32_t i = 0; i < w->executor_count; i++)
        users += w->executors[i].user_max;
    return pacer_reserve(&w->pacer, users + 2 * (size_t)w->executor_count + 1, e);
}

int worker_change(struct worker *w, const struct load_change *change, struct err *e) {
    pthread_mutex_lock(&w->change_lock);
    struct load_change *all = realloc(w->changes, (w->change_count + 1) * sizeof *all);
    if (all != NULL) {
        w->changes = all;
        all[w->change_count++] = *change;
        atomic_store(&w->changed, true);
    }
    pthread_mutex_unlock(&w->change_lock);
    if (all == NULL)
        return err_memory(e, "a change of the load");
    if (!atomic_load(&w->ended))
        uv_async_send(&w->wake);
    return 0;
}

void worker_make_changes(struct worker *w) {
    if (!atomic_load_explicit(&w->changed, memory_order_relaxed))
        return;
    pthread_mutex_lock(&w->change_lock);
    struct load_change *all = w->changes;
    size_t n = w->change_count;
    w->changes = NULL;
    w->change_count = 0;
    atomic_store(&w->changed, false);
    pthread_mutex_unlock(&w->change_lock);
    for (size_t i = 0; i < n && !w->failed; i++)
        if (executor_change(&w->executors[0], &all[i]) != 0)
            worker_fail(w);
    free(all);
}

static void on_order(uv_async_t *wake) {
    struct worker *w = wake->data;
    enum worker_order order = atomic_load(&w->order);
    worker_make_changes(w);
    if (order == WORKER_RUN)
        return;
    finish_executors(w);
    for (uint32_t i = 0; order == WORKER_ABORT && i < w->executor_count; i++)
        executor_cancel(&w->executors[i]);
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
    for (uint32_t i = 0; i < w->executor_count; i++)
        executor_start(&w->executors[i]);
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

static int make_executors(struct worker *w, struct err *e) {
    const struct scenario *s = w->scenario;
    uint32_t first_user = 0;
    w->executors = calloc(s->load_count, sizeof *w->executors);
    if (w->executors == NULL)
        return err_set(e, "not enough memory for %zu loads", s->load_count);
    for (uint32_t i = 0; i < s->load_count; i++) {
        w->executor_count = i + 1;
        if (executor_init(&w->executors[i], w, i, first_user, w->setup.spreads[i], e) != 0)
            return -1;
        first_user += load_users_max(&s->loads[i].load);
    }
    return 0;
}

int worker_init(struct worker *w, const struct worker_setup *setup, struct err *e) {
    *w = (struct worker){
        .setup = *setup, .scenario = setup->scenario, .transport_ops = setup->transport_ops};
    w->queue = record_queue(setup->record, setup->thread);
    buf_init(&w->masked, ERROR_TEXT_MAX);
    pthread_mutex_init(&w->change_lock, NULL);
    w->reported = calloc(w->scenario->request_count + 1, sizeof *w->reported);
    if (w->reported == NULL)
        return err_set(e, "not enough memory for %zu requests", w->scenario->request_count);
    if (flow_work_init(&w->flows, w->scenario, e) != 0 ||
        checker_init(&w->checker, w->scenario, setup->record, setup->bodies, e) != 0 ||
        make_executors(w, e) != 0)
        return -1;
    if (uv_loop_init(&w->loop) != 0)
        return err_set(e, "cannot create an event loop");
    w->loop_ready = true;
    if (uv_async_init(&w->loop, &w->wake, on_order) != 0)
        return err_set(e, "cannot create an event loop");
    w->wake.data = w;
    w->wake_ready = true;
    if (pacer_init(&w->pacer, &w->loop, on_due, w, e) != 0)
        return -1;
    w->pacer_ready = true;
    if (hist_init(&w->lags, WORKER_LAG_BITS, e) != 0)
        return -1;
    w->pacer.lags = &w->lags;
    if (worker_reserve(w, e) != 0)
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
    for (uint32_t i = 0; i < w->executor_count; i++)
        executor_done(&w->executors[i]);
    hist_done(&w->lags);
    checker_done(&w->checker);
    flow_work_done(&w->flows);
    free(w->compiled);
    free(w->reported);
    free(w->executors);
    free(w->last_error);
    free(w->changes);
    pthread_mutex_destroy(&w->change_lock);
    buf_done(&w->masked);
}
