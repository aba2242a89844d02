/*
 * merge_seconds: the tables with a row per second: users, checks, and what the clients measured
 * about themselves.
 *
 * Counts are added. Lags, percentiles and shares of a core are those of the worst part. Ports and
 * retransmits are of a machine, so parts on one machine count once.
 *
 * Internal to this folder. Thread: one.
 */
#ifndef MERGE_MERGE_SECONDS_H
#define MERGE_MERGE_SECONDS_H

#include <stddef.h>

#include "merge/merge_db.h"
#include "merge/merge_part.h"
#include "util/err.h"

int merge_seconds(const struct merge_db *out, const struct merge_part *parts, size_t n,
                  struct err *e);

#endif
