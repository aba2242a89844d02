/*
 * platform: what a run file tells about the server's side, as numbers: cold starts, where the time
 * went, instances, and how the client's requests and the server's log agree.
 *
 * Made by two readings of the request log, in memory that does not grow with it but for the
 * requests of one instance. Labels by the rule of PLATFORM_COLD_RULE. It prices nothing and lays
 * nothing out: see platform_tables.h.
 *
 * Ownership: heap; borrows the reader's strings; platform_free(NULL) is fine. Thread: as the
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

/* Microseconds. */
enum platform_time {
    PLATFORM_CLIENT,    /* sent to end, as the client saw it */
    PLATFORM_LOG,       /* arrival to answer, as the request log has it: with start-up */
    PLATFORM_NETWORK,   /* the first minus the second */
    PLATFORM_WAIT,      /* of a cold one: arrival to the probe of its instance */
    PLATFORM_CONTAINER, /* the log's time without that wait */
    PLATFORM_TIMES
};

enum platform_phase {
    PLATFORM_SPAWN,      /* arrival of the first cold request to the start of its instance */
    PLATFORM_LISTENING,  /* the start to the probe that passed */
    PLATFORM_FIRST_BYTE, /* the probe to the first byte of the first answer */
    PLATFORM_PHASES
};

struct platform_instance {
    struct reader_instance at;
    uint64_t requests, cold;
    int64_t busy_us; /* with at least one request in it */
    int64_t in_us;   /* of all requests in it, added up; in_us / busy_us is the mean concurrency */
    uint32_t concurrency_max;
    int64_t billable_us;      /* request-based */
    int64_t life_us;          /* within the log's reach; instance-based billing goes by it */
    double median_us, p95_us; /* of the log's latency; NAN: none */
    bool crashed;
    int64_t first_cold_us, first_answer_us, first_byte_us; /* READER_NO_VALUE: none */
    int64_t last_us;                                       /* of its answers */
};

#define PLATFORM_STATUS_MAX 1000
#define PLATFORM_LONG_BODY_US INT64_C(100000)

struct platform_status {
    uint64_t client, server; /* answers with that status; [0]: without one */
};

struct platform_counts {
    uint64_t sent, answered; /* of the client */
    uint64_t not_sent;
    uint64_t no_instance; /* log entries without one */
    uint64_t joined_answered, joined_unanswered;
    uint64_t missing;        /* answered at the client, not in the log */
    uint64_t lost;           /* no answer and not in the log */
    uint64_t others;         /* log entries without the trace of this run */
    uint64_t status_differs; /* both have one, and they are not the same */
    uint64_t early;          /* the client's time was shorter than the log's */
    uint64_t long_bodies;    /* joined, and the body took PLATFORM_LONG_BODY_US at the client */
    uint64_t log_to_head;    /* of these, those whose time in the log has no room for the body */
    bool decidable;          /* entries could join */
    uint64_t unexplained;    /* missing + astray + repeated + status_differs */
};

/* The figures of the server's side; the order is that of the paper's Figures 5 to 10. */
enum platform_figure {
    PLATFORM_INSTANCE_COUNT, /* active, idle */
    PLATFORM_BILLABLE_TIME,  /* seconds a second */
    PLATFORM_REQUEST_COUNT,  /* a second: sent by the client, arrived at the server */
    PLATFORM_LATENCY,        /* ms: with start-up, without */
    PLATFORM_CPU,            /* percent */
    PLATFORM_MEMORY,
    PLATFORM_FIGURES
};

/* A value a second of the run, NAN if there is none. */
struct platform_lines {
    double *first, *second; /* both NULL: there is no such figure; second NULL: one line */
    const char *reason;     /* why not */
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
    uint64_t cold_instances; /* that a request waited for */
    uint64_t started;        /* whose start is in the log */
    uint64_t crashes;
    int64_t billable_us;          /* of all instances */
    int64_t billable_instance_us; /* by the instance-based rule */
    int64_t instance_us;          /* lives of all, within the log's reach */
    int64_t concurrency_max;
    double metric_billable_s, metric_requests; /* of the metrics, over all their time */
    uint64_t container_count;
    double container_mean_ms; /* of the metric request_latencies; NAN: none */

    /* With figures; else NULL. */
    struct series *with,
        *without; /* by the second of the answer: the log's time and the container's;
                                      in the steps of the figures, too */
    struct platform_lines figures[PLATFORM_FIGURES];
    /* Of each interval of the metrics; else the 95th percentile of a second. */
    bool latency_is_mean;
    uint32_t *sent, *arrived; /* per second of the run */
    size_t seconds;
    struct points *points;
};

/* *out is NULL where nothing was imported. */
int platform_new(struct reader *r, bool figures, size_t seconds, struct platform **out,
                 struct err *e);
void platform_free(struct platform *s);

/* By how much the bounds of the clocks' offset leave no room for it; 0: they do. */
int64_t platform_clock_contradiction_us(const struct platform *s);

#endif
