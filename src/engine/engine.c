#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "engine/http_options.h"
#include "engine/monitor.h"
#include "engine/notes.h"
#include "engine/proceed.h"
#include "engine/requests.h"
#include "engine/setup_teardown.h"
#include "engine/worker.h"
#include "transport/tls_context.h"
#include "util/clock.h"

#define TICK_MS (MONITOR_TICK_NS / NS_PER_MS)
#define OPEN_FILES_AMPLE 65536
/* Between the choice of the start time and the start itself, so that no worker is late from the
 * beginning. */
#define START_DELAY_NS (5 * NS_PER_MS)

struct engine {
    const struct engine_options *options;
    struct transport_options transport_options;
    struct requests requests;
    uint16_t **spreads;   /* by load, see worker.h */
    struct bytes *values; /* by slot: those of the scenario, then of the setup */
    struct checker_bodies bodies;
    struct worker *workers;
    uint32_t prepared, started;

    uv_loop_t loop;
    uv_timer_t tick;
    uv_async_t left;

    int64_t start_ns, stop_ns;
    enum worker_order order;
    int signal;
    bool record_failed;
    struct notes notes;
    struct monitor_state monitor;
    struct engine_start agreed;
    struct load load; /* the first, with its changes */
};

/* ---- what the workers share ---- */

static void choose_options(struct engine *g) {
    g->transport_options = http_options(g->options->scenario);
    g->transport_options.seed = g->options->seed;
    g->transport_options.user_agent = g->options->user_agent;
    g->transport_options.trace_run = g->options->trace_run;
    g->transport_options.trace_sampled = g->options->trace_sampled;
    g->transport_options.kernel_clock = g->options->kernel_clock;
}

static int spread_users(struct engine *g, struct err *e) {
    const struct scenario *s = g->options->scenario;
    g->spreads = calloc(s->load_count, sizeof *g->spreads);
    for (size_t i = 0; g->spreads != NULL && i < s->load_count; i++) {
        uint32_t users = load_users_max(&s->loads[i].load);
        if (engine_no_change(s) == NULL && users < ENGINE_CHANGE_USERS_MAX)
            users = ENGINE_CHANGE_USERS_MAX; /* a change may ask for them */
        if (s->loads[i].class_count == 1)
            continue;
        g->spreads[i] = calloc(users + 1, sizeof *g->spreads[i]);
        if (g->spreads[i] == NULL)
            return err_set(e, "not enough memory for %u users", users);
        scenario_spread(s, &s->loads[i], g->spreads[i], users);
    }
    return g->spreads == NULL ? err_set(e, "not enough memory for %zu loads", s->load_count) : 0;
}

/* What all users begin with, and where bodies are counted. */
static int prepare_values(struct engine *g, struct err *e) {
    const struct scenario *s = g->options->scenario;
    g->values = calloc(s->variable_count + 1, sizeof *g->values);
    g->bodies.kept = calloc(s->request_count, sizeof *g->bodies.kept);
    if (g->values == NULL || g->bodies.kept == NULL)
        return err_set(e, "not enough memory");
    for (size_t i = 0; i < s->variable_count; i++)
        g->values[i] = s->variables[i];
    for (size_t i = 0; i < s->feeder_count; i++)
        feeder_start(s->feeders[i], g->options->seed, g->options->part);
    return 0;
}

static void free_shared(struct engine *g) {
    const struct scenario *s = g->options->scenario;
    for (size_t i = 0; g->spreads != NULL && i < s->load_count; i++)
        free(g->spreads[i]);
    for (size_t i = 0; g->values != NULL && i < s->variable_count; i++)
        if (g->values[i].data != s->variables[i].data)
            free((char *)(uintptr_t)g->values[i].data);
    free(g->spreads);
    free(g->values);
    free(g->bodies.kept);
    requests_done(&g->requests);
    notes_done(&g->notes);
    load_done(&g->load);
}

int engine_check_files(const struct scenario *s, struct err *e) {
    const struct transport_options o = http_options(s);
    return tls_context_check(&o, e);
}

