/*
 * observe: how late scheduled requests were sent, by second into the run file and over the whole run for the verdict.
 *
 * The lag of a request is sent - intended. A request that waited for a free user (SAMPLE_WAITED_FOR_USER) is counted
 * and otherwise left out: its delay is not of the client's making. A request counts in the second of its end, as in the
 * view `seconds`; one that reaches us over OBSERVE_SECONDS later than its neighbours counts in the oldest second that
 * is still open. Percentiles by second are within 0.8 %, those of the run within 0.1 % (stats/hist.h).
 *
 * Ownership: embedded; observe_done() frees, also after a failed observe_init(); the record is borrowed.
 * Thread: observe_feed() on the writer's; the others on one thread, observe_end() after record_stop().
 */
#ifndef CLI_OBSERVE_H
#define CLI_OBSERVE_H

#include <stdint.h>

#include "record/record.h"
#include "stats/hist.h"
#include "util/err.h"

#define OBSERVE_LATE_NS INT64_C(10000000)
#define OBSERVE_SECONDS 4

struct observe_result {
    uint64_t scheduled;             /* requests with an intended time, sent or not */
    uint64_t waited;                /* of those: no user was free */
    uint64_t late;                  /* of the others: sent over 10 ms late */
    uint64_t not_sent;              /* of the others */
    int64_t p50_us, p99_us, max_us; /* lag of the others that were sent; 0 where there are none */
};

struct observe_second {
    struct hist lag_us;
    uint64_t late;
};

struct observe {
    struct record *record;
    int64_t newest; /* the seconds newest - OBSERVE_SECONDS + 1 .. newest are open */
    struct observe_second seconds[OBSERVE_SECONDS]; /* by second % OBSERVE_SECONDS */
    struct hist lag_us;
    struct observe_result counts;
};

int observe_init(struct observe *o, struct record *record, struct err *e);
void observe_done(struct observe *o);

/* Batches of finished requests: for record_watch(). */
void observe_feed(struct observe *o, const struct sample *samples, size_t n);

/* Closes the seconds that are open and says how the run was. */
void observe_end(struct observe *o, struct observe_result *out);

#endif
