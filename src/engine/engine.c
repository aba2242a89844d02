#include "engine/engine.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "engine/watch.h"
#include "engine/worker.h"
#include "util/clock.h"

#define TICK_MS (WATCH_TICK_NS / NS_PER_MS)
#define OPEN_FILES_AMPLE 65536
/* Between the choice of the start time and the start itself, so that no worker is late from the beginning. */
#define START_DELAY_NS (5 * NS_PER_MS)

struct engine {
    const struct engine_options *options;
    struct transport_options transport_options;
    struct transport_request *requests;
    char **urls;
    struct worker *workers;
    uint32_t prepared, started;

    uv_loop_t loop;
    uv_timer_t tick;
    uv_async_t left;
    uv_signal_t interrupt, terminate;

    int64_t start_ns, stop_ns;
    enum worker_order order;
    int signal;
    bool record_failed;
    bool all_users;  /* all users are there, or busy: said once */
    size_t stage;    /* the next stage to be noted */
    bool load_ended; /* said once */
    struct watch_state watch;
};

/* ---- what the workers share ---- */

char *engine_url(const struct scenario *s, const struct scenario_request *r) {
    struct buf url;
    buf_init(&url, 1 << 20);
    if (r->path[0] == '/')
        buf_str(&url, s->target);
    buf_str(&url, r->path);
    return buf_take(&url);
}

static void translate_options(struct engine *g) {
    const struct scenario_http *h = &g->options->scenario->http;
    static const enum transport_http versions[] = {
        [SCENARIO_HTTP_1_1] = TRANSPORT_HTTP_1_1,
        [SCENARIO_HTTP_2] = TRANSPORT_HTTP_2,
        [SCENARIO_HTTP_2_PRIOR] = TRANSPORT_HTTP_2_PRIOR,
    };
    g->transport_options = (struct transport_options){
        .version = versions[h->version],
        .verify = h->verify,
        .ca = h->ca,
        .cert = h->cert,
        .key = h->key,
        .resolve = (const char *const *)h->resolve,
        .resolve_count = h->resolve_count,
        .proxy = h->proxy,
        .unix_socket = h->unix_socket,
        .keepalive = h->keepalive,
        .follow_redirects = h->follow_redirects,
        .compressed = h->compressed,
        .cookies = h->cookies,
        .connect_timeout_ns = g->options->scenario->connect_timeout_ns,
        .timeout_ns = g->options->scenario->timeout_ns,
        .user_agent = g->options->user_agent,
        .trace_run = g->options->trace_run,
        .trace_sampled = g->options->trace_sampled,
        .kernel_clock = g->options->kernel_clock,
    };
}

static int translate_requests(struct engine *g, struct err *e) {
    const struct scenario *s = g->options->scenario;
    static_assert(sizeof(struct transport_header) == sizeof(struct scenario_header),
                  "the two header types are one layout");
    g->requests = calloc(s->task_count, sizeof *g->requests);
    g->urls = calloc(s->task_count, sizeof *g->urls);
    if (g->requests == NULL || g->urls == NULL)
        return err_set(e, "not enough memory for %zu tasks", s->task_count);
    for (size_t i = 0; i < s->task_count; i++) {
        const struct scenario_request *r = &s->tasks[i].request;
        g->urls[i] = engine_url(s, r);
        if (g->urls[i] == NULL)
            return err_set(e, "not enough memory for the URL of %s", r->name);
        g->requests[i] = (struct transport_request){
            .method = r->method,
            .url = g->urls[i],
            .headers = (const struct transport_header *)(const void *)r->headers,
            .header_count = r->header_count,
            .body = r->body,
            .body_bytes = r->body_bytes,
        };
    }
    return 0;
}

int engine_raise_limits(const struct scenario *s, uint32_t threads, struct err *e) {
    struct rlimit limit;
    /* A connection a user, a second one while it reconnects for some, and what the process itself holds. */
    uint32_t users = load_users_max(&s->load);
    rlim_t need = (rlim_t)users + users / 16 + 16 * (rlim_t)threads + 64;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < need)
        return err_set(
            e,
            "%u users need about %llu open files, and the limit of this shell is %llu; raise it "
            "(ulimit -n %llu as root, or nofile in /etc/security/limits.conf) or use fewer users",
            users, (unsigned long long)need, (unsigned long long)limit.rlim_max,
            (unsigned long long)need);
    bool enough = limit.rlim_cur >= need;
    /* More than the estimate, where allowed: a user of several hosts has a connection to each, and a name that is being
     * looked up holds two. */
    rlim_t ample = need > OPEN_FILES_AMPLE ? need : OPEN_FILES_AMPLE;
    if (limit.rlim_cur >= ample)
        return 0;
    limit.rlim_cur =
        limit.rlim_max == RLIM_INFINITY || limit.rlim_max > ample ? ample : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && !enough)
        return err_set(e, "cannot raise the limit of open files to %llu; try ulimit -n %llu",
                       (unsigned long long)need, (unsigned long long)need);
    return 0;
}

