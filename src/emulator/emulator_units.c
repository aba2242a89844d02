/* Starts and stops instances. */
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "emulator/emulator_internal.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/text.h"

#define RETRY_FIRST_NS (500 * NS_PER_MS)
#define RETRY_LAST_NS (10 * NS_PER_S)

bool unit_is_counted(const struct unit *u) {
    return !u->draining && u->container->state < CONTAINER_STOPPING;
}

bool unit_has_room(const struct unit *u) {
    unsigned limit = u->emulator->options.scaling.concurrency;
    return !u->draining && u->container->state == CONTAINER_READY &&
           (limit == 0 || u->in_flight < limit);
}

int64_t unit_billable_ns(const struct unit *u, int64_t now_ns) {
    if (u->emulator->options.billing == BILLING_INSTANCE) {
        /* What is missing to the least time is added at the end, so that the metric grows by a
         * second a second until then. */
        int64_t started_ns = u->container->started_ns, ended_ns = u->container->ended_ns;
        return ended_ns != 0 ? billing_instance_ns(started_ns, ended_ns) : now_ns - started_ns;
    }
    return billing_meter_ns(&u->meter, now_ns);
}

void unit_count_in_flight(struct unit *u, int change, int64_t at_ns) {
    int64_t now_ns = clock_mono_ns();
    u->in_flight_sum_ns += (int64_t)u->in_flight * (now_ns - u->changed_ns);
    u->changed_ns = now_ns;
    u->in_flight = (unsigned)((int)u->in_flight + change);
    u->emulator->total.in_flight = (unsigned)((int)u->emulator->total.in_flight + change);
    if (change > 0) {
        billing_begin(&u->meter, at_ns);
        u->was_active = true;
        if (u->in_flight > u->in_flight_max)
            u->in_flight_max = u->in_flight;
    } else if (change < 0) {
        billing_end(&u->meter, at_ns);
        u->idle_since_ns = now_ns;
    }
}

void unit_stop(struct unit *u, const char *end) {
    u->draining = true;
    u->end = end;
    if (u->in_flight == 0)
        unit_terminate(u, end);
}

void unit_terminate(struct unit *u, const char *end) {
    u->draining = true;
    if (u->container->state >= CONTAINER_STOPPING)
        return;
    u->end = end;
    upstream_drop_idle(&u->upstream);
    bool was_starting = u->container->state == CONTAINER_STARTING;
    container_stop(u->container);
    /* From here the shutdown is what is billed; a start that is broken off goes over into it. */
    billing_begin(&u->meter, u->container->sigterm_ns);
    if (was_starting)
        billing_end(&u->meter, u->container->sigterm_ns);
}

/* ---- what containers tell ---- */

static void container_ready(void *context, struct container *c) {
    struct emulator *m = context;
    struct unit *u = c->owner;
    u->idle_since_ns = u->changed_ns = c->ready_ns;
    m->startup_sum_ns += c->ready_ns - c->started_ns;
    m->startups++;
    m->total.startup_mean_ns = m->startup_sum_ns / (int64_t)m->startups;
    m->failures_in_row = 0;
    m->no_start_before_ns = 0;
    export_metrics_startup(m->metrics, c->ready_ns - c->started_ns);
    log_ready(u);
    route_dispatch(m);
    /* Behind the dispatch: a start and the requests that waited for it are one stretch of billable
     * time. */
    billing_end(&u->meter, u->requests == 0 ? c->ready_ns : clock_mono_ns());
}

static void container_line(void *context, struct container *c, bool is_stderr, const char *text,
                           size_t n) {
    struct unit *u = c->owner;
    (void)context;
    if (is_stderr) {
        size_t kept = n < UNIT_LINE_BYTES - 1 ? n : UNIT_LINE_BYTES - 1;
        memcpy(u->last_line, text, kept);
        u->last_line[kept] = '\0';
    }
    log_line(u, is_stderr, text, n);
}

/* "exited with code 1", for people. */
static void describe_end(const struct unit *u, char *out, size_t size) {
    const struct container *c = u->container;
    if (c->cause == CONTAINER_NO_PROBE)
        snprintf(out, size, "did not listen on port %d (PORT) within %lld s", c->port,
                 (long long)(c->options->startup_limit_ns / NS_PER_S));
    else if (c->cause == CONTAINER_MEMORY)
        snprintf(out, size, "used more memory than its limit and was killed");
    else if (c->exit_signal != 0)
        snprintf(out, size, "ended by signal %d", c->exit_signal);
    else
        snprintf(out, size, "exited with code %lld", (long long)c->exit_status);
}

/* Reports the first of a series, and then fewer and fewer: a loop of crashes must not fill the
 * screen. */
static void tell_failure(struct emulator *m, const struct unit *u, bool was_ready) {
    char how[128];
    uint64_t times = m->total.crashed + m->total.failed_starts;
    if (times > 3 && (times & (times - 1)) != 0)
        return;
    describe_end(u, how, sizeof how);
    emulator_note(m, "instance %u %s%s%s%s%s", u->number, how,
                  was_ready ? "" : " before it was ready", u->last_line[0] != '\0' ? ": \"" : "",
                  u->last_line, u->last_line[0] != '\0' ? "\"" : "");
}

