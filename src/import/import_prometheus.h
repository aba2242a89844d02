/*
 * import_prometheus: reads the samples of a Prometheus endpoint, in text format 0.0.4 or
 * OpenMetrics.
 *
 * It reads one whole document. Names and labels are kept as the server writes them, but labels are
 * sorted by name. Timestamps and exemplars are skipped. It does not know the run, and does not
 * decide which metrics matter.
 *
 * Ownership: texts of a sample are valid during its callback. Thread: any.
 */
#ifndef IMPORT_IMPORT_PROMETHEUS_H
#define IMPORT_IMPORT_PROMETHEUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

#define IMPORT_PROMETHEUS_NAME_BYTES 256
#define IMPORT_PROMETHEUS_LABELS_BYTES 1024
#define IMPORT_PROMETHEUS_LABELS_MAX 32

struct import_prometheus_sample {
    const char *metric;
    const char *labels; /* `engine="0",model_name="m"`, values as in the text; "": none */
    bool cumulative;    /* a counter, or a bucket, sum or count of a distribution; false: a gauge */
    double value;       /* may be NaN or infinite */
};

/* Set *stop to end the reading. */
typedef void import_prometheus_fn(void *context, const struct import_prometheus_sample *sample,
                                  bool *stop);

struct import_prometheus_result {
    uint64_t samples;
    uint64_t bad;         /* number of lines that were skipped */
    struct err complaint; /* about the first of them, with its number: "line 3: …"; "": none */
};

/* Calls fn for each sample, in the order of the text. A line that cannot be understood is skipped
 * and counted. */
void import_prometheus_read(const char *text, size_t n, import_prometheus_fn *fn, void *context,
                            struct import_prometheus_result *out);

#endif