/* ---- while it runs ---- */

static void order_all(struct engine *g, enum worker_order order) {
    if (order <= g->order)
        return;
    g->order = order;
    for (uint32_t i = 0; i < g->started; i++)
        worker_stop(&g->workers[i], order);
}

static int64_t elapsed_ns(const struct engine *g) {
    int64_t now = clock_mono_ns();
    return now > g->start_ns ? now - g->start_ns : 0;
}

static uint32_t count_users(const struct engine *g) {
    uint32_t users = 0;
    for (uint32_t i = 0; i < g->started; i++)
        users += atomic_load_explicit(&g->workers[i].active, memory_order_relaxed);
    return users;
}

static void show_progress(struct engine *g, int64_t now, uint32_t users) {
    const struct engine_options *o = g->options;
    int64_t load_ns = load_duration(&o->scenario->load);
    struct engine_progress p = {
        .elapsed_ns = now,
        .duration_ns = load_ns,
        .users = users,
        .users_max = load_users_max(&o->scenario->load),
        .stopping = g->order != WORKER_RUN || now >= load_ns,
        .signal = g->signal,
    };
    if (o->progress != NULL)
        o->progress(o->progress_context, &p);
    if (o->stop != NULL && g->order == WORKER_RUN && o->stop(o->stop_context, &p))
        order_all(g, WORKER_FINISH);
}

static void on_signal(uv_signal_t *handle, int number) {
    struct engine *g = handle->data;
    const char *name = number == SIGINT ? "SIGINT" : "SIGTERM";
    struct err text;
    bool first = g->order == WORKER_RUN;
    err_set(&text, first ? "%s: no new requests" : "%s again: requests under way are cancelled",
            name);
    record_event(g->options->record, elapsed_ns(g), "signal", text.text);
    if (g->signal == 0)
        g->signal = number;
    order_all(g, first ? WORKER_FINISH : WORKER_ABORT);
    show_progress(g, elapsed_ns(g), count_users(g));
}

static void note_users(struct engine *g, uint32_t users, int64_t now) {
    const struct load *load = &g->options->scenario->load;
    if (g->all_users || users < load_users_max(load))
        return;
    struct err text;
    g->all_users = true;
    if (load_is_open(load))
        err_set(&text, "all %u users are busy; requests that are due wait for one", users);
    else
        err_set(&text, "all %u users are active", users);
    record_event(g->options->record, now, load_is_open(load) ? "users_busy" : "spawning_complete",
                 text.text);
}

static void stage_text(const struct load *load, size_t i, struct err *out) {
    const struct load_stage *s = &load->stages[i];
    double seconds = (double)s->duration_ns / 1e9;
    if (load_is_open(load))
        err_set(out, "stage %zu of %zu: to %g requests per second in %g s", i + 1,
                load->stage_count, (double)s->micro_rate / LOAD_MICRO, seconds);
    else
        err_set(out, "stage %zu of %zu: to %u users in %g s", i + 1, load->stage_count, s->users,
                seconds);
}

/* Stages are noted when they are seen, at most a tick late, with the time that they began. */
static void note_load(struct engine *g, int64_t now) {
    const struct load *load = &g->options->scenario->load;
    struct err text;
    size_t reached = load_stage_at(load, now);
    int64_t began = 0;
    for (size_t i = 0; i < load->stage_count; i++) {
        const struct load_stage *s = &load->stages[i];
        if (i == g->stage && i <= reached && began < load_duration(load)) {
            stage_text(load, i, &text);
            record_event(g->options->record, began, "stage", text.text);
            g->stage++;
        }
        began += s->duration_ns;
    }
    if (!g->load_ended && now >= load_duration(load) && g->order == WORKER_RUN) {
        g->load_ended = true;
        record_event(g->options->record, load_duration(load), "load_end",
                     load_is_open(load)
                         ? "no more arrivals; those that wait or are under way may finish"
                         : "no new requests; those under way may finish");
    }
}

static void on_tick(uv_timer_t *timer) {
    struct engine *g = timer->data;
    const struct engine_options *o = g->options;
    int64_t now = elapsed_ns(g);
    uint32_t users = count_users(g);
    note_users(g, users, now);
    note_load(g, now);
    struct watch_subject of = {g->workers, g->started, o->record};
    watch_tick(&g->watch, &of, now, users);
    if (!g->record_failed && record_failed(o->record)) {
        g->record_failed = true;
        order_all(g, WORKER_ABORT);
    }
    show_progress(g, now, users);
}

