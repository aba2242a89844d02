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

/* Counts one of the request's times, where it came to an end of its own. */
void export_hgrm_count(struct hist *h, int64_t us, const struct request *row);

#endif
