/*
 * web_metrics: writes the status of a run in Prometheus' text format, version 0.0.4.
 *
 * docs/live.md lists the metrics. Counters and histograms are exact: at the end they equal the rows
 * of the run file. Endpoints beyond WEB_METRICS_ENDPOINTS_MAX have one series together, and a gauge
 * says how many they are, so that a server never gets an unbounded number of series.
 *
 * Texts may be hostile. Control characters become \xNN, and quotes and backslashes are escaped.
 * Thread: that of the status.
 */
#ifndef WEB_WEB_METRICS_H
#define WEB_WEB_METRICS_H

#include "control/status.h"
#include "util/buf.h"

#define WEB_METRICS_ENDPOINTS_MAX 200

void web_metrics(const struct status *s, struct buf *out);

#endif
