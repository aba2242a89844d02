/*
 * merge_agree: whether files are parts of one load.
 *
 * Scenario, target, seed, options, file hashes, start and version must be equal. The error names
 * what differs, both values and both files. It does not mind parts that are missing. Internal to
 * this folder. Thread: one.
 */
#ifndef MERGE_MERGE_AGREE_H
#define MERGE_MERGE_AGREE_H

#include <stddef.h>

#include "merge/merge_part.h"
#include "util/err.h"

/* The parts are in order of index. */
int merge_agree(const struct merge_part *parts, size_t n, struct err *e);

#endif
