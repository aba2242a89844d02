/*
 * guess: estimates cold starts from the client side, for runs without the server log.
 *
 * It is only an estimate, so it is given only if it is convincing. The logarithms of the service
 * times, each divided by the median of its endpoint, must form two distant parts. The slow part
 * must be the smaller one. And the slow requests must be those that a cold start would affect: on a
 * new connection, or after a pause. GUESS_RULE is the whole rule, in words that a report prints.
 *
 * It needs the signs, which are gathered while another part reads all rows, and the service times
 * that the summary kept. If that kept none, or too many rows may have a sign (GUESS_ASIDE_MAX), the
 * rows are read once more. If the estimate is convincing, they are read twice more. Memory does not
 * grow with the rows.
 *
 * Ownership: heap, guess_free(NULL) and guess_signs_free(NULL) are allowed. Thread: as the reader.
 */
#ifndef REPORT_GUESS_H
#define REPORT_GUESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reader.h"
#include "report/entries.h"
#include "report/points.h"
#include "stats/mixture.h"
#include "stats/spread.h"
#include "stats/summary.h"
#include "util/err.h"

#define GUESS_RULE                                                                                 \
    "Cold starts are estimated from the client's side, because the run has no server log. "        \
    "Service "                                                                                     \
    "times, divided by the median of their endpoint, form two groups (two log-normal "             \
    "distributions, chosen by BIC). Cold: in the slow group with 95% probability, and on a new "   \
    "connection or after 10 s without any response. Warm: in the fast group with 95% "             \
    "probability. "                                                                                \
    "Unknown: the others."

/* The slow part must be slower than the fast one by at least this factor. */
#define GUESS_RATIO_MIN 3.0

/* Cold, warm, unknown: in the order of enum points_kind. */
struct guess {
    struct mixture split;      /* of the logarithms */
    double expected_cold;      /* sum of the probabilities of the slow part */
    double expected_sd;        /* its standard deviation */
    uint64_t slow_signs, slow; /* slow requests: those with a sign of a cold start, and all */
    struct spread_row service[POINTS_KINDS]; /* in microseconds */
    struct points *points;                   /* NULL without figures */
};

/* Rows that are set aside while the signs are gathered: on a new connection or after a pause. */
#define GUESS_ASIDE_MAX ((size_t)1 << 16)

/* The signs of a cold start: when responses arrived, and which rows may have one. */
struct guess_signs;

struct guess_signs *guess_signs_new(size_t entries); /* NULL: out of memory */
int guess_signs_add(struct guess_signs *g, size_t entry, const struct request *row, struct err *e);
void guess_signs_free(struct guess_signs *g);

/* signs and summary: of all rows. median_us[i]: median of the service times of entry i; NAN: none.
 * *out is NULL if the rows are not convincing. */
int guess_new(struct reader *r, const struct guess_signs *signs, const struct summary *summary,
              const struct entries *entries, const double *median_us, bool figures,
              struct guess **out, struct err *e);
void guess_free(struct guess *g);

#endif
