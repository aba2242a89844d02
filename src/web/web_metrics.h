/*
 * web_metrics: writes the status of a run in Prometheus' text format, version 0.0.4.
 *
 * The numbers are those of control/metrics.h. Counters and histograms are exact: at the end they
 * equal the rows of the run file. Texts may be hostile: quotes and backslashes are escaped.
 * Thread: that of the status.
 */
#ifndef WEB_WEB_METRICS_H
#define WEB_WEB_METRICS_H

#include "control/status.h"
#include "util/buf.h"

void web_metrics(const struct status *s, struct buf *out);

#endif
