/* Resource use of the instances, the autoscaler's tick, and the metrics. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulator/emulator_internal.h"
#include "emulator/processes.h"
#include "util/clock.h"

#define LOOK_EVERY 3                    /* watches between two looks at /proc */
#define HOLD_AFTER_NS (100 * NS_PER_MS) /* billing rounds up to this: the CPU is paid for so long */
#define LOOK_MIN_NS (50 * NS_PER_MS)
#define METRICS_MAX_BYTES ((size_t)1 << 30)

/* The memory limit is by what is seen here: a process that takes and gives back between two looks
 * is not caught. */
static void check_memory(struct unit *u) {
    uint64_t limit = u->emulator->options.service.memory_bytes;
    if (u->memory_bytes <= limit || u->container->state == CONTAINER_ENDED ||
        u->memory_limit_hit_bytes > 0)
        return;
    u->memory_limit_hit_bytes = u->memory_bytes;
    log_memory(u);
    upstream_fail(&u->upstream, 500, EXPORT_BAD_ANSWER); /* before its connections say 503 */
    u->draining = true;
    container_kill(u->container, CONTAINER_MEMORY);
}

static void measure_look(struct emulator *m) {
    int64_t now_ns = clock_mono_ns(), since_ns = now_ns - m->last_look_ns;
    if (since_ns < LOOK_MIN_NS) /* shares of a time that short would be noise */
        return;
    pid_t *groups = calloc(m->unit_count + 1, sizeof *groups);
    struct processes_use *uses = calloc(m->unit_count + 1, sizeof *uses);
    size_t n = 0;
    m->last_look_ns = now_ns;
    if (groups != NULL && uses != NULL && m->unit_count > 0) {
        for (struct unit *u = m->units; u != NULL; u = u->next)
            groups[n++] = u->container->pid != 0 ? u->container->pid : -1; /* 0 is the kernel's */
        processes_sample(groups, uses, n);
        n = 0;
        for (struct unit *u = m->units; u != NULL; u = u->next, n++) {
            int64_t gained_ns = uses[n].cpu_ns - u->cpu_ns;
            if (uses[n].processes == 0)
                continue;
            u->cpus_used = gained_ns > 0 && since_ns > 0 ? (double)gained_ns / (double)since_ns : 0;
            if (gained_ns > 0) /* a child that nobody waited for takes its share away */
                u->cpu_ns = uses[n].cpu_ns;
            u->memory_bytes = uses[n].memory_bytes;
            check_memory(u);
        }
    }
    free(groups);
    free(uses);
}

static void hold_idle(struct emulator *m, int64_t now_ns) {
    for (struct unit *u = m->units; u != NULL; u = u->next)
        if (u->container->state == CONTAINER_READY && u->in_flight == 0 && !u->container->held &&
            now_ns - u->idle_since_ns >= HOLD_AFTER_NS) {
            upstream_drop_idle(&u->upstream); /* it could not even see that they are closed */
            container_hold(u->container, true);
        }
}

/* The instances that are kept ready for --min-instances and do nothing are paid at the idle price;
 * busy ones count towards the minimum first. */
static void count_idle_minimum(struct emulator *m, int64_t now_ns) {
    unsigned idle = 0, busy = 0, min = m->options.scaling.min;
    for (const struct unit *u = m->units; u != NULL; u = u->next) {
        bool ready = u->container->state == CONTAINER_READY;
        idle += ready && u->in_flight == 0;
        busy += ready && u->in_flight > 0;
    }
    unsigned kept = busy < min ? min - busy : 0;
    m->total.idle_min_ns += (int64_t)(idle < kept ? idle : kept) * (now_ns - m->last_watch_ns);
    m->last_watch_ns = now_ns;
}

void measure_watch(uv_timer_t *timer) {
    struct emulator *m = timer->data;
    int64_t now_ns = clock_mono_ns();
    count_idle_minimum(m, now_ns);
    if (m->options.hold)
        hold_idle(m, now_ns);
    if (m->looks++ % LOOK_EVERY == 0)
        measure_look(m);
    if (m->pending != NULL)
        route_dispatch(m);
}

void measure_scaling(struct emulator *m, int64_t now_ns, struct autoscaler_sample *out) {
    int64_t since_ns = now_ns - m->last_tick_ns;
    double length = since_ns > 0 ? (double)since_ns : 1;
    size_t n = 0;
    for (struct unit *u = m->units; u != NULL; u = u->next) {
        if (!unit_is_counted(u))
            continue;
        double sum =
            (double)u->in_flight_sum_ns + (double)u->in_flight * (double)(now_ns - u->changed_ns);
        m->scaled_units[n] = u;
        m->scaled[n++] = (struct autoscaler_instance){
            .ready = u->container->state == CONTAINER_READY,
            .in_flight = u->in_flight,
            .in_flight_mean = sum / length,
            .cpus_used = u->cpus_used,
            .idle_since_ns = emulator_scaled_ns(m, u->idle_since_ns),
        };
    }
    double waited = (double)m->pending_sum_ns +
                    (double)m->pending_count * (double)(now_ns - m->pending_changed_ns);
    *out = (struct autoscaler_sample){
        .instances = m->scaled,
        .n = n,
        .pending = m->pending_count,
        .pending_mean = waited / length,
        .requests_per_s = (double)(m->arrived - m->arrived_at_tick) * (double)NS_PER_S / length,
    };
}

