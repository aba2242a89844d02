#include "engine/worker.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

#define ERROR_TEXT_MAX 1024
#define BEAT_NS (20 * NS_PER_MS)

/* ---- what users need ---- */

uint32_t worker_draw_task(const struct worker *w, struct rng *rng) {
    size_t low = 0, high = w->scenario->task_count - 1;
    uint64_t x = rng_below(rng, w->weight_sums[high]);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (x < w->weight_sums[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return (uint32_t)low;
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

void worker_record(struct worker *w, const struct vuser *u, const struct transport_result *r) {
    struct sample s = {
        .intended_ns = u->intended_ns == VUSER_NOTHING_INTENDED ? SAMPLE_NO_TIME
                                                                : u->intended_ns - w->start_ns,
        .sent_ns = r->sent_ns - w->start_ns,
        .end_ns = r->end_ns - w->start_ns,
        .bytes_received = r->bytes_received,
        .bytes_sent = (uint32_t)(r->bytes_sent > UINT32_MAX ? UINT32_MAX : r->bytes_sent),
        .user = u->index,
        .dns_us = to_us(r->dns_ns),
        .connect_us = to_us(r->connect_ns),
        .tls_us = to_us(r->tls_ns),
        .ttfb_us = r->ttfb_ns < 0 ? SAMPLE_NO_TTFB : to_us(r->ttfb_ns),
        .endpoint = (uint16_t)u->task,
        .status = (uint16_t)r->status,
        .error = error_id(w, r->error),
        .outcome = (uint8_t)r->outcome,
        .flags = (uint8_t)((r->new_connection ? SAMPLE_NEW_CONNECTION : 0) |
                           (u->waited ? SAMPLE_WAITED_FOR_USER : 0) |
                           (r->sent_again ? SAMPLE_SENT_AGAIN : 0)),
    };
    queue_push(w->queue, &s);
}

void worker_record_not_sent(struct worker *w, uint32_t task, int64_t intended_ns, bool waited) {
    struct sample s = {
        .intended_ns = intended_ns - w->start_ns,
        .sent_ns = SAMPLE_NO_TIME,
        .end_ns = SAMPLE_NO_TIME,
        .ttfb_us = SAMPLE_NO_TTFB,
        .endpoint = (uint16_t)task,
        .outcome = OUTCOME_NOT_SENT,
        .flags = waited ? SAMPLE_WAITED_FOR_USER : 0,
    };
    queue_push(w->queue, &s);
}

void worker_user_came(struct worker *w) {
    atomic_fetch_add_explicit(&w->active, 1, memory_order_relaxed);
}

/* ---- the end ---- */

/* Nothing is left to do: lets the loop run out of handles. */
static void wind_down(struct worker *w) {
    if (!w->finishing || atomic_load_explicit(&w->active, memory_order_relaxed) > 0 ||
        !w->pacer_ready)
        return;
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

static void for_each_user(struct worker *w, void (*act)(struct vuser *)) {
    for (uint32_t i = 0; i < w->user_max; i++)
        if (w->users[i] != NULL)
            act(w->users[i]);
}

/* ---- the load ---- */

/* How many of the users 0 .. total-1 are this worker's. */
static uint32_t share(const struct worker *w, uint32_t total) {
    uint32_t n = w->setup.count, i = w->setup.index;
    return total / n + (i < total % n ? 1 : 0);
}

void worker_fail(struct worker *w) {
    int64_t now = clock_mono_ns();
    w->failed = true;
    worker_finish(w, now, now + w->setup.stop_timeout_ns);
}

struct vuser *worker_user(struct worker *w, uint32_t slot) {
    struct vuser **user = &w->users[slot];
    uint32_t index = slot * w->setup.count + w->setup.index;
    if (*user != NULL)
        return *user;
    *user = malloc(sizeof **user);
    if (*user == NULL)
        err_set(&w->failure, "not enough memory for user %u", index);
    else
        vuser_init(*user, w, index, w->setup.seed);
    return *user;
}

/* at_ns: when the load wanted this many. */
static void follow_load(struct worker *w, uint32_t wanted, int64_t at_ns) {
    for (; w->wanted > wanted; w->wanted--)
        vuser_stop(w->users[w->wanted - 1]);
    for (; w->wanted < wanted; w->wanted++) {
        struct vuser *u = worker_user(w, w->wanted);
        if (u == NULL || vuser_start(u, at_ns, &w->failure) != 0) {
            worker_fail(w);
            return;
        }
    }
}

void worker_finish(struct worker *w, int64_t now_ns, int64_t until_ns) {
    if (w->finishing)
        return;
    w->finishing = true;
    pacer_remove(&w->pacer, &w->ramp);
    pacer_remove(&w->pacer, &w->give_up);
    pacer_add(&w->pacer, &w->give_up, until_ns);
    open_stop(w, now_ns);
    for_each_user(w, vuser_stop);
}

/* Takes each change of the load at its own time, also where several are late at once: the schedules of paced users begin there. */
static void ramp(struct worker *w, int64_t now_ns) {
    const struct load *load = &w->scenario->load;
    int64_t t = w->ramp.due_ns - w->start_ns, end = load_duration(load);
    uint32_t budget = PACER_TURN_MAX;
    while (w->start_ns + t <= now_ns && !w->finishing) {
        if (t >= end) {
            worker_finish(w, now_ns, w->start_ns + end + w->setup.stop_timeout_ns);
            return;
        }
        uint32_t wanted = share(w, load_users(load, t)), before = w->wanted;
        bool part = wanted > before + budget;
        follow_load(w, part ? before + budget : wanted, w->start_ns + t);
        if (part)
            break; /* the others at the next turn, still as of t */
        budget -= wanted > before ? wanted - before : 0;
        int64_t next = load_next_change(load, t);
        t = next < 0 || next > end ? end : next;
    }
    if (!w->finishing)
        pacer_add(&w->pacer, &w->ramp, w->start_ns + t);
}

static void give_up(struct worker *w, int64_t now_ns) {
    worker_finish(w, now_ns, now_ns);
    for_each_user(w, vuser_cancel);
}

static void on_due(void *context, struct pacer_item *item, int64_t now_ns) {
    struct worker *w = context;
    if (item == &w->ramp && load_is_open(&w->scenario->load))
        open_due(w, now_ns);
    else if (item == &w->ramp)
        ramp(w, now_ns);
    else if (item == &w->give_up)
        give_up(w, now_ns);
    else if (item == &w->beat)
        pacer_add(&w->pacer, &w->beat, now_ns + BEAT_NS);
    else
        vuser_wake((struct vuser *)item);
}

static void on_order(uv_async_t *wake) {
    struct worker *w = wake->data;
    enum worker_order order = atomic_load(&w->order);
    if (order == WORKER_RUN)
        return;
    int64_t now_ns = clock_mono_ns();
    worker_finish(w, now_ns, now_ns + w->setup.stop_timeout_ns);
    if (order == WORKER_ABORT)
        for_each_user(w, vuser_cancel);
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
    if (load_is_open(&w->scenario->load))
        open_start(w);
    else
        pacer_add(&w->pacer, &w->ramp, w->start_ns);
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
    w->compiled = calloc(s->task_count, sizeof *w->compiled);
    w->weight_sums = calloc(s->task_count, sizeof *w->weight_sums);
    if (w->compiled == NULL || w->weight_sums == NULL)
        return err_set(e, "not enough memory for %zu tasks", s->task_count);
    uint64_t sum = 0;
    for (size_t i = 0; i < s->task_count; i++) {
        sum += s->tasks[i].weight;
        w->weight_sums[i] = sum;
        if (w->transport_ops->request_new(w->transport, &w->setup.requests[i], &w->compiled[i],
                                          e) != 0)
            return -1;
    }
    return 0;
}

int worker_init(struct worker *w, const struct worker_setup *setup, struct err *e) {
    *w = (struct worker){
        .setup = *setup, .scenario = setup->scenario, .transport_ops = setup->transport_ops};
    w->queue = record_queue(setup->record, setup->index);
    buf_init(&w->masked, ERROR_TEXT_MAX);
    w->user_max = share(w, load_users_max(&setup->scenario->load));
    w->users = calloc(w->user_max == 0 ? 1 : w->user_max, sizeof(*w->users));
    if (w->users == NULL)
        return err_set(e, "not enough memory for %u users", w->user_max);
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
    if (pacer_reserve(&w->pacer, (size_t)w->user_max + 3, e) != 0)
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
    for (size_t i = 0; w->compiled != NULL && i < w->scenario->task_count; i++)
        w->transport_ops->request_free(w->compiled[i]);
    for (uint32_t i = 0; w->users != NULL && i < w->user_max; i++)
        free(w->users[i]);
    free(w->compiled);
    free(w->weight_sums);
    free(w->users);
    free(w->last_error);
    buf_done(&w->masked);
}
