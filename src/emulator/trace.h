/*
 * trace: the trace context of a request: reads and writes `traceparent` and
 * `X-Cloud-Trace-Context`.
 *
 * It works like Google's front end: the client's trace is kept, a new span is made for our part,
 * and a request without a trace gets one. It records no spans. Pure except for trace_fresh(), which
 * draws random ids. Thread: any.
 */
#ifndef EMULATOR_TRACE_H
#define EMULATOR_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "emulator/head.h"

struct trace {
    char id[33];   /* 32 hex digits, lower case */
    char span[17]; /* 16 hex digits: the span of our part, parent of the instance's */
    bool sampled;
};

/* Parses "00-TRACE-SPAN-FLAGS" (W3C Trace Context, level 1). Returns false if it is not valid. */
bool trace_read_parent(struct view value, struct trace *t);

/* Parses "TRACE/SPAN;o=1". The span is decimal; it and the options are optional. Returns false
 * if it is not valid. */
bool trace_read_cloud(struct view value, struct trace *t);

/* Draws new random ids; not sampled. */
void trace_fresh(struct trace *t);
void trace_fresh_span(struct trace *t);

/* Appends both fields, each with its line end. */
void trace_write(const struct trace *t, struct buf *out);

#endif
