/*
 * export_hgrm: the histogram behind HdrHistogram's percentile distribution.
 *
 * Thread: any.
 */
#ifndef REPORT_EXPORT_HGRM_H
#define REPORT_EXPORT_HGRM_H

#include "stats/hist.h"
#include "util/request.h"

#define EXPORT_HGRM_BITS 10u /* the buckets of HdrHistogram's Histogram(1, max, 3) */

/* Counts a time of a request. Ignores requests that did not complete. */
void export_hgrm_count(struct hist *h, int64_t us, const struct request *row);

#endif
