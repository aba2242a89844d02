/*
 * emulator_internal: shared by the files of the emulator.
 *
 * emulator.c: start, end and timers. emulator_route.c: assigns requests to instances, and queues
 * them. emulator_units.c: starts and stops instances. emulator_measure.c: their resource use, the
 * autoscaler's tick, the metrics. emulator_log.c: the log's entries. emulator_page.c: the status
 * page.
 * Thread: the loop's.
 */
#ifndef EMULATOR_EMULATOR_INTERNAL_H
#define EMULATOR_EMULATOR_INTERNAL_H

#include "emulator/admin.h"
#include "emulator/container.h"
#include "emulator/emulator.h"
#include "emulator/export_log.h"
#include "emulator/export_metrics.h"
#include "emulator/journal.h"
#include "emulator/proxy.h"

#define UNIT_ID_BYTES 147
#define UNIT_LINE_BYTES 200

struct unit { /* an instance, with all that the emulator knows about it */
    struct unit *next, *previous;
    struct emulator *emulator;
    struct container *container;
    struct upstream upstream;
    char id[UNIT_ID_BYTES];
    unsigned number;
    bool draining;                     /* gets no more requests; stopped when its last one ends */
    unsigned in_flight, in_flight_max; /* now; maximum since the last sample */
    bool was_active;                   /* since the last sample */
    uint64_t requests;
    int64_t idle_since_ns;    /* monotonic */
    int64_t in_flight_sum_ns; /* requests x time, since the last tick */
    int64_t changed_ns;       /* end of the time covered by that sum */
    struct billing_meter meter;
    const char *end;                  /* for the log: why it was stopped */
    int64_t cpu_ns, cpu_at_sample_ns; /* total CPU time; the same at the last sample */
    double cpus_used;                 /* at the last measurement */
    uint64_t memory_bytes, memory_limit_hit_bytes;
    char last_line[UNIT_LINE_BYTES]; /* of its stderr, to explain a failed start */
};

struct emulator {
    struct emulator_options options;
    struct export_service names;
    char revision[128];
    uv_loop_t loop;
    uv_timer_t watch, tick, sample, pending_timer, second;
    uv_signal_t signals[3];
    struct proxy *proxy;
    struct admin *admin;
    struct guard guard;
    struct limits limits;
    struct container_options container;
    struct autoscaler *scaler;
    struct autoscaler_decision decision; /* of the last tick */
    struct export_metrics *metrics;
    struct journal journal;

    struct unit *units, *units_last; /* oldest first; removed when their container is closed */
    unsigned unit_count, next_number;
    struct autoscaler_instance *scaled; /* filled by measure_scaling() */
    struct unit **scaled_units;
    size_t *stop_at;
    size_t scaled_room;
    struct exchange *pending, *pending_last;
    unsigned pending_count;
    int64_t pending_sum_ns, pending_changed_ns; /* since the last tick */
    uint64_t arrived, arrived_at_tick;
    int stopping; /* number of signals received */

    struct emulator_status total; /* only its counters are used */
    int64_t started_ns, started_real_ns;
    int64_t startup_sum_ns;
    uint64_t startups;
    int64_t ended_billable_ns; /* of instances that are gone */
    int64_t billable_at_sample_ns;
    int64_t last_tick_ns, last_look_ns, last_watch_ns, last_metrics_ns;
    unsigned failures_in_row; /* failed starts in a row */
    int64_t no_start_before_ns;
    unsigned looks;
    uint64_t second_requests;
    int64_t second_ns;
    double per_second;
};

/* ---- emulator.c ---- */
int64_t emulator_scaled_ns(const struct emulator *m, int64_t mono_ns);
int64_t emulator_real_ns(const struct emulator *m, int64_t mono_ns);
void emulator_note(struct emulator *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void emulator_check_end(struct emulator *m); /* ends the loop if the last instance is gone */

/* ---- emulator_route.c ---- */
void route_arrived(void *context, struct exchange *x);
void route_finished(void *context, struct exchange *x);
/* Assigns waiting requests to instances that have room, and asks for more instances. */
void route_dispatch(struct emulator *m);
void route_abort_all(struct emulator *m);

/* ---- emulator_units.c ---- */
enum unit_reason { UNIT_AUTOSCALING, UNIT_MIN };
void units_start(struct emulator *m, unsigned n, enum unit_reason why);
/* Stops the instance at once if it has no requests, else after its last request. */
void unit_stop(struct unit *u, const char *end);
void unit_terminate(struct unit *u, const char *end); /* sends SIGTERM now */
int units_make_room(struct emulator *m, struct err *e);
/* at_ns: billing starts when the request arrived, or ends when it ended. Otherwise a request
 * that replaces another one would leave a gap of microseconds, and would be billed separately. */
void unit_count_in_flight(struct unit *u, int change, int64_t at_ns);
bool unit_has_room(const struct unit *u);
bool unit_is_counted(const struct unit *u); /* starting or ready, and not asked to stop */
void units_init(struct emulator *m);
int64_t unit_billable_ns(const struct unit *u, int64_t now_ns);

/* ---- emulator_measure.c ---- */
void measure_watch(uv_timer_t *timer);
void measure_tick(uv_timer_t *timer);
void measure_sample(uv_timer_t *timer);
void measure_second(uv_timer_t *timer);
int measure_write(struct emulator *m, struct err *e);
/* Fills the autoscaler's sample. The instances are listed in `m`; scaled_units[] has the unit
 * for each index. */
void measure_scaling(struct emulator *m, int64_t now_ns, struct autoscaler_sample *out);

/* ---- emulator_page.c ---- */
void page_render(void *context, bool json, struct buf *out);

/* ---- emulator_log.c ---- */
void log_request(struct emulator *m, const struct exchange *x);
void log_line(struct unit *u, bool is_stderr, const char *text, size_t n);
void log_started(struct unit *u, enum unit_reason why);
void log_ready(struct unit *u);
void log_memory(struct unit *u);
void log_ended(struct unit *u);

#endif
