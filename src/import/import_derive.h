/*
 * import_derive: instances and time series, worked out from what was imported.
 *
 * From the log: the instances, and for each metric that no metrics file has brought
 * container/instance_count, container/billable_instance_time, request_count, request_latencies and
 * request_latency/e2e_latencies and /pending, at whole steps of the run's clock. From the metrics:
 * count, mean and percentiles of each distribution. All of it replaces what was derived before.
 *
 * How each is worked out: docs/run-file.md. Thread: one.
 */
#ifndef IMPORT_IMPORT_DERIVE_H
#define IMPORT_IMPORT_DERIVE_H

#include <stdint.h>

#include "record/server.h"
#include "util/err.h"

struct import_derived {
    uint64_t instances;
    int64_t step_us; /* 0: no series came from the log */
};

/* offset_us: server's clock minus client's. */
int import_derive(struct server_file *f, int64_t offset_us, int64_t idle_limit_us,
                  struct import_derived *out, struct err *e);

#endif
