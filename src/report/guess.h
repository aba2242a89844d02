/*
 * guess: cold starts as the client alone can tell them, for runs without the server's log.
 *
 * A guess and no more, so it is made only where it convinces: the logarithms of the service times,
 * each over the median of its endpoint, fall into two parts that are far apart, the slow one is the
 * smaller, and the slow requests are those that a cold start would hit: on a new connection, or
 * after a pause. GUESS_RULE is the whole rule, in words that a report prints.
 *
 * Made of the signs, gathered while somebody else reads all rows, and one more reading, three where
 * it convinces; memory does not grow with the rows.
 *
 * Ownership: heap, guess_free(NULL) and guess_signs_free(NULL) are fine. Thread: as the reader.
 */
#ifndef REPORT_GUESS_H
#define REPORT_GUESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reader.h"
#include "report/points.h"
#include "stats/mixture.h"
#include "stats/spread.h"
#include "util/err.h"

#define GUESS_RULE                                                                                 \
    "Cold starts are estimated from the client's side, because the run has no server log. "        \
    "Service "                                                                                     \
    "times, divided by the median of their endpoint, form two groups (two log-normal "             \
    "distributions, chosen by BIC). Cold: in the slow group with 95% probability, and on a new "   \
    "connection or after 10 s without any response. Warm: in the fast group with 95% "             \
    "probability. "                                                                                \
    "Unknown: the others."

/* A slow part is slower than the fast one by this at least: where no request is, there is none. */
#define GUESS_RATIO_MIN 3.0

/* Cold, warm, unknown: the order of enum points_kind. */
struct guess {
    struct mixture split;      /* of the logarithms */
    double expected_cold;      /* of the slow part: the sum of the probabilities */
    double expected_sd;        /* and its standard deviation */
    uint64_t slow_signs, slow; /* how many of the slow ones had a sign of a cold start */
    struct spread_row service[POINTS_KINDS]; /* microseconds */
    struct points *points;                   /* with figures; else NULL */
};

/* When responses arrived, and how many connections were new: the signs of a cold start. */
struct guess_signs;

struct guess_signs *guess_signs_new(void); /* NULL: out of memory */
int guess_signs_add(struct guess_signs *g, const struct request *row, struct err *e);
void guess_signs_free(struct guess_signs *g);

/* signs: of all rows. median_us[i]: of the service times of endpoint i of the file; NAN: none. *out
 * is NULL where the rows do not convince. */
int guess_new(struct reader *r, const struct guess_signs *signs, const double *median_us,
              bool figures, struct guess **out, struct err *e);
void guess_free(struct guess *g);

#endif
