/*
 * figure_csv: the numbers behind the figures, DIR/data/KEY.csv for each of them.
 *
 *   over time        second,COLUMN,...  a row for each second; empty where there is no value
 *                    KEY_steps.csv: second,seconds,COLUMN,...  of a run that is drawn in steps of
 *                    several seconds, where a step has a value of its own: of all its requests
 *   distribution     endpoint,percentile,inverse,latency_ms  of every endpoint: "METHOD NAME", and
 *                    "Aggregated" for all. `inverse` is 1/(1 - percentile/100); the last row of an
 *                    endpoint is its maximum, with the number of its requests for the inverse
 *   points           time_s,latency_ms,label, or time_s,service_ms,guess as the client guesses;
 *                    thinned (points.h); the last row is the end of the run
 *   heat map         from_s,to_s,from_ms,to_ms,requests  a row for each field of time and latency
 *                    with requests in it; the last row is the end of the run
 *
 * `second` is the start of the second. A figure of another kind has none. Files of an earlier
 * report whose figure is not in this one are removed.
 *
 * Thread: any, one at a time for one DIR.
 */
#ifndef REPORT_FIGURE_CSV_H
#define REPORT_FIGURE_CSV_H

#include "report/document.h"
#include "util/err.h"

/* DIR/data must be there. */
int figure_csv_write(const char *dir, const struct document *d, struct err *e);

#endif
