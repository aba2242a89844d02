/*
 * import_derive: derives instances and time series from what was imported.
 *
 * From the log it derives the instances. It also derives container/instance_count,
 * container/billable_instance_time, request_count, request_latencies and
 * request_latency/e2e_latencies and /pending, unless a metrics file contained the metric, at whole
 * steps of the run's clock. From the metrics it derives count, mean and percentiles of each
 * distribution. All of it replaces what was derived before.
 *
 * The rules are in docs/run-file.md. Thread: one.
 */
#ifndef IMPORT_IMPORT_DERIVE_H
#define IMPORT_IMPORT_DERIVE_H

#include <stdint.h>

#include "record/server.h"
#include "util/err.h"

struct import_derived {
    uint64_t instances;
    int64_t step_us; /* 0: no series was derived from the log */
};

/* offset_us: the server's clock minus the client's. */
int import_derive(struct server_file *f, int64_t offset_us, int64_t idle_limit_us,
                  struct import_derived *out, struct err *e);

#endif
