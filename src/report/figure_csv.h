/*
 * figure_csv: writes the numbers behind the figures, each to DIR/data/KEY.csv.
 *
 *   over time        second,COLUMN,...  a row for each second; empty if there is no value
 *                    KEY_steps.csv: second,seconds,COLUMN,...  if the run is drawn in steps of
 *                    several seconds, and a step has its own value, from all its requests
 *   distribution     endpoint,percentile,inverse,latency_ms  of every endpoint: "METHOD NAME", and
 *                    "Aggregated" for all. `inverse` is 1/(1 - percentile/100). The last row of an
 *                    endpoint is its maximum, with its number of requests as the inverse
 *   points           time_s,latency_ms,label, or time_s,service_ms,guess as the client estimates;
 *                    thinned (points.h); the last row is the end of the run
 *   heat map         from_s,to_s,from_ms,to_ms,requests  a row for each field of time and latency
 *                    that has requests; the last row is the end of the run
 *
 * `second` is the start of the second. Other kinds of figures have no file. If an earlier report
 * had a figure that this one does not have, its files are removed.
 *
 * Thread: any, one at a time per DIR.
 */
#ifndef REPORT_FIGURE_CSV_H
#define REPORT_FIGURE_CSV_H

#include "report/document.h"
#include "util/err.h"

/* DIR/data must exist. */
int figure_csv_write(const char *dir, const struct document *d, struct err *e);

#endif
