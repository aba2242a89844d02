/*
 * guess_internal: the rule of guess.h, for estimates of a whole file (guess.c) and of rows as they
 * come (guess_live.h).
 *
 * Ownership: plain data. Thread: owned by the caller.
 */
#ifndef REPORT_GUESS_INTERNAL_H
#define REPORT_GUESS_INTERNAL_H

#include "report/guess.h"

/* Logarithms of 1/1000 to 1e6 times the median in steps of 1 %. */
#define GUESS_BINS 2072

/* Fewer slow rows do not convince. */
#define GUESS_SLOW_MIN 3

/* A row that may have a sign. */
struct guess_aside {
    int64_t service_us, sent_us;
    uint32_t endpoint;
    bool new_connection;
};

struct guess_signs {
    uint8_t *answered; /* a bit a second: something was answered in it */
    size_t seconds;
    uint64_t rows, new_connections;
    struct summary *others; /* rows that have a time, but no say here; NULL: nobody needs them */
    struct guess_aside *aside;
    size_t aside_count, aside_room;
    bool too_many; /* more than GUESS_ASIDE_MAX; then there are none */
};

/* Two parts of the slowness of all rows. */
struct guess_split {
    struct mixture mixture; /* of the logarithms */
    double expected_cold, expected_sd;
    uint64_t slow_signs, slow;
};

/* Whether a row has a say, if its endpoint has a median. */
bool guess_may_count(const struct request *row);

/* By all rows that the signs have by now. Later ones can only show that there was no pause. */
bool guess_has_sign(const struct guess_signs *g, bool new_connection, int64_t sent_us);

size_t guess_bin(int64_t service_us, double median_us);

/* Rows by guess_bin(): [0] without a sign, [1] with one. */
struct guess_bins {
    double rows[2][GUESS_BINS];
};

/* False: they do not convince; *out is unchanged. */
bool guess_convinces(const struct guess_bins *b, struct guess_split *out);

enum points_kind guess_kind(const struct guess_split *s, int64_t service_us, double median_us,
                            bool sign);

#endif
