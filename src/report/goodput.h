/*
 * goodput: how many requests for streams were answered within limits, as a share and a rate.
 *
 * The limits are those of the run's thresholds on goodput, and others that are passed in. A
 * request counts as a threshold counts it (gate/gate_scope.h), in the whole part of the run that
 * the reader shows: the words of a threshold (over, from, stage) are left out.
 *
 * Ownership: heap; goodput_free(NULL) is allowed. Thread: as the reader.
 */
#ifndef REPORT_GOODPUT_H
#define REPORT_GOODPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/rule.h"
#include "record/reader.h"
#include "report/table.h"
#include "util/err.h"

struct goodput_count {
    uint64_t requests; /* without those that the end of the run cancelled */
    uint64_t good;     /* complete, and within all limits */
};

struct goodput {
    struct gate_rules rules;      /* distinct ones; owned */
    struct goodput_count *counts; /* one per rule */
    bool streams_said;            /* see stream_endpoints() */
};

/* Adds "ttft<200,time_per_token<50" to the rules to pass in. `place` is for errors. */
int goodput_add(struct gate_rules *to, const char *place, const char *limits, struct err *e);

/* `also` may be NULL; it fails if one of these names what the run does not have. *out is NULL if
 * there are no limits, or no response was streamed. */
int goodput_read(struct reader *r, const struct gate_rules *also, struct goodput **out,
                 struct err *e);
void goodput_free(struct goodput *g);

struct model;

/* One row per set of limits. The caller calls table_done(). */
void goodput_table(struct table *t, const struct model *m);

#endif