static void on_left(uv_async_t *left) {
    struct engine *g = left->data;
    bool all = true;
    for (uint32_t i = 0; i < g->started; i++) {
        bool ended = atomic_load(&g->workers[i].ended);
        all = all && ended;
        if (ended && g->workers[i].failed)
            order_all(g, WORKER_FINISH);
    }
    if (!all)
        return;
    g->stop_ns = clock_mono_ns();
    note_load(g, elapsed_ns(g));
    struct watch_subject of = {g->workers, g->started, g->options->record};
    watch_end(&g->watch, &of, elapsed_ns(g), count_users(g));
    uv_close((uv_handle_t *)&g->tick, NULL);
    uv_close((uv_handle_t *)&g->left, NULL);
    uv_close((uv_handle_t *)&g->interrupt, NULL);
    uv_close((uv_handle_t *)&g->terminate, NULL);
}

/* ---- start and end ---- */

static int prepare(struct engine *g, struct err *e) {
    const struct engine_options *o = g->options;
    translate_options(g);
    if (translate_requests(g, e) != 0)
        return -1;
    g->workers = calloc(o->threads, sizeof *g->workers);
    if (g->workers == NULL)
        return err_set(e, "not enough memory for %u threads", o->threads);
    for (uint32_t i = 0; i < o->threads; i++) {
        struct worker_setup setup = {
            .scenario = o->scenario,
            .transport_ops = o->transport,
            .transport_options = &g->transport_options,
            .requests = g->requests,
            .record = o->record,
            .index = i,
            .count = o->threads,
            .seed = o->seed,
            .stop_timeout_ns = o->stop_timeout_ns,
            .left = &g->left,
        };
        g->prepared = i + 1;
        if (worker_init(&g->workers[i], &setup, e) != 0)
            return -1;
    }
    return 0;
}

static int start(struct engine *g, struct err *e) {
    g->start_ns = clock_mono_ns() + START_DELAY_NS;
    record_started(g->options->record, clock_real_ns() + START_DELAY_NS);
    for (uint32_t i = 0; i < g->options->threads; i++) {
        if (worker_start(&g->workers[i], g->start_ns, e) != 0)
            return -1;
        g->started = i + 1;
    }
    return 0;
}

static void open_loop(struct engine *g) {
    uv_loop_init(&g->loop);
    uv_timer_init(&g->loop, &g->tick);
    uv_async_init(&g->loop, &g->left, on_left);
    uv_signal_init(&g->loop, &g->interrupt);
    uv_signal_init(&g->loop, &g->terminate);
    g->tick.data = g->left.data = g->interrupt.data = g->terminate.data = g;
    uv_signal_start(&g->interrupt, on_signal, SIGINT);
    uv_signal_start(&g->terminate, on_signal, SIGTERM);
    uv_timer_start(&g->tick, on_tick, TICK_MS, TICK_MS);
}

static void close_loop(struct engine *g) {
    uv_handle_t *handles[] = {(uv_handle_t *)&g->tick, (uv_handle_t *)&g->left,
                              (uv_handle_t *)&g->interrupt, (uv_handle_t *)&g->terminate};
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++)
        if (!uv_is_closing(handles[i]))
            uv_close(handles[i], NULL);
    uv_run(&g->loop, UV_RUN_DEFAULT);
    uv_loop_close(&g->loop);
}

int engine_run(const struct engine_options *options, struct engine_result *result, struct err *e) {
    struct engine g = {.options = options};
    int status = -1;
    open_loop(&g);
    if (prepare(&g, e) != 0)
        goto done;
    status = start(&g, e);
    if (status != 0)
        order_all(&g, WORKER_ABORT);
    if (g.started > 0)
        uv_run(&g.loop, UV_RUN_DEFAULT);
    for (uint32_t i = 0; i < g.started; i++) {
        worker_join(&g.workers[i]);
        if (g.workers[i].failed && status == 0)
            status = err_set(e, "%s", g.workers[i].failure.text);
    }
    if (status == 0)
        *result = (struct engine_result){
            .duration_ns = g.stop_ns - g.start_ns,
            .signal = g.signal,
            .record_failed = g.record_failed,
            .busiest_core = g.watch.busiest_core,
            .busiest_worker = g.watch.busiest_worker,
            .longest_stall_ns = g.watch.longest_stall_ns,
        };

done:
    for (uint32_t i = 0; i < g.prepared; i++)
        worker_done(&g.workers[i]);
    for (size_t i = 0; g.urls != NULL && i < options->scenario->task_count; i++)
        free(g.urls[i]);
    free(g.urls);
    free(g.requests);
    free(g.workers);
    watch_done(&g.watch);
    close_loop(&g);
    return status;
}
