/*
 * exporter: sends what a run shows to a receiver over HTTP, from a thread of its own.
 *
 * The caller pushes parts: what a receiver gets of one moment, already written in its format. A
 * queue keeps up to EXPORTER_QUEUE_BYTES of them; if it is full, the oldest are dropped. The thread
 * joins what waits into one request, and has a lower priority than those that send the load. So a
 * receiver that is slow, fails or is away costs parts, never time.
 *
 * A failed request is repeated after 1 s, 2 s and so on up to 30 s, or after the pause that the
 * receiver asks for. What it refuses for good is dropped. Everything dropped is counted, and the
 * first failure, each other one, and the recovery are noted. It does not write formats: otlp.h and
 * influx.h do.
 *
 * Ownership: heap; options are borrowed until exporter_free(), which does not wait for a receiver;
 * NULL is allowed. Thread: one, except that `note` is called on the exporter's. Signals should be
 * blocked in exporter_new(), because its thread inherits that.
 */
#ifndef EXPORT_EXPORTER_H
#define EXPORT_EXPORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

#define EXPORTER_QUEUE_BYTES ((size_t)16 << 20)
#define EXPORTER_REQUEST_BYTES ((size_t)4 << 20) /* of a request, unless one part is larger */

/* What a receiver answers besides its status. */
struct exporter_answer {
    uint64_t refused; /* data points that it did not take */
    struct err why;   /* its own text; "": none */
};

struct exporter_format {
    const char *type;                  /* Content-Type */
    const char *begin, *between, *end; /* of a request with several parts */
    bool (*repeats)(long status);      /* a failure that may pass */
    void (*read)(long status, const char *text, size_t bytes, struct exporter_answer *out);
};

struct exporter_options {
    const struct exporter_format *format;
    const char *url;
    const char *shown; /* the URL without secrets */
    const char *const *headers;
    size_t header_count;
    const char *ca; /* PEM file; NULL: the system's */
    void (*note)(void *context, const char *text);
    void *context;
};

struct exporter_result {
    uint64_t parts, sent; /* the others were dropped */
    uint64_t refused;     /* data points */
    struct err why;       /* of the last failure; "": there was none */
    struct err why_refused;
};

struct exporter;

int exporter_new(const struct exporter_options *options, struct exporter **out, struct err *e);
void exporter_free(struct exporter *x);

/* Copies a part. Never waits for the receiver. */
void exporter_push(struct exporter *x, const char *text, size_t bytes);

/* No more parts will come. What waits is sent until until_ns (CLOCK_MONOTONIC). Returns at once. */
void exporter_finish(struct exporter *x, int64_t until_ns);

/* Waits for that. */
void exporter_join(struct exporter *x, struct exporter_result *out);

#endif
