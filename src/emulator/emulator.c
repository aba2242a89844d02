#include "emulator/emulator.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/emulator_internal.h"
#include "util/clock.h"

#define WATCH_MS 100
#define TICK_MIN_MS 20
#define SECOND_MS 1000
#define POINTS_MAX 20000
#define HEAD_TIMEOUT_NS (60 * NS_PER_S)
#define KEEP_ALIVE_NS (600 * NS_PER_S) /* Google's front end keeps a connection so long */
#define CLIENTS_MAX 20000

int64_t emulator_scaled_ns(const struct emulator *m, int64_t mono_ns) {
    return (int64_t)((double)(mono_ns - m->started_ns) * m->options.time_scale);
}

int64_t emulator_real_ns(const struct emulator *m, int64_t mono_ns) {
    return m->started_real_ns + (mono_ns - m->started_ns);
}

void emulator_note(struct emulator *m, const char *format, ...) {
    char text[1200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    m->options.note(m->options.context, text);
}

int emulator_port(const struct emulator *m) {
    return proxy_port(m->proxy);
}

int emulator_admin_port(const struct emulator *m) {
    return m->admin != NULL ? admin_port(m->admin) : -1;
}

const char *emulator_limits(const struct emulator *m) {
    return limits_text(&m->limits);
}

/* ---- the end ---- */

static void close_handles(struct emulator *m) {
    uv_handle_t *handles[] = {
        (uv_handle_t *)&m->watch,      (uv_handle_t *)&m->tick,
        (uv_handle_t *)&m->sample,     (uv_handle_t *)&m->pending_timer,
        (uv_handle_t *)&m->second,     (uv_handle_t *)&m->signals[0],
        (uv_handle_t *)&m->signals[1], (uv_handle_t *)&m->signals[2],
    };
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++)
        if (!uv_is_closing(handles[i]))
            uv_close(handles[i], NULL);
    proxy_close(m->proxy);
    admin_close(m->admin);
}

void emulator_check_end(struct emulator *m) {
    if (m->stopping == 0 || m->units != NULL || uv_is_closing((uv_handle_t *)&m->watch))
        return;
    measure_sample(&m->sample);
    close_handles(m);
}

static void stop_signal(uv_signal_t *handle, int signal_number) {
    struct emulator *m = handle->data;
    (void)signal_number;
    if (++m->stopping == 1) {
        proxy_drain(m->proxy);
        route_abort_all(m);
        for (struct unit *u = m->units; u != NULL; u = u->next)
            unit_terminate(u, "shutdown");
    } else {
        for (struct unit *u = m->units; u != NULL; u = u->next)
            container_kill(u->container, CONTAINER_STOPPED);
    }
    emulator_check_end(m);
}

/* ---- the start ---- */

static int check_command(const struct emulator_options *o, struct err *e) {
    if (o->service.words[0] == NULL)
        return err_set(e, "no COMMAND for the instances");
    return 0;
}

static void init_handles(struct emulator *m) {
    uv_timer_t *timers[] = {&m->watch, &m->tick, &m->sample, &m->pending_timer, &m->second};
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) {
        uv_timer_init(&m->loop, timers[i]);
        timers[i]->data = m;
    }
    for (size_t i = 0; i < sizeof m->signals / sizeof *m->signals; i++) {
        uv_signal_init(&m->loop, &m->signals[i]);
        m->signals[i].data = m;
    }
}

static void start_handles(struct emulator *m) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    double tick_ms =
        (double)m->options.scaling.period_ns / (double)NS_PER_MS / m->options.time_scale;
    uint64_t tick = tick_ms < TICK_MIN_MS ? TICK_MIN_MS : (uint64_t)tick_ms;
    uint64_t sample = (uint64_t)(m->options.sample_ns / NS_PER_MS);
    uv_timer_start(&m->watch, measure_watch, WATCH_MS, WATCH_MS);
    uv_timer_start(&m->tick, measure_tick, 0, tick);
    uv_timer_start(&m->sample, measure_sample, sample, sample);
    uv_timer_start(&m->second, measure_second, SECOND_MS, SECOND_MS);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        uv_signal_start(&m->signals[i], stop_signal, numbers[i]);
}

