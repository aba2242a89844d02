/*
 * otlp: writes a run as OpenTelemetry metrics for OTLP/HTTP, in JSON (opentelemetry-proto 1.x).
 *
 * The numbers are those of control/metrics.h. Counters are cumulative monotonic sums since the
 * start of the load, and response times a histogram with fixed bounds. A name is "coldswarm." and
 * that of the table, with a UCUM unit, so that a collector's Prometheus exporter gives it the name
 * of /metrics. A part (exporter.h) is one ResourceMetrics. A value that is not a number has no data
 * point.
 *
 * Ownership: all is borrowed. Thread: that of the status; the rest any.
 */
#ifndef EXPORT_OTLP_H
#define EXPORT_OTLP_H

#include "control/status.h"
#include "export/exporter.h"
#include "export/label.h"
#include "util/buf.h"
#include "util/err.h"

extern const struct exporter_format otlp_format;

/* The address for metrics: a base endpoint as of OTEL_EXPORTER_OTLP_ENDPOINT gets "/v1/metrics",
 * unless it ends so already. */
int otlp_url(const char *given, struct buf *out, struct err *e);

/* Reads "key=value,key2=value%202", the form of OTEL_EXPORTER_OTLP_HEADERS and
 * OTEL_RESOURCE_ATTRIBUTES. `what` begins an error, which never has a value. */
int otlp_pairs(const char *what, const char *text, struct labels *out, struct err *e);

/* Appends a part. `resource`: attributes of the run. at_ns: since 1970. */
void otlp_part(const struct status *s, const struct labels *resource, int64_t at_ns,
               struct buf *out);

#endif
