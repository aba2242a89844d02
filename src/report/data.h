/*
 * data: the CSV files behind the figures, in DIR/data.
 *
 *   requests_per_second.csv   second,requests_per_second,failures_per_second
 *   response_time.csv         second,median_ms,p95_ms          empty where no request ended
 *   users.csv                 second,users
 *   latency_distribution.csv  endpoint,percentile,inverse,latency_ms
 *   latency_heatmap.csv       from_s,to_s,from_ms,to_ms,requests    a row for each field of time and
 *                             latency with requests in it; the last row is the end of the run
 *
 * and, of the server's side, those that there are (a file of an earlier report is removed):
 *
 *   instance_count.csv          second,active,idle
 *   billable_instance_time.csv  second,billable_s
 *   request_count.csv           second,client,server
 *   request_latency.csv         second,with_startup_p95_ms,without_startup_p95_ms; from metrics
 *                               alone with_startup_mean_ms,without_startup_mean_ms
 *   cpu_utilization.csv, memory_utilization.csv   second,percent
 *   cold_starts.csv             time_s,latency_ms,label; without the server's log
 *                               time_s,service_ms,guess. Thinned (points.h); the last row is the
 *                               end of the run
 *
 * `second` is the start of the second, and a request counts in the second of its end; the last
 * second may be a part of one. Latencies are exact response times, whatever rules the tables go by.
 * `inverse` is 1/(1 - percentile/100); the last row of an endpoint is its maximum, with the number
 * of its requests for the inverse. Endpoints are "METHOD NAME", and "Aggregated" for all. It draws
 * nothing: see figures.h.
 *
 * Thread: any, one at a time for one DIR.
 */
#ifndef REPORT_DATA_H
#define REPORT_DATA_H

#include "report/model.h"
#include "util/err.h"

/* Rows of latency_heatmap.csv, from the fastest to the slowest request, at most. */
#define DATA_HEATMAP_ROWS 60

/* DIR/data must be there. The model was made with options.figures. */
int data_write(const char *dir, const struct model *m, struct err *e);

#endif
