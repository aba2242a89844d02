/*
 * import_prometheus: the samples of a Prometheus endpoint, from its text format 0.0.4 or
 * OpenMetrics.
 *
 * Reads one whole document. Names and labels are kept as the server writes them, labels in the
 * order of their names. Time stamps and exemplars are skipped. It does not know the run, and does
 * not judge which metrics matter.
 *
 * Ownership: texts of a sample are valid during its call. Thread: any.
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
    const char *labels; /* `engine="0",model_name="m"`, values as the text has them; "": none */
    bool cumulative;    /* a counter, or a bucket, sum or count of a distribution; else a gauge */
    double value;       /* may be NaN or infinite */
};

/* *stop ends the reading. */
typedef void import_prometheus_fn(void *context, const struct import_prometheus_sample *sample,
                                  bool *stop);

struct import_prometheus_result {
    uint64_t samples;
    uint64_t bad;         /* lines that were skipped */
    struct err complaint; /* of the first one, with its number: "line 3: …"; "": none */
};

/* Calls fn for each sample in the order of the text. What cannot be understood is skipped and
 * counted, a line at a time. */
void import_prometheus_read(const char *text, size_t n, import_prometheus_fn *fn, void *context,
                            struct import_prometheus_result *out);

#endif
