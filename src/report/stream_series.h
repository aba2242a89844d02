/*
 * stream_series: what the figures of streamed answers draw: times to the first token as points,
 * over time and over the length of the prompt, tokens and streams in flight by second, and gaps as
 * a heat map.
 *
 * An answer that the end of the run cut has its tokens here, and no time to the first token. It
 * draws nothing: see figure_table.h.
 *
 * Memory grows with the seconds of the run and the requests that hit a cold start. Ownership: heap,
 * stream_series_free(NULL) is fine. Thread: as the reader.
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
    struct points *ttft;      /* at the moment of sending */
    bool labelled;            /* cold ones are known, from the server's log */
    struct points *by_prompt; /* `at_us` is a number of tokens; NULL: no server told one */
    struct heatmap *gaps;     /* at the end of each */
    double *tokens;           /* by second; the events of an answer share its tokens evenly */
    double *in_flight;        /* by second, the mean */
    size_t seconds;
};

/* For a run of that many seconds. *out is NULL where it has no streams. */
int stream_series_new(struct reader *r, size_t seconds, struct stream_series **out, struct err *e);
void stream_series_free(struct stream_series *s);

#endif
