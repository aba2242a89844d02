/*
 * figure_table: which figures a report has. Adding one takes a row of the table and the function
 * that fills it; then it is a section of the document, and every writer has it.
 *
 *   requests_per_second   requests and failures per second            (the paper's Fig. 2)
 *   response_time         median and 95th percentile of each second   (Fig. 3)
 *   users                 virtual users                               (Fig. 4)
 *   latency_distribution  response time over the percentile, one line per endpoint and one for all
 *   latency_heatmap       response time over the run, as colours that count requests
 *
 * and, where there are data for them,
 *
 *   instance_count          instances, active and idle                     (Fig. 5)
 *   billable_instance_time  billable seconds per second                    (Fig. 6)
 *   request_count           sent by the client, arrived at the server      (Fig. 7)
 *   request_latency         of the server, with and without start-up       (Fig. 8)
 *   cpu_utilization, memory_utilization                                    (Fig. 9, 10)
 *   cold_starts             latency of each request, cold ones marked
 *   ttft, ttft_by_prompt    time to the first token of each streamed answer, over time and over its
 *                           prompt's length
 *   server_queue, server_kv_cache  of the target's own metrics, where the run read them
 *   output_tokens           tokens per second
 *   streams_in_flight       answers at once
 *   token_gaps              gaps between token events, as colours that count them
 *
 * A request counts in the second of its end, and the last second may be a part of one. Latencies
 * are exact response times, whatever rules the tables go by. Runs of more than 600 seconds are
 * drawn in equal steps: percentiles of all requests of a step, means of everything else.
 * docs/figures.md tells the reader of a report.
 *
 * The document (document.h) calls the functions of the rows, and owns the figures. Thread: any.
 */
#ifndef REPORT_FIGURE_TABLE_H
#define REPORT_FIGURE_TABLE_H

#include "report/figure.h"
#include "report/model.h"
#include "util/err.h"

struct figure_row {
    struct figure figure; /* what it is in every report; the rest of it is zero */
    /* Adds the series, or sets `missing` or nothing where there are no data. */
    int (*make)(struct figure *f, const struct model *m, struct err *e);
};

/* Ended by a row without a key. */
extern const struct figure_row figure_table[];

/* Fills a copy of the row's figure. The model was made with options.figures. */
int figure_table_fill(const struct figure_row *row, struct figure *f, const struct model *m,
                      struct err *e);

#endif
