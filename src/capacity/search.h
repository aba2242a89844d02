/*
 * search: which load to try next, how long, and when the capacity is known: the highest load that
 * holds every SLO, as an interval.
 *
 *     search_next() asks for a step; whoever drives it makes the step and calls search_tell(); and
 *     so on until search_next() returns false.
 *
 * 1. Up: the load doubles from `from` on, until it looks as if an SLO failed.
 * 2. Bisection, with one step per load, until two neighbours are close.
 * 3. The edge: two loads, below and above the estimated capacity, at a distance that satisfies the
 *    precision. Their steps are repeated, each half as long as all before it, until one load holds
 *    and the other fails. The one that fails is tried at least twice: one step may have met an
 *    incident, such as a restart.
 *
 * Values only choose loads. The answer uses decisions: the highest load that holds and the lowest
 * that fails, by all evidence of each load. A decision may be wrong with SEARCH_RISK on each side.
 * There are few decisions near the edge, and those far from it are never in doubt. So the interval
 * contains the capacity with SEARCH_CONFIDENCE; tests/capacity simulates it.
 *
 * A load that holds above one that fails contradicts it. Both are repeated once. If they still
 * contradict, the interval includes both, and the answer says so. A load that SEARCH_LOOKS_MAX
 * steps did not decide is left open: the interval then ends at its neighbours.
 *
 * It knows no time, requests or SLOs: see evidence.h. Ownership: search_done() frees. Thread: plain
 * data.
 */
#ifndef CAPACITY_SEARCH_H
#define CAPACITY_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capacity/evidence.h"
#include "util/err.h"

#define SEARCH_CONFIDENCE 0.95
#define SEARCH_RISK 0.0125
#define SEARCH_LOOKS_MAX 26

struct search_plan {
    double from, to;     /* 0 < from < to */
    double precision;    /* 0.05: the interval is at most +-5 % wide */
    bool whole;          /* loads are whole numbers, such as users */
    int64_t step_ns;     /* measured time of a plain step */
    int64_t overhead_ns; /* that each step takes besides */
    int64_t max_ns;      /* 0: no limit */
    const double *loads; /* a sweep: each of these once, instead of a search; borrowed */
    size_t load_count;
};

struct search_ask {
    double load;
    unsigned units;  /* the measured time, in plain steps */
    unsigned nth;    /* of the steps with this load, from 1 */
    int64_t left_ns; /* at most, if there is a limit; else 0 */
};

/* What is known about a load after a step, from all its steps. */
struct search_look {
    enum evidence_verdict verdict; /* FAILS: some SLO does. HOLDS: all do */
    double excess;                 /* the largest evidence_excess() */
};

enum search_kind {
    SEARCH_FOUND,  /* between low and high */
    SEARCH_BELOW,  /* less than `from`: high is from, low 0 */
    SEARCH_ABOVE,  /* more than the highest load that was tried: high is infinite */
    SEARCH_UNKNOWN /* no load holds and none fails */
};

enum search_end {
    SEARCH_GOES_ON,
    SEARCH_DECIDED,    /* as precise as wanted */
    SEARCH_UNRESOLVED, /* a load near the edge stays open */
    SEARCH_TIME,       /* max_ns is used up */
    SEARCH_CLIENT,     /* the client could not send more */
    SEARCH_STOPPED     /* search_stop() */
};

struct search_answer {
    enum search_kind kind;
    enum search_end end;
    double value; /* the estimate, within the interval; NAN: none */
    double low, high;
    bool contradicts;     /* a load holds above one that fails */
    double worse, better; /* those loads */
};

struct search_point {
    double load;
    unsigned looks, units;
    struct search_look look;
};

struct search {
    struct search_plan plan;
    struct search_point *points; /* by load */
    double *fit;                 /* room for a value per point */
    size_t count, room;
    int64_t spent_ns;
    double near, far; /* the two loads at the edge; 0: not chosen */
    enum search_end end;
};

int search_init(struct search *s, const struct search_plan *plan, struct err *e);
void search_done(struct search *s);

/* False: the search has ended. */
bool search_next(struct search *s, struct search_ask *out);

/* spent_ns: the time of the whole step. */
int search_tell(struct search *s, const struct search_ask *ask, const struct search_look *look,
                int64_t spent_ns, struct err *e);

/* The number of steps that are still needed, at least. */
unsigned search_left(const struct search *s);

/* Ends the search: SEARCH_CLIENT or SEARCH_STOPPED. */
void search_stop(struct search *s, enum search_end why);

/* Also during a search: what is known so far. */
void search_answer(const struct search *s, struct search_answer *out);

#endif