const char *engine_no_change(const struct scenario *s) {
    return s->load_count > 1 ? "it has several loads" : load_no_change(&s->loads[0].load);
}

uint32_t engine_users_possible(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur > 2 * ENGINE_CHANGE_USERS_MAX)
        return ENGINE_CHANGE_USERS_MAX;
    rlim_t users = limit.rlim_cur > 128 ? (limit.rlim_cur - 128) / 17 * 16 : 1;
    return users < ENGINE_CHANGE_USERS_MAX ? (uint32_t)users : ENGINE_CHANGE_USERS_MAX;
}

uint32_t engine_users(const struct scenario *s, struct part part) {
    uint32_t users = 0, first = 0;
    for (size_t i = 0; i < s->load_count; i++) {
        uint32_t own = load_users_max(&s->loads[i].load);
        users += part_share(part_from(part, first), own);
        first += own;
    }
    return users;
}

int engine_raise_limits(const struct scenario *s, struct part part, uint32_t threads,
                        struct err *e) {
    struct rlimit limit;
    /* A connection a user, a second one while it reconnects for some, and what the process itself
     * holds. */
    uint32_t users = engine_users(s, part);
    rlim_t need = (rlim_t)users + users / 16 + 16 * (rlim_t)threads + 64;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < need)
        return err_set(
            e,
            "%u user%s about %llu open files, but the limit of this shell is %llu; raise it "
            "(ulimit -n %llu as root, or nofile in /etc/security/limits.conf) or use fewer users",
            users, users == 1 ? " needs" : "s need", (unsigned long long)need,
            (unsigned long long)limit.rlim_max, (unsigned long long)need);
    bool enough = limit.rlim_cur >= need;
    /* More than the estimate, where allowed: a user of several hosts has a connection to each, and
     * a name that is being looked up holds two. */
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

/* How many users the load has in the end, or at most with a rate. */
static uint32_t users_wanted(const struct engine *g) {
    const struct load *l = &g->load;
    if (l->change_count == 0 || load_is_open(l))
        return engine_users(g->options->scenario, g->options->part);
    return part_share(g->options->part, l->changes[l->change_count - 1].users);
}

/* A worker without memory for it ends the run, which would be no run of this load. */
static void change_load(struct engine *g, const struct load_change *change) {
    struct err e;
    if (engine_no_change(g->options->scenario) != NULL || load_change(&g->load, change, &e) != 0)
        return;
    for (uint32_t i = 0; i < g->started; i++)
        if (worker_change(&g->workers[i], change, &e) != 0)
            order_all(g, WORKER_ABORT);
    notes_change(&g->notes, users_wanted(g));
}

static void ask(struct engine *g, int64_t now, uint32_t users) {
    const struct engine_options *o = g->options;
    int64_t load_ns = scenario_duration(o->scenario);
    bool stopped = g->order != WORKER_RUN;
    struct engine_progress p = {
        .elapsed_ns = now,
        .duration_ns = load_ns,
        .users = users,
        .users_max = users_wanted(g),
        .stopping = stopped || now >= load_ns,
        .stopped = stopped,
        .busiest_core = g->monitor.busiest_core,
        .busiest_worker = g->monitor.busiest_worker,
        .longest_stall_ns = g->monitor.longest_stall_ns,
    };
    if (o->tick == NULL)
        return;
    struct engine_order order = o->tick(o->tick_context, &p);
    if (order.changes && !stopped)
        change_load(g, &order.change);
    if (order.wish == ENGINE_GO_ON)
        return;
    if (g->signal == 0)
        g->signal = order.signal;
    order_all(g, order.wish == ENGINE_FINISH ? WORKER_FINISH : WORKER_ABORT);
}