static void name_all(struct emulator *m) {
    const struct service *s = &m->options.service;
    if (s->revision != NULL)
        snprintf(m->revision, sizeof m->revision, "%s", s->revision);
    else
        snprintf(m->revision, sizeof m->revision, "%s-00001-dev", s->name);
    m->names = (struct export_service){
        .project = s->project,
        .location = s->region,
        .service = s->name,
        .revision = m->revision,
        .configuration = s->name,
    };
}

static int open_ports(struct emulator *m, struct err *e) {
    const struct emulator_options *o = &m->options;
    struct proxy_options p = {
        .bind = o->bind,
        .port = o->port,
        .request_timeout_ns = o->service.timeout_ns,
        .head_timeout_ns = HEAD_TIMEOUT_NS,
        .keep_alive_ns = KEEP_ALIVE_NS,
        .clients_max = CLIENTS_MAX,
        .context = m,
        .arrived = route_arrived,
        .finished = route_finished,
    };
    if (proxy_new(&m->loop, &p, &m->proxy, e) != 0)
        return -1;
    if (o->admin_port < 0)
        return 0;
    if (admin_new(&m->loop, o->bind, o->admin_port, page_render, m, &m->admin, e) != 0)
        return err_prefix(e, "status page");
    return 0;
}

static int open_guard(struct emulator *m, struct err *e) {
    char prefix[64];
    limits_init(&m->limits, m->options.service.cpus, "");
    limits_prefix(&m->limits, prefix, sizeof prefix);
    return guard_start(&m->guard, m->limits.version != 0 ? m->limits.base : "", prefix, e);
}

int emulator_new(const struct emulator_options *o, struct emulator **out, struct err *e) {
    if (check_command(o, e) != 0)
        return -1;
    struct emulator *m = calloc(1, sizeof *m);
    if (m == NULL)
        return err_memory(e, NULL);
    m->options = *o;
    /* The autoscaler lives in scaled time, but no start-up is faster for that. */
    m->options.scaling.kpa_progress_ns =
        (int64_t)((double)o->scaling.kpa_progress_ns * o->time_scale);
    m->guard.fd = -1;
    struct clock_moment now = clock_moment();
    m->started_ns = now.mono_ns;
    m->started_real_ns = now.real_ns;
    m->last_tick_ns = m->last_look_ns = m->last_watch_ns = m->last_metrics_ns = m->second_ns =
        m->started_ns;
    m->pending_changed_ns = m->started_ns;
    m->decision.cpu = m->decision.concurrency = AUTOSCALER_NONE;
    name_all(m);
    if (uv_loop_init(&m->loop) != 0) {
        free(m);
        return err_memory(e, "a loop");
    }
    init_handles(m);
    units_init(m);
    if (open_ports(m, e) != 0 || units_make_room(m, e) != 0 ||
        autoscaler_new(&m->scaler, &m->options.scaling, e) != 0 ||
        export_metrics_new(&m->metrics, &m->names, o->service.container, m->started_real_ns,
                           POINTS_MAX, e) != 0 ||
        journal_open(&m->journal, o->log_path, e) != 0 || open_guard(m, e) != 0) {
        emulator_free(m);
        return -1;
    }
    *out = m;
    return 0;
}

int emulator_run(struct emulator *m, struct err *e) {
    struct err second;
    start_handles(m);
    uv_run(&m->loop, UV_RUN_DEFAULT);
    int failed = measure_write(m, e);
    if (journal_close(&m->journal, &second) != 0 && failed == 0)
        failed = err_set(e, "%s", second.text);
    return failed;
}

void emulator_free(struct emulator *m) {
    if (m == NULL)
        return;
    close_handles(m);
    uv_run(&m->loop, UV_RUN_DEFAULT);
    guard_stop(&m->guard);
    limits_done(&m->limits);
    journal_close(&m->journal, NULL);
    uv_loop_close(&m->loop);
    proxy_free(m->proxy);
    admin_free(m->admin);
    autoscaler_free(m->scaler);
    export_metrics_free(m->metrics);
    free(m->scaled);
    free(m->scaled_units);
    free(m->stop_at);
    free(m);
}
