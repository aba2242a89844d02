/*
 * export_metrics: Cloud Run's metrics as one document in the form of Monitoring's timeSeries.list.
 *
 * Requests and start-ups are counted as they happen. export_metrics_sample() closes an interval and
 * adds one point to each series. Only the newest `points_max` intervals are kept, so memory is
 * bounded. It reads no clock and writes no file; times are nanoseconds since 1970.
 *
 * As in Cloud Run, request_latencies is measured in the container, without start-up.
 * request_latency/e2e_latencies and /pending have the rest. request_count only has requests that
 * reached an instance.
 *
 * Ownership: heap; export_metrics_free(NULL) is allowed; the service's strings are copied. Thread:
 * plain data, owned by the caller.
 */
#ifndef EMULATOR_EXPORT_METRICS_H
#define EMULATOR_EXPORT_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "emulator/export_log.h"
#include "util/buf.h"
#include "util/err.h"

struct export_metrics;

/* The first interval begins at start_ns. points_max: 1 to 100000. container: as in the logs;
 * NULL is "app". */
int export_metrics_new(struct export_metrics **out, const struct export_service *s,
                       const char *container, int64_t start_ns, size_t points_max, struct err *e);
void export_metrics_free(struct export_metrics *m);

/* A request that reached an instance has ended, in the current interval. */
void export_metrics_request(struct export_metrics *m, int status, int64_t e2e_ns,
                            int64_t pending_ns, int64_t container_ns);

/* An instance became ready, startup_ns after its start. */
void export_metrics_startup(struct export_metrics *m, int64_t startup_ns);

struct export_instance {
    double cpu;             /* used / allocated, 0 to 1, over the interval */
    double memory;          /* used / limit, 0 to 1 */
    unsigned in_flight_max; /* maximum of concurrent requests in the interval */
    /* Processed a request in the interval (or is starting: the caller decides). */
    int active;
};

struct export_sample {
    unsigned active, idle; /* instances now, for the gauge */
    double billable_s;     /* of all instances, added in this interval */
    const struct export_instance *instances;
    size_t n;
    unsigned pending;    /* requests waiting now */
    int recommended_cpu; /* AUTOSCALER_NONE (-1): no point */
    int recommended_concurrency;
};

/* Closes the interval that ends at at_ns, which must be later than the one before. Fails if
 * memory runs out; the interval is then lost, and the next one is longer. */
int export_metrics_sample(struct export_metrics *m, int64_t at_ns, const struct export_sample *s,
                          struct err *e);

/* Appends {"timeSeries":[...]}, with the newest points first. */
void export_metrics_write(const struct export_metrics *m, struct buf *out);

#endif