static void on_tick(uv_timer_t *timer) {
    struct engine *g = timer->data;
    const struct engine_options *o = g->options;
    int64_t now = elapsed_ns(g);
    uint32_t users = count_users(g);
    notes_take(&g->notes, now, users, g->order == WORKER_RUN);
    struct monitor_subject of = {g->workers, g->started, o->record};
    monitor_tick(&g->monitor, &of, now, users);
    if (!g->record_failed && record_failed(o->record)) {
        g->record_failed = true;
        order_all(g, WORKER_ABORT);
    }
    ask(g, now, users);
}

static void on_left(uv_async_t *left) {
    struct engine *g = left->data;
    bool all = true;
    for (uint32_t i = 0; i < g->started; i++) {
        bool ended = atomic_load(&g->workers[i].ended);
        all = all && ended;
        if ((ended && g->workers[i].failed) || atomic_load(&g->workers[i].ends_run))
            order_all(g, WORKER_FINISH);
    }
    if (!all)
        return;
    g->stop_ns = clock_mono_ns();
    notes_take(&g->notes, elapsed_ns(g), 0, g->order == WORKER_RUN);
    struct monitor_subject of = {g->workers, g->started, g->options->record};
    monitor_end(&g->monitor, &of, elapsed_ns(g), count_users(g));
    uv_close((uv_handle_t *)&g->tick, NULL);
    uv_close((uv_handle_t *)&g->left, NULL);
}

/* ---- start and end ---- */

