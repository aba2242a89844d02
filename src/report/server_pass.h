/*
 * server_pass: the two readings of the request log behind server.h. Internal to it.
 *
 * The first goes instance by instance and in the order of time, so that what is in an instance at once is
 * known; the second in the order of time alone, as the series need it.
 *
 * Ownership: server_pass_done frees what it gathered; one that is all zeros but for the three pointers is
 * ready. Thread: as the reader.
 */
#ifndef REPORT_SERVER_PASS_H
#define REPORT_SERVER_PASS_H

#include "report/server.h"
#include "stats/sweep.h"

struct server_pass {
    struct reader *reader;
    struct server *s;
    struct err *e;
    struct spread log[SERVER_LABELS], client[SERVER_LABELS], times[SERVER_TIMES];
    struct server_instance *x; /* the one under way; NULL: none */
    struct sweep sweep;        /* of it */
    int64_t *latencies;        /* of it */
    size_t latency_count, latency_cap;
};

/* Fills s but for what its instances add up to. */
int server_pass_run(struct server_pass *p);
void server_pass_done(struct server_pass *p);

#endif
