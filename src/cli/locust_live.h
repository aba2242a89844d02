/*
 * locust_live: Locust's CSV files of a run while it goes on: a row of history each second, the tables written anew with it.
 *
 * They end as `report --csv` makes them from the run file. Where a file cannot be written any more, the run goes on
 * without, and locust_live_end() says so.
 *
 * Ownership: embedded; locust_live_done() frees, also one that is all zeros; the record is borrowed.
 * Thread: locust_live_feed() on the writer's, the others on main; a mutex is held for a batch, or for rendering some rows.
 */
#ifndef CLI_LOCUST_LIVE_H
#define CLI_LOCUST_LIVE_H

#include <pthread.h>
#include <stdbool.h>

#include "engine/engine.h"
#include "record/record.h"
#include "report/locust_csv.h"
#include "report/locust_names.h"
#include "util/err.h"

struct locust_live {
    struct record *record;
    bool full_history;
    struct locust_names names;
    struct locust_csv *csv; /* NULL: not wanted, or no more */
    int64_t last_second;    /* of history */

    pthread_mutex_t lock; /* what follows */
    struct locust_stats *stats;
    int64_t start_us;   /* of day */
    struct err failure; /* "" while there is none */
};

/* `endpoints` are those given to record_open(). Makes the files. */
int locust_live_init(struct locust_live *l, const char *prefix, bool full_history,
                     struct record *record, const struct record_endpoint *endpoints, size_t n,
                     struct err *e);
void locust_live_done(struct locust_live *l);

/* Batches of finished requests, in the order in which they are written. */
void locust_live_feed(struct locust_live *l, const struct sample *samples, size_t n);

/* Several times a second. */
void locust_live_tick(struct locust_live *l, const struct engine_progress *now);

/* After record_stop(): the tables with every request, and the last row of history. */
int locust_live_end(struct locust_live *l, int64_t duration_ns, struct err *e);

#endif