static void start_failed(struct emulator *m) {
    int64_t wait_ns = RETRY_FIRST_NS;
    for (unsigned i = 0; i < m->failures_in_row && wait_ns < RETRY_LAST_NS; i++)
        wait_ns *= 2;
    m->failures_in_row++;
    m->total.failed_starts++;
    m->no_start_before_ns = clock_mono_ns() + (wait_ns < RETRY_LAST_NS ? wait_ns : RETRY_LAST_NS);
}

static const char *end_name(const struct unit *u) {
    const struct container *c = u->container;
    switch (c->cause) {
    case CONTAINER_STOPPED:
        return u->end;
    case CONTAINER_NO_PROBE:
        return "probe";
    case CONTAINER_MEMORY:
        return "memory";
    case CONTAINER_BY_ITSELF:
        break;
    }
    return c->exit_signal != 0 ? "signal" : "exit";
}

static void container_ended(void *context, struct container *c) {
    struct emulator *m = context;
    struct unit *u = c->owner;
    bool was_ready = c->ready_ns != 0, asked = c->cause == CONTAINER_STOPPED;
    int64_t now_ns = c->ended_ns;
    u->draining = true;
    upstream_fail(&u->upstream, 503, EXPORT_BAD_ANSWER);
    while (u->meter.causes > 0) /* the start-up or the shutdown that ends here */
        billing_end(&u->meter, now_ns);
    u->end = end_name(u);
    if (!asked) {
        if (was_ready)
            m->total.crashed++;
        else
            start_failed(m);
        tell_failure(m, u, was_ready);
    }
    m->ended_billable_ns += unit_billable_ns(u, now_ns);
    log_ended(u);
}

static void container_gone(void *context, struct container *c) {
    struct emulator *m = context;
    struct unit *u = c->owner;
    assert(u->in_flight == 0);
    if (u->previous != NULL)
        u->previous->next = u->next;
    else
        m->units = u->next;
    if (u->next != NULL)
        u->next->previous = u->previous;
    else
        m->units_last = u->previous;
    m->unit_count--;
    free(u);
    emulator_check_end(m);
}

void units_init(struct emulator *m) {
    const struct emulator_options *o = &m->options;
    m->container = (struct container_options){
        .argv = o->service.words,
        .service = m->names.service,
        .revision = m->names.revision,
        .configuration = m->names.configuration,
        .env = o->service.env,
        .startup_limit_ns = o->service.startup_limit_ns,
        .grace_ns = o->grace_ns,
        .cold_start_ns = o->cold_start_ns,
        .guard = &m->guard,
        .limits = &m->limits,
        .context = m,
        .ready = container_ready,
        .line = container_line,
        .ended = container_ended,
        .closed = container_gone,
    };
}

/* ---- the start ---- */

/* As long as the real ones, which begin with 00. */
static void make_id(char out[UNIT_ID_BYTES]) {
    unsigned char random[(UNIT_ID_BYTES - 1) / 2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        memset(random, 1, sizeof random);
    random[0] = 0;
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(out + 2 * i, 3, "%02x", random[i]);
}

/* Room in the autoscaler's lists for one more. */
int units_make_room(struct emulator *m, struct err *e) {
    if (m->unit_count < m->scaled_room)
        return 0;
    size_t room = m->scaled_room * 2 + 16;
    struct autoscaler_instance *scaled = realloc(m->scaled, room * sizeof *scaled);
    if (scaled != NULL)
        m->scaled = scaled;
    struct unit **units = realloc(m->scaled_units, room * sizeof(struct unit *));
    if (units != NULL)
        m->scaled_units = units;
    size_t *stop_at = realloc(m->stop_at, room * sizeof *stop_at);
    if (stop_at != NULL)
        m->stop_at = stop_at;
    if (scaled == NULL || units == NULL || stop_at == NULL)
        return err_memory(e, "%zu instances", room);
    m->scaled_room = room;
    return 0;
}

static int start_one(struct emulator *m, enum unit_reason why, struct err *e) {
    struct unit *u = calloc(1, sizeof *u);
    if (u == NULL)
        return err_memory(e, "an instance");
    if (units_make_room(m, e) != 0) {
        free(u);
        return -1;
    }
    u->emulator = m;
    u->end = "shutdown";
    u->number = m->next_number + 1;
    make_id(u->id);
    billing_meter_init(&u->meter);
    if (container_start(&m->loop, &m->container, u, &u->container, e) != 0) {
        free(u);
        return -1;
    }
    m->next_number++;
    u->changed_ns = u->container->started_ns;
    billing_begin(&u->meter, u->container->started_ns);
    upstream_init(&u->upstream, m->proxy, u->container->port, u);
    u->previous = m->units_last;
    if (m->units_last != NULL)
        m->units_last->next = u;
    else
        m->units = u;
    m->units_last = u;
    m->unit_count++;
    m->total.started++;
    log_started(u, why);
    return 0;
}

void units_start(struct emulator *m, unsigned n, enum unit_reason why) {
    struct err e;
    if (m->stopping > 0 || clock_mono_ns() < m->no_start_before_ns)
        return;
    for (unsigned i = 0; i < n; i++) {
        if (start_one(m, why, &e) == 0)
            continue;
        start_failed(m);
        uint64_t times = m->total.failed_starts;
        if (times <= 3 || (times & (times - 1)) == 0)
            emulator_note(m, "%s", e.text);
        return;
    }
}
