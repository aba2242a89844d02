/*
 * platform_pass: the two readings of the request log behind platform.h. Internal to it.
 *
 * The first goes instance by instance and in the order of time, so that what is in an instance at
 * once is known; the second as the entries are stored, which is nearly the order of time.
 *
 * Ownership: platform_pass_done frees what it gathered; one that is all zeros but for the three
 * pointers is ready. Thread: as the reader.
 */
#ifndef REPORT_PLATFORM_PASS_H
#define REPORT_PLATFORM_PASS_H

#include "report/platform.h"
#include "stats/sweep.h"

struct platform_pass {
    struct reader *reader;
    struct platform *s;
    struct err *e;
    struct spread log[PLATFORM_LABELS], client[PLATFORM_LABELS], times[PLATFORM_TIMES];
    struct platform_instance *x; /* the one in progress; NULL: none */
    struct sweep sweep;          /* of it */
    int64_t *latencies;          /* of it */
    size_t latency_count, latency_cap;
};

/* Fills s but for what its instances add up to. */
int platform_pass_run(struct platform_pass *p);
void platform_pass_done(struct platform_pass *p);

#endif
