/*
 * stream_doubts: reasons why numbers of streams may be misleading: sentences with the numbers and
 * what to do.
 *
 * A report shows them as remarks. If there is one, the verdict of the run is SUSPECT.
 *
 *   stream_bursts         several token events come at a time, as from a proxy that buffers: gaps
 *                         say nothing about tokens
 *   stream_usage_differs  the server's token count differs from the number of events: a gap is not
 *                         the time of a token
 *   stream_length         responses are shorter than requested
 *   stream_cached         prompts that nobody sent before were found in a cache
 *   stream_loop_lag       the client itself is late by a tenth of a gap or more
 *
 * Pure functions. Thread: any.
 */
#ifndef REPORT_STREAM_DOUBTS_H
#define REPORT_STREAM_DOUBTS_H

#include <stdint.h>

#include "report/remark.h"
#include "report/streams.h"

/* Minimum number of values for a percentile of gaps or a share of reads. */
#define STREAM_DOUBTS_EVENTS 100
/* Share of reads with several token events, among the reads with any. */
#define STREAM_DOUBTS_SHARED 0.2
/* Share of gaps that are short ones (STREAMS_SHORT_GAP). */
#define STREAM_DOUBTS_SHORT 0.5
/* Allowed difference of token counts: a server may count the token that ends a response. */
#define STREAM_DOUBTS_TOKENS 0.05
#define STREAM_DOUBTS_LENGTH 0.1
#define STREAM_DOUBTS_CACHED 0.05
#define STREAM_DOUBTS_LAG 0.1

/* Adds the worst first, each at most 450 bytes. loop_lag_p99_us is the 99th percentile of the lag
 * of our loops; READER_NO_VALUE: not known. */
void stream_doubts(const struct streams *s, int64_t loop_lag_p99_us, struct lines *out);

#endif
