/*
 * import_metrics: what a time series of Cloud Monitoring says, point by point.
 *
 * Reads the shape of timeSeries.list in all spellings: kinds as words or as the numbers of the
 * Python client, 64-bit numbers as strings or numbers, points without startTime, values of every
 * type, distributions with linear, exponential or explicit buckets. It does not know the run, the
 * service that is looked for, or the database.
 *
 * Ownership: texts of a series point into the document or lie in the struct. Thread: any.
 */
#ifndef IMPORT_IMPORT_METRICS_H
#define IMPORT_IMPORT_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/json.h"

#define IMPORT_LABELS_BYTES 1024
#define IMPORT_LABEL_BYTES 128
#define IMPORT_BUCKETS_MAX 10000

struct import_series {
    bool of_cloud_run;
    const char *metric;             /* without run.googleapis.com/ */
    const char *service, *revision; /* NULL: not said */
    const char *unit;               /* NULL: not said */
    const char *kind;               /* "gauge", "delta", "cumulative"; "rate": a delta per second */
    const char *fold;               /* how series that share a label become one: "sum" or "mean" */
    char labels[IMPORT_LABELS_BYTES]; /* all that tell this series from others of its metric */
    char label[IMPORT_LABEL_BYTES];   /* what is shown of them */
    const struct json *points;
};

struct import_point {
    int64_t end_us;
    int64_t start_us; /* INT64_MIN: a moment */
    bool is_distribution;
    double value; /* the mean of a distribution */
    int64_t count;
};

/* of_cloud_run is false, and nothing else set, where the metric is another product's. */
int import_series_read(const struct json *entry, struct import_series *out, struct err *e);

/* Puts the buckets of a distribution that hold something into `buckets`, as server.sql has them. */
int import_point_read(const struct json *point, struct import_point *out, struct buf *buckets,
                      struct err *e);

#endif
