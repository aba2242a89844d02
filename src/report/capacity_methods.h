/*
 * capacity_methods: the paragraphs that a paper needs next to the tables of a search for capacity:
 * what was searched, how a step is measured and decided, and the result.
 *
 * Thread: any.
 */
#ifndef REPORT_CAPACITY_METHODS_H
#define REPORT_CAPACITY_METHODS_H

#include "capacity/capacity_result.h"
#include "util/buf.h"

/* Plain text, not escaped; each paragraph ends with a NUL. */
void capacity_methods(struct buf *out, const struct capacity_result *r);

#endif
