/*
 * figure_table: the figures of a report. To add one, add a row to the table and the function that
 * fills it. It is then a section of the document, and every writer has it.
 *
 *   requests_per_second   requests and failures per second            (the paper's Fig. 2)
 *   response_time         median and 95th percentile of each second   (Fig. 3)
 *   users                 virtual users                               (Fig. 4)
 *   latency_distribution  response time over the percentile, one line per endpoint and one for all
 *   latency_heatmap       response time over the run, as colours that count requests
 *
 * and, if there are data for them,
 *
 *   instance_count          instances, active and idle                     (Fig. 5)
 *   billable_instance_time  billable seconds per second                    (Fig. 6)
 *   request_count           sent by the client, arrived at the server      (Fig. 7)
 *   request_latency         of the server, with and without start-up       (Fig. 8)
 *   cpu_utilization, memory_utilization                                    (Fig. 9, 10)
 *   cold_starts             latency of each request, with cold ones marked
 *   ttft, ttft_by_prompt    time to the first token of each streamed response, over time and over
 *                           the length of its prompt
 *   server_queue, server_kv_cache  from the target's own metrics, if the run read them
 *   output_tokens           tokens per second
 *   streams_in_flight       concurrent streamed responses
 *   token_gaps              gaps between token events, as colours that count them
 *
 * A request counts in the second in which it ended; the last second may be incomplete. Latencies
 * are exact response times, whatever rules the tables use. Runs of more than 600 seconds are drawn
 * in equal steps: percentiles of all requests of a step, means of everything else. docs/figures.md
 * explains the figures to readers.
 *
 * The document (document.h) calls the functions of the rows and owns the figures. Thread: any.
 */
#ifndef REPORT_FIGURE_TABLE_H
#define REPORT_FIGURE_TABLE_H

#include "report/figure.h"
#include "report/model.h"
#include "util/err.h"

struct figure_row {
    struct figure figure; /* the same in every report; the other members are zero */
    /* Adds the series. If there are no data, it sets `missing` or nothing. */
    int (*make)(struct figure *f, const struct model *m, struct err *e);
};

/* The last row has no key. */
extern const struct figure_row figure_table[];

/* Fills a copy of the row's figure. The model must be made with options.figures. */
int figure_table_fill(const struct figure_row *row, struct figure *f, const struct model *m,
                      struct err *e);

#endif
