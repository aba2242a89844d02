/*
 * platform: what a run file says about the server side, as numbers: cold starts, where the time
 * went, instances, and how the client's requests agree with the server log.
 *
 * It reads the request log twice. Memory does not grow with the log, except for the requests of one
 * instance. Labels follow PLATFORM_COLD_RULE. It computes no prices and no layout: see
 * platform_tables.h.
 *
 * Ownership: heap; borrows the reader's strings; platform_free(NULL) is allowed. Thread: as the
 * reader.
 */
#ifndef REPORT_PLATFORM_H
#define REPORT_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reader_server.h"
#include "report/points.h"
#include "stats/series.h"
#include "stats/spread.h"
#include "util/err.h"

enum platform_label { PLATFORM_COLD, PLATFORM_WARM, PLATFORM_UNKNOWN, PLATFORM_LABELS };

#define PLATFORM_COLD_RULE                                                                         \
    "Cold: the request arrived before the start-up probe of its instance passed, so it waited "    \
    "for "                                                                                         \
    "the start. Warm: it arrived later, or after its instance had answered another request. "      \
    "Unknown: it reached no instance, or one whose start is not in the log."

/* In microseconds. */
enum platform_time {
    PLATFORM_CLIENT,  /* from sending to end, as the client saw it */
    PLATFORM_LOG,     /* from arrival to response in the request log, including start-up */
    PLATFORM_NETWORK, /* the first minus the second */
    /* Of a cold request: from arrival until the probe of its instance passed. */
    PLATFORM_WAIT,
    PLATFORM_CONTAINER, /* the log's time without that wait */
    PLATFORM_TIMES
};

enum platform_phase {
    /* From the arrival of the first cold request to the start of its instance. */
    PLATFORM_SPAWN,
    PLATFORM_LISTENING, /* from the start to the probe that passed */
    /* From the probe to the first byte of the first response. */
    PLATFORM_FIRST_BYTE,
    PLATFORM_PHASES
};

struct platform_instance {
    struct reader_instance at;
    uint64_t requests, cold;
    int64_t busy_us; /* time with at least one request in it */
    /* Sum of the times of all its requests; in_us / busy_us is the mean concurrency. */
    int64_t in_us;
    uint32_t concurrency_max;
    int64_t billable_us;      /* by the request-based rule */
    int64_t life_us;          /* within the range of the log; the basis of instance-based billing */
    double median_us, p95_us; /* of the latencies in the log; NAN: none */
    bool crashed;
    int64_t first_cold_us, first_answer_us, first_byte_us; /* READER_NO_VALUE: none */
    int64_t last_us;                                       /* of its responses */
};

#define PLATFORM_STATUS_MAX 1000

struct platform_status {
    uint64_t client, server; /* responses with that status; [0]: without one */
};

struct platform_counts {
    uint64_t sent, answered; /* at the client */
    uint64_t not_sent;
    uint64_t no_instance; /* log entries without an instance */
    uint64_t joined_answered, joined_unanswered;
    uint64_t missing;        /* with a response at the client, not in the log */
    uint64_t lost;           /* no response, and not in the log */
    uint64_t others;         /* log entries without a trace of this run */
    uint64_t status_differs; /* both have a status, and they differ */
    uint64_t early;          /* the client's time was shorter than the log's */
    /* Joined, and the body took SERVER_LONG_BODY_US or more at the client. */
    uint64_t long_bodies;
    uint64_t log_to_head; /* of these: the time in the log leaves no room for the body */
    bool decidable;       /* entries could be joined */
    uint64_t unexplained; /* missing + astray + repeated + status_differs */
};

/* The figures of the server side, in the order of the paper's Figures 5 to 10. */
enum platform_figure {
    PLATFORM_INSTANCE_COUNT, /* active, idle */
    PLATFORM_BILLABLE_TIME,  /* seconds per second */
    PLATFORM_REQUEST_COUNT,  /* per second: sent by the client, arrived at the server */
    PLATFORM_LATENCY,        /* ms: with start-up, without */
    PLATFORM_CPU,            /* in percent */
    PLATFORM_MEMORY,
    PLATFORM_FIGURES
};

/* A value for each second of the run; NAN: none. */
struct platform_lines {
    double *first, *second; /* both NULL: there is no such figure; second NULL: one line */
    const char *reason;     /* why there is no figure */
};

struct platform {
    struct reader_server side;
    int64_t run_us;
    struct spread_row log[PLATFORM_LABELS], client[PLATFORM_LABELS];
    struct spread_row times[PLATFORM_TIMES], phases[PLATFORM_PHASES];
    struct platform_counts counts;
    struct platform_status status[PLATFORM_STATUS_MAX];
    struct platform_instance *instances; /* by start */
    size_t instance_count;
    uint64_t cold_instances; /* instances that a request waited for */
    uint64_t started;        /* instances whose start is in the log */
    uint64_t crashes;
    int64_t billable_us;          /* of all instances, by the request-based rule */
    int64_t billable_instance_us; /* by the instance-based rule */
    int64_t instance_us;          /* lifetimes of all instances, within the range of the log */
    int64_t concurrency_max;
    double metric_billable_s, metric_requests; /* from the metrics, over all their time */
    uint64_t container_count;
    double container_mean_ms; /* of the metric request_latencies; NAN: none */

    /* Only with figures; else NULL. */
    /* By the second of the response, and in the steps of the figures: the log's time (with
     * start-up) and the container's (without). */
    struct series *with, *without;
    struct platform_lines figures[PLATFORM_FIGURES];
    /* The latency figure has the mean of each interval of the metrics, not the 95th percentile of
     * each second. */
    bool latency_is_mean;
    uint32_t *sent, *arrived; /* per second of the run */
    size_t seconds;
    struct points *points;
};

/* *out is NULL if nothing was imported. */
int platform_new(struct reader *r, bool figures, size_t seconds, struct platform **out,
                 struct err *e);
void platform_free(struct platform *s);

/* By how much the bounds of the clock offset contradict each other. 0: they do not. */
int64_t platform_clock_contradiction_us(const struct platform *s);

#endif
