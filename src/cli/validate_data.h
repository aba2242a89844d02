/*
 * validate_data: the output of `coldswarm validate` about traces, data sets and generated prompts.
 *
 * Ownership: all is borrowed. Thread: main.
 */
#ifndef CLI_VALIDATE_DATA_H
#define CLI_VALIDATE_DATA_H

#include "scenario/scenario.h"
#include "schedule/load.h"
#include "util/buf.h"

/* Appends the lines of a load with a trace, the first without its label. */
void validate_trace(struct buf *out, const struct scenario *s, const struct load *l);

/* Appends a line for each thing that a trace may contain but rarely means. */
void validate_trace_warn(struct buf *out, const struct scenario *s);

/* Appends a line for each feeder of prompts, and none for others. */
void validate_feeders(struct buf *out, const struct scenario *s);

#endif
