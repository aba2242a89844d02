/*
 * capacity_measure: what a run file says about the measured time of one step of a search for
 * capacity.
 *
 * A request belongs to the time at which it was due. One that was dropped, or was cancelled when
 * the step ended, counts as failed, and as slower than every limit: leaving it out would flatter
 * an overloaded service. If the service answered nothing at all, this holds for every request, also
 * for those that were refused quickly. Iterations and checks belong to the time of their end.
 *
 * Thread: main.
 */
#ifndef CLI_CAPACITY_MEASURE_H
#define CLI_CAPACITY_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "capacity/evidence.h"
#include "gate/rule.h"
#include "util/err.h"
#include "util/request.h"

struct capacity_measured {
    /* By the file; copied, the caller frees them. */
    char *verdict, *reason;
    bool complete;
    uint64_t due, sent, done; /* requests that were due; of them sent; of them successful */
    uint64_t dropped;         /* no user was free until the queue timeout */
    uint64_t ended; /* successful requests that ended in the window, whenever they were due */
    double seconds;
    double users;                  /* mean */
    double p50_ms, p95_ms, p99_ms; /* response times; NAN: unknown */
    double failures;               /* share; NAN: unknown */
    bool answered;                 /* at least one response came */
    bool only_late;                /* SUSPECT, for nothing but requests that were sent late */
    uint64_t late;                 /* of those sent: later than late_ms of the window */
    uint64_t left_out;             /* not counted anywhere above */
    char failing[96];              /* the most frequent failure: "429 (12.3 %)"; "": none */
};

struct capacity_window {
    int64_t from_us, to_us;
    size_t cells;
    double late_ms; /* 0 or NAN: nothing is late */
    /* Requests that do not count; NULL: none. */
    bool (*leave_out)(void *context, const struct request *x);
    void *context;
};

/* Adds the step to the evidence, which has one per rule. */
int capacity_measure(const char *path, const struct gate_rules *rules,
                     const struct capacity_window *w, struct evidence *evidence,
                     struct capacity_measured *out, struct err *e);
void capacity_measured_done(struct capacity_measured *m);

#endif