static int prepare(struct engine *g, struct err *e) {
    const struct engine_options *o = g->options;
    choose_options(g);
    if (load_copy(&o->scenario->loads[0].load, &g->load, e) != 0)
        return -1;
    if (requests_init(&g->requests, o->scenario, e) != 0 || spread_users(g, e) != 0 ||
        prepare_values(g, e) != 0 ||
        notes_init(&g->notes, o->scenario, engine_users(o->scenario, o->part), o->record, e) != 0)
        return -1;
    g->workers = calloc(o->threads, sizeof *g->workers);
    if (g->workers == NULL)
        return err_set(e, "not enough memory for %u threads", o->threads);
    for (uint32_t i = 0; i < o->threads; i++) {
        struct worker_setup setup = {
            .scenario = o->scenario,
            .transport_ops = o->transport,
            .transport_options = &g->transport_options,
            .requests = g->requests.items,
            .spreads = (const uint16_t *const *)g->spreads,
            .values = g->values,
            .bodies = &g->bodies,
            .flows = flow_needed(o->scenario),
            .record = o->record,
            .thread = i,
            .threads = o->threads,
            .part = part_split(o->part, i, o->threads),
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

/* The setup or the teardown. Its requests are no part of the load, so they are in no trace of
 * it. */
static int once(struct engine *g, const char *what, const struct scenario_steps *steps,
                struct engine_order *order, struct err *e) {
    const struct engine_options *o = g->options;
    struct transport_options options = g->transport_options;
    if (o->part.index != 0)
        return 0;
    options.trace_run = NULL;
    struct setup_teardown_options about = {
        .what = what,
        .scenario = o->scenario,
        .steps = steps,
        .ops = o->transport,
        .transport_options = &options,
        .requests = &g->requests,
        .record = o->record,
        .seed = o->seed,
        .at_ns = g->start_ns == 0 ? 0 : elapsed_ns(g),
        .tick = o->tick,
        .tick_context = o->tick_context,
    };
    return setup_teardown_run(&about, g->values, order, e);
}

/* Before the load. Returns 1 if an order came first. */
static int set_up(struct engine *g, struct engine_order *order, struct err *e) {
    const struct engine_options *o = g->options;
    g->agreed.values = g->values;
    if (o->part.index == 0 && o->scenario->setup.count > 0 &&
        !proceed_wait(o, ENGINE_SETUP, &g->agreed, order))
        return 1;
    if (once(g, "setup", &o->scenario->setup, order, e) != 0)
        return -1;
    return order->wish != ENGINE_GO_ON || !proceed_wait(o, ENGINE_LOAD, &g->agreed, order) ||
           !proceed_until(o, &g->agreed, order);
}

/* After the load. An order that ended the load does not keep the teardown from waiting for the
 * other parts; one that comes later does. */
static void tear_down(struct engine *g, struct engine_result *result, bool ok,
                      struct engine_order *order) {
    const struct engine_options *o = g->options;
    struct err e;
    if (g->started == 0 || g->order == WORKER_ABORT)
        return;
    if (o->part.index == 0 && o->scenario->teardown.count > 0)
        proceed_wait(o, ENGINE_TEARDOWN, &g->agreed, order);
    if (once(g, "teardown", &o->scenario->teardown, order, &e) != 0 && ok)
        result->teardown = e;
}

/* How long until the load is to start; negative: the time is over. */
static int64_t time_to_start(const struct engine *g, struct clock_moment now) {
    int64_t start_at_ns = g->options->start_at_ns;
    if (g->agreed.mono_ns != 0)
        return g->agreed.mono_ns - now.mono_ns;
    return start_at_ns == 0 ? START_DELAY_NS : start_at_ns - now.real_ns;
}

static int start(struct engine *g, struct engine_result *result, struct err *e) {
    struct clock_moment now = clock_moment();
    int64_t left_ns = time_to_start(g, now);
    int64_t real_ns = g->agreed.mono_ns != 0 ? g->agreed.real_ns : g->options->start_at_ns;
    if (left_ns <= 0) {
        result->late_ns = -left_ns;
        return err_set(e, "the load was to start %.3f s ago; nothing was sent",
                       (double)-left_ns / 1e9);
    }
    g->start_ns = now.mono_ns + left_ns;
    record_started(g->options->record, real_ns != 0 ? real_ns : now.real_ns + left_ns);
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
    g->tick.data = g->left.data = g;
}

static void close_loop(struct engine *g) {
    uv_handle_t *handles[] = {(uv_handle_t *)&g->tick, (uv_handle_t *)&g->left};
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++)
        if (!uv_is_closing(handles[i]))
            uv_close(handles[i], NULL);
    uv_run(&g->loop, UV_RUN_DEFAULT);
    uv_loop_close(&g->loop);
}

/* After worker_join(). */
static int64_t lag_p99_ns(struct engine *g) {
    if (g->started == 0)
        return -1;
    struct hist *all = &g->workers[0].lags;
    for (uint32_t i = 1; i < g->started; i++)
        hist_merge(all, &g->workers[i].lags);
    return all->total == 0 ? -1 : hist_quantile(all, 0.99);
}

int engine_run(const struct engine_options *options, struct engine_result *result, struct err *e) {
    struct engine_options own = *options;
    struct engine g = {.options = &own};
    struct engine_order order = {0};
    int status = -1;
    if (own.part.count == 0)
        own.part = part_whole();
    open_loop(&g);
    if (prepare(&g, e) != 0)
        goto done;
    status = set_up(&g, &order, e);
    if (status > 0)
        *result = (struct engine_result){.signal = order.signal, .unstarted = true};
    if (status != 0) {
        status = status > 0 ? 0 : -1;
        goto done;
    }
    uv_timer_start(&g.tick, on_tick, TICK_MS, TICK_MS);
    status = start(&g, result, e);
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
            .busiest_core = g.monitor.busiest_core,
            .busiest_worker = g.monitor.busiest_worker,
            .longest_stall_ns = g.monitor.longest_stall_ns,
            .loop_lag_p99_ns = lag_p99_ns(&g),
        };
    for (uint32_t i = 0; status == 0 && i < g.started; i++)
        for (size_t k = 0; k < TRANSPORT_LIMIT_COUNT; k++)
            result->shortages[k] += g.workers[i].shortages[k];
    tear_down(&g, result, status == 0, &order);
    /* A signal in the teardown ends a series of runs, too. */
    if (status == 0 && result->signal == 0)
        result->signal = order.signal;

done:
    for (uint32_t i = 0; i < g.prepared; i++)
        worker_done(&g.workers[i]);
    free(g.workers);
    free_shared(&g);
    monitor_done(&g.monitor);
    close_loop(&g);
    return status;
}
