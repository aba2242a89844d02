/*
 * capacity_comparison: the comparison of two searches for capacity as a document: which is better,
 * by how much, and how certain that is (capacity_ratio.h).
 *
 * Searches that do not fit are refused, as with runs (comparison.h): other SLOs, another scenario
 * or options that change what is sent. Two units cannot be compared at all.
 *
 * Ownership: borrows the results and paths; capacity_comparison_done() frees the rest. Thread:
 * plain data.
 */
#ifndef REPORT_CAPACITY_COMPARISON_H
#define REPORT_CAPACITY_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>

#include "capacity/capacity_ratio.h"
#include "capacity/capacity_result.h"
#include "report/document.h"
#include "report/lines.h"
#include "util/err.h"

struct capacity_side {
    const char *path;
    const struct capacity_result *result;
};

struct capacity_comparison {
    struct capacity_side base, with;
    struct capacity_ratio ratio;
    struct lines refusals; /* why they do not fit */
    bool other_unit;       /* one of those, which nothing overrides */
};

/* Fails only if memory runs out. Call capacity_comparison_done() also after a failure. */
int capacity_comparison(struct capacity_comparison *c, const struct capacity_side *base,
                        const struct capacity_side *with, struct err *e);
void capacity_comparison_done(struct capacity_comparison *c);

/* Call document_done() also after a failure. */
int capacity_comparison_document(struct document *d, const struct capacity_comparison *c,
                                 struct err *e);

#endif
