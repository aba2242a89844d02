/*
 * dispatch_lag: measures how late scheduled requests were sent, by second for the run file and over
 * the whole run for the verdict.
 *
 * The lag of a request is sent - intended. A request that waited for a free user (waited_for_user)
 * is counted, but has no lag: the client did not cause its delay. A request that could not be built
 * (unsendable) is ignored, because the scenario or the target failed. A request belongs to the
 * second of its end, as in the view `seconds`. If it arrives here over DISPATCH_LAG_SECONDS later
 * than its neighbours, it counts in the oldest second that is still open. Percentiles by second are
 * within 0.8 %, those of the run within 0.1 % (stats/hist.h).
 *
 * Ownership: embedded; dispatch_lag_done() frees, also after a failed dispatch_lag_init(); the
 * record is borrowed.
 * Thread: dispatch_lag_feed() on the writer's; the others on one thread, dispatch_lag_end() after
 * record_stop().
 */
#ifndef CLI_DISPATCH_LAG_H
#define CLI_DISPATCH_LAG_H

#include <stdint.h>

#include "control/control.h"
#include "record/record.h"
#include "stats/hist.h"
#include "util/err.h"

#define DISPATCH_LAG_LATE_US 10000
#define DISPATCH_LAG_SECONDS 4

struct dispatch_lag_result {
    uint64_t scheduled; /* requests with an intended time, sent or not; without unsendable ones */
    uint64_t waited;    /* of those: no user was free */
    uint64_t late;      /* of the others: sent over 10 ms late */
    uint64_t not_sent;  /* of the others: not sent */
    uint64_t answers[HTTP_VERSION_COUNT]; /* responses by HTTP version */
    int64_t p50_us, p99_us, max_us;       /* lag of the others that were sent; 0 without any */
};

struct dispatch_lag_second {
    struct hist lag_us;
    uint64_t late;
};

struct dispatch_lag {
    struct record *record;
    int64_t newest; /* seconds newest - DISPATCH_LAG_SECONDS + 1 .. newest are open */
    struct dispatch_lag_second seconds[DISPATCH_LAG_SECONDS]; /* by second % DISPATCH_LAG_SECONDS */
    struct hist lag_us;
    struct dispatch_lag_result counts;
};

int dispatch_lag_init(struct dispatch_lag *o, struct record *record, struct err *e);
void dispatch_lag_done(struct dispatch_lag *o);

/* Takes batches of finished requests: for record_watch(). */
void dispatch_lag_feed(struct dispatch_lag *o, const struct request *requests, size_t n);

/* Closes the open seconds and returns the result of the run. */
void dispatch_lag_end(struct dispatch_lag *o, struct dispatch_lag_result *out);

/* The result so far; any thread. */
void dispatch_lag_now(const struct control *c, struct dispatch_lag_result *out);

/* Does both for a run: seconds go to its file, the total to its manifest and its end. */
extern const struct control_listener dispatch_lag_listener;

#endif
