/*
 * import_metrics: reads a time series of Cloud Monitoring, point by point.
 *
 * It reads the output of timeSeries.list in all spellings: kinds as words or as the numbers of the
 * Python client, 64-bit numbers as strings or numbers, points without startTime, values of every
 * type, and distributions with linear, exponential or explicit buckets. It knows neither the run,
 * nor the requested service, nor the database.
 *
 * Ownership: texts of a series point into the document or are in the struct. Thread: any.
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
    const char *service, *revision; /* NULL: not given */
    const char *unit;               /* NULL: not given */
    const char *kind;               /* "gauge", "delta", "cumulative"; "rate": a delta per second */
    const char *fold;               /* how to merge series that share a label: "sum" or "mean" */
    char labels[IMPORT_LABELS_BYTES]; /* labels that distinguish it from others of its metric */
    char label[IMPORT_LABEL_BYTES];   /* the part of them that is shown */
    const struct json *points;
};

struct import_point {
    int64_t end_us;
    int64_t start_us; /* INT64_MIN: the point is a moment */
    bool is_distribution;
    double value; /* for a distribution: its mean */
    int64_t count;
};

/* If the metric belongs to another product, of_cloud_run is false and nothing else is set. */
int import_series_read(const struct json *entry, struct import_series *out, struct err *e);

/* Writes the non-empty buckets of a distribution to `buckets`, in the format of server.sql. */
int import_point_read(const struct json *point, struct import_point *out, struct buf *buckets,
                      struct err *e);

#endif