void measure_tick(uv_timer_t *timer) {
    struct emulator *m = timer->data;
    struct autoscaler_sample sample;
    int64_t now_ns = clock_mono_ns();
    if (m->stopping > 0)
        return;
    measure_scaling(m, now_ns, &sample);
    autoscaler_tick(m->scaler, emulator_scaled_ns(m, now_ns), &sample, m->stop_at, &m->decision);
    for (struct unit *u = m->units; u != NULL; u = u->next) {
        u->in_flight_sum_ns = 0;
        u->changed_ns = now_ns;
    }
    m->pending_sum_ns = 0;
    m->pending_changed_ns = m->last_tick_ns = now_ns;
    m->arrived_at_tick = m->arrived;
    for (size_t i = 0; i < m->decision.stop; i++) {
        struct unit *u = m->scaled_units[m->stop_at[i]];
        unit_stop(u, u->in_flight == 0 ? "idle" : "scale-in");
    }
    units_start(m, m->decision.start_min, UNIT_MIN);
    units_start(m, m->decision.start - m->decision.start_min, UNIT_AUTOSCALING);
}

/* ---- metrics ---- */

static int64_t billable_ns(const struct emulator *m, int64_t now_ns) {
    int64_t sum = m->ended_billable_ns;
    for (const struct unit *u = m->units; u != NULL; u = u->next)
        if (u->container->state != CONTAINER_ENDED)
            sum += unit_billable_ns(u, now_ns);
    return sum;
}

void emulator_status(const struct emulator *m, struct emulator_status *out) {
    int64_t now_ns = clock_mono_ns();
    *out = m->total;
    out->starting = out->active = out->idle = out->stopping = 0;
    for (const struct unit *u = m->units; u != NULL; u = u->next) {
        enum container_state state = u->container->state;
        out->starting += state == CONTAINER_STARTING;
        out->active += state == CONTAINER_READY && u->in_flight > 0;
        out->idle += state == CONTAINER_READY && u->in_flight == 0;
        out->stopping += state == CONTAINER_STOPPING;
    }
    out->pending = m->pending_count;
    out->billable_ns = billable_ns(m, now_ns);
    out->uptime_ns = now_ns - m->started_ns;
    out->per_second = m->per_second;
}

/* A starting or stopping instance has the CPU and is billed: it counts as active. */
static size_t list_instances(struct emulator *m, double length_ns, struct export_instance *list,
                             struct export_sample *s) {
    size_t n = 0;
    for (struct unit *u = m->units; u != NULL; u = u->next) {
        if (u->container->state == CONTAINER_ENDED)
            continue;
        bool ready = u->container->state == CONTAINER_READY;
        s->active += !ready || u->in_flight > 0;
        s->idle += ready && u->in_flight == 0;
        double used = (double)(u->cpu_ns - u->cpu_at_sample_ns) / length_ns;
        list[n++] = (struct export_instance){
            .cpu = used / m->options.service.cpus,
            .memory = (double)u->memory_bytes / (double)m->options.service.memory_bytes,
            .in_flight_max = u->in_flight_max,
            .active = u->was_active || !ready,
        };
        u->cpu_at_sample_ns = u->cpu_ns;
        u->in_flight_max = u->in_flight;
        u->was_active = u->in_flight > 0;
    }
    return n;
}

void measure_sample(uv_timer_t *timer) {
    struct emulator *m = timer->data;
    int64_t now_ns = clock_mono_ns();
    struct export_instance *list = calloc(m->unit_count + 1, sizeof *list);
    struct err e;
    if (list == NULL)
        return;
    measure_look(m);
    int64_t billable = billable_ns(m, now_ns), length_ns = now_ns - m->last_metrics_ns;
    struct export_sample s = {
        .billable_s = (double)(billable - m->billable_at_sample_ns) / (double)NS_PER_S,
        .instances = list,
        .pending = m->pending_count,
        .recommended_cpu = m->decision.cpu,
        .recommended_concurrency = m->decision.concurrency,
    };
    s.n = list_instances(m, length_ns > 0 ? (double)length_ns : 1, list, &s);
    if (export_metrics_sample(m->metrics, emulator_real_ns(m, now_ns), &s, &e) != 0) {
        emulator_note(m, "%s", e.text);
    } else {
        m->billable_at_sample_ns = billable;
        m->last_metrics_ns = now_ns;
    }
    free(list);
}

void measure_second(uv_timer_t *timer) {
    struct emulator *m = timer->data;
    struct emulator_status now;
    int64_t now_ns = clock_mono_ns(), since_ns = now_ns - m->second_ns;
    m->per_second = since_ns > 0 ? (double)(m->total.requests - m->second_requests) *
                                       (double)NS_PER_S / (double)since_ns
                                 : 0;
    m->second_ns = now_ns;
    m->second_requests = m->total.requests;
    journal_flush(&m->journal); /* so much may be missing after a kill -9 */
    emulator_status(m, &now);
    if (m->options.tick != NULL)
        m->options.tick(m->options.context, &now);
}

/* Into a new file that then takes the old one's place: a reader never sees half a document. */
int measure_write(struct emulator *m, struct err *e) {
    const char *path = m->options.metrics_path;
    char fresh[4096];
    struct buf text;
    if (path == NULL)
        return 0;
    buf_init(&text, METRICS_MAX_BYTES);
    export_metrics_write(m->metrics, &text);
    buf_char(&text, '\n');
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *f = fopen(fresh, "we");
    bool good = f != NULL && buf_ok(&text) && fwrite(text.data, 1, text.len, f) == text.len;
    int reason = errno;
    if (f != NULL && fclose(f) != 0 && good) {
        good = false;
        reason = errno;
    }
    if (good && rename(fresh, path) != 0) {
        good = false;
        reason = errno;
    }
    buf_done(&text);
    if (good)
        return 0;
    if (f != NULL)
        unlink(fresh);
    return err_set(e, "cannot write the metrics %.500s: %s", path, strerror(reason));
}
