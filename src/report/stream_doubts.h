/*
 * stream_doubts: why numbers of streams may not be what they look like: sentences with their
 * numbers and what to do.
 *
 * A report shows them as remarks; the verdict of a run is SUSPECT where there is one.
 *
 *   stream_bursts         token events come several at a time, as from a proxy that buffers: gaps
 *                         say nothing of tokens
 *   stream_usage_differs  the server counts other tokens than there were events: a gap is not the
 *                         time of a token
 *   stream_length         answers are shorter than was asked for
 *   stream_cached         prompts that nobody sent before were answered from a cache
 *   stream_loop_lag       the client itself is late by a tenth of a gap or more
 *
 * Pure functions. Thread: any.
 */
#ifndef REPORT_STREAM_DOUBTS_H
#define REPORT_STREAM_DOUBTS_H

#include <stdint.h>

#include "report/remarks.h"
#include "report/streams.h"

/* A percentile of gaps, and a share of reads, need this many values. */
#define STREAM_DOUBTS_EVENTS 100
/* Reads that brought several token events, of all that brought any. */
#define STREAM_DOUBTS_SHARED 0.2
/* The median gap is below this share of what the answers' own times per token make it. */
#define STREAM_DOUBTS_GAP 0.1
/* By which token counts may differ: a server may count the token that ends an answer. */
#define STREAM_DOUBTS_TOKENS 0.05
#define STREAM_DOUBTS_LENGTH 0.1
#define STREAM_DOUBTS_CACHED 0.05
#define STREAM_DOUBTS_LAG 0.1

/* The worst first. The lag is that of our loops, its 99th percentile; READER_NO_VALUE: not known.
 * At most 450 bytes each. */
void stream_doubts(const struct streams *s, int64_t loop_lag_p99_us, struct remarks *out);

#endif
