/*
 * validate_data: what `coldswarm validate` says of traces, data sets and made prompts.
 *
 * Ownership: all is borrowed. Thread: main.
 */
#ifndef CLI_VALIDATE_DATA_H
#define CLI_VALIDATE_DATA_H

#include "scenario/scenario.h"
#include "schedule/load.h"
#include "util/buf.h"

/* The lines of a load with a trace, the first without its label. */
void validate_trace(struct buf *out, const struct scenario *s, const struct load *l);

/* What is allowed in a trace and yet seldom meant, a line each. */
void validate_trace_warn(struct buf *out, const struct scenario *s);

/* A line for each feeder of prompts; nothing for others. */
void validate_feeders(struct buf *out, const struct scenario *s);

#endif
