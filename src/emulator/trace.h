/*
 * trace: where a request stands in a distributed trace: reads and writes `traceparent` and
 * `X-Cloud-Trace-Context`.
 *
 * As Google's front end: what the client sent is kept, a new span stands for our part, and a
 * request without a trace gets one. It records no spans. Pure but for trace_fresh(), which draws
 * random ids. Thread: any.
 */
#ifndef EMULATOR_TRACE_H
#define EMULATOR_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "emulator/head.h"

struct trace {
    char id[33];   /* 32 hex digits, lower case */
    char span[17]; /* 16: the span of our part, the parent of the instance's */
    bool sampled;
};

/* "00-TRACE-SPAN-FLAGS" (W3C Trace Context, level 1); false where it is not valid. */
bool trace_read_parent(struct view value, struct trace *t);

/* "TRACE/SPAN;o=1": the span is decimal, it and the options may be missing; false where it is not
 * valid. */
bool trace_read_cloud(struct view value, struct trace *t);

/* New random ids, not sampled. */
void trace_fresh(struct trace *t);
void trace_fresh_span(struct trace *t);

/* Appends both fields, each with its line end. */
void trace_write(const struct trace *t, struct buf *out);

#endif
