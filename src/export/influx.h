/*
 * influx: writes a run in InfluxDB's line protocol, for its HTTP APIs of version 1 and 2.
 *
 * The numbers are those of control/metrics.h, and the percentiles of the last seconds. A part
 * (exporter.h) has one line for the run, one for each endpoint and one for each threshold. A tag
 * may be hostile: control characters become \xNN, and what the protocol reads as its own is
 * escaped. An empty tag is left out, because the protocol has none.
 *
 * Ownership: all is borrowed. Thread: that of the status; the rest any.
 */
#ifndef EXPORT_INFLUX_H
#define EXPORT_INFLUX_H

#include "control/status.h"
#include "export/exporter.h"
#include "export/label.h"
#include "util/buf.h"
#include "util/err.h"

extern const struct exporter_format influx_format;

/* The address to write to. "http://HOST:8086/DB" is the database DB of version 1. An address whose
 * path ends with "/write" is taken as it is; it needs a database or a bucket. Names and passwords
 * in the query are refused. */
int influx_url(const char *given, struct buf *out, struct err *e);

/* Appends a part. `tags`: of each line. at_ns: since 1970. */
void influx_part(const struct status *s, const struct labels *tags, int64_t at_ns, struct buf *out);

/* Whether a text can be the key of a tag. */
bool influx_may_be_key(const char *key);

#endif
