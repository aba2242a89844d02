/*
 * hist_text: a histogram as a piece of a line, for another process.
 *
 *     BITS MIN MAX { GAP:COUNT }
 *
 * Buckets that are not empty follow, in order. GAP is the distance of a bucket from the one before,
 * of the first from bucket 0. An empty histogram is "BITS 0 0". The text depends on the number of
 * buckets that are not empty only.
 *
 * Thread: plain data.
 */
#ifndef STATS_HIST_TEXT_H
#define STATS_HIST_TEXT_H

#include "stats/hist.h"
#include "util/buf.h"
#include "util/err.h"

void hist_text_write(const struct hist *h, struct buf *out);

/* Adds the counts of the text, which comes from a process of ours, but is checked. *at moves behind
 * it. On failure, some of them may have been added. */
int hist_text_add(struct hist *into, const char **at, struct err *e);

#endif
