/*
 * stream_series: the data for the figures of streamed responses: times to the first token as
 * points, over time and over the length of the prompt; tokens and streams in flight by second; gaps
 * as a heat map.
 *
 * A response that the end of the run cut off has its tokens here, but no time to the first token.
 * It draws nothing: see figure_table.h.
 *
 * Memory grows with the seconds of the run and with the requests that hit a cold start. Ownership:
 * heap, stream_series_free(NULL) is allowed. Thread: as the reader.
 */
#ifndef REPORT_STREAM_SERIES_H
#define REPORT_STREAM_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reader.h"
#include "report/points.h"
#include "stats/heatmap.h"
#include "util/err.h"

struct stream_series {
    struct points *ttft; /* at the time of sending */
    bool labelled;       /* cold ones are known from the server log */
    /* `at_us` is a number of tokens. NULL: the server reported none. */
    struct points *by_prompt;
    struct heatmap *gaps; /* at the end of each gap */
    double *tokens;    /* by second; the tokens of a response are spread evenly over its events */
    double *in_flight; /* by second, as a mean */
    size_t seconds;
};

/* `seconds` is the length of the run. *out is NULL if it has no streams. */
int stream_series_new(struct reader *r, size_t seconds, struct stream_series **out, struct err *e);
void stream_series_free(struct stream_series *s);

#endif
