/*
 * platform_pass: the two readings of the request log behind platform.h. Internal to it.
 *
 * The first reading goes by instance and then by time, so that the requests that are in an instance
 * at once are known. The second reads the entries as stored, which is nearly by time.
 *
 * Ownership: platform_pass_done frees what it gathered. It is ready if everything but the first
 * three pointers is zero. Thread: as the reader.
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
    struct platform_instance *x; /* the current instance; NULL: none */
    struct sweep sweep;          /* of the current instance */
    int64_t *latencies;          /* of the current instance */
    size_t latency_count, latency_cap;
};

/* Fills s, except for the sums over its instances. */
int platform_pass_run(struct platform_pass *p);
void platform_pass_done(struct platform_pass *p);

#endif
