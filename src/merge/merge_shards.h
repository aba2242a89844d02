/*
 * merge_shards: writes the row of each part, also of those that are missing.
 *
 * Internal to this folder. Thread: one.
 */
#ifndef MERGE_MERGE_SHARDS_H
#define MERGE_MERGE_SHARDS_H

#include <stddef.h>

#include "merge/merge_db.h"
#include "merge/merge_part.h"
#include "util/err.h"

/* Call it after merge_rows(), which counts. */
int merge_shards(const struct merge_db *out, const struct merge_part *parts, size_t n,
                 struct err *e);

#endif
