/*
 * merge_verdict: whether the measurement of all parts together is reliable.
 *
 * It is the worst of the parts', and the reason names the part. INVALID: a part is missing, was
 * interrupted, was ended by a signal or a threshold, or lost requests. SUSPECT: parts ran on
 * machines whose clocks may differ, unless an agent has compared them. It looks at no requests.
 *
 * Internal to this folder. Thread: any.
 */
#ifndef MERGE_MERGE_VERDICT_H
#define MERGE_MERGE_VERDICT_H

#include <stddef.h>
#include <stdint.h>

#include "merge/merge.h"
#include "merge/merge_part.h"
#include "util/err.h"

/* Clocks of machines that may differ by more make the parts SUSPECT. */
#define MERGE_CLOCKS_MAX_US INT64_C(100000)

/* The parts are in order of index. */
void merge_verdict(const struct merge_part *parts, size_t n, struct merge_verdict *out);

/* The verdict on one part: its own, unless it was interrupted. */
void merge_verdict_of(const struct merge_part *p, struct merge_verdict *out);

/* Which parts are missing, as a part of a sentence. Returns how many. */
size_t merge_missing(const struct merge_part *parts, size_t n, struct err *out);

#endif
