/*
 * compare: two sets of runs against each other: how large a difference is and how sure it is.
 *
 * Each side has one run or several. Its time is cut into cells of equal length, for an endpoint of
 * n requests at most n/4 of them and COMPARE_CELLS_MAX in each run; of each statistic a cell has a
 * score, its share in what the statistic would change by if that cell were there twice:
 *
 *     mean        sum of (value - mean)        quantile      number below it - n_cell * F(q)
 *     failures    failed - n_cell * rate       per second    n_cell - rate * length of the cell
 *
 * Cells are drawn again in blocks of neighbours (circular block bootstrap: Politis and Romano
 * 1992), as long as block_length.h says of the scores or, where that is longer, of those of the
 * median, and no less spread than it says. Of several runs first the runs are drawn, then blocks
 * within each; as that counts the variation inside of runs twice, the spread is then set to the
 * larger of what the runs' own differences and the blocks say. A quantile is read off the sorted
 * values at the rank that the scores' sum moves it to, which gives intervals as those of order
 * statistics (Woodruff, JASA 47, 1952, 635-646).
 *
 * The interval of a ratio or difference has the percentiles of the resamples. Bootstrap spreads of
 * few blocks are too small: they are stretched by sqrt(m/(m-1)) and Student's t over the normal's
 * quantile (Hesterberg, The American Statistician 69, 2015, 371-386), with Welch's degrees of
 * freedom. Failure rates, which may be 0, have Newcombe's interval (Statistics in Medicine 17,
 * 1998, 873-890, method 10) with as many independent requests as their scores' spread is worth.
 *
 * Too little data is an answer: see enum compare_lack.
 *
 * A verdict of compare_measure() is wrong in 1 - confidence of the cases without a difference; of
 * many at a time some will be: compare_family() is for those.
 *
 * What it does not do: decide which rows count (warm-up, ramp); know files or names.
 *
 * Ownership: heap, *_free(NULL) is fine; a pair borrows its sides. Thread: one at a time for a
 * side.
 */
#ifndef STATS_COMPARE_H
#define STATS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

#define COMPARE_CELLS_MAX 256
#define COMPARE_CELL_REQUESTS 4
#define COMPARE_RESAMPLES 2000
#define COMPARE_REQUESTS_MIN 50 /* of a side, for any verdict */
#define COMPARE_BLOCKS_MIN 15   /* of a side with one run */
#define COMPARE_RUNS_MAX 1000

struct compare_side;
struct compare_pair;

struct compare_row {
    int64_t at_us; /* from the start of what counts of its run, and inside of it */
    int64_t value_us;
    uint32_t endpoint;
    uint16_t run;
    bool failed;
    uint32_t weight; /* what it counts as in COMPARE_PER_SECOND; 0: one */
};

/* What counts of run i is lengths_us[i] long, more than 0. */
int compare_side_new(const int64_t *lengths_us, size_t runs, struct compare_side **out,
                     struct err *e);
void compare_side_free(struct compare_side *s);
int compare_side_add(struct compare_side *s, const struct compare_row *row, struct err *e);

/* All zeros: the defaults. */
struct compare_options {
    uint64_t seed;
    unsigned resamples; /* 0: COMPARE_RESAMPLES */
    double confidence;  /* 0: 0.95 */
};

/* The requests of those endpoints whose number is true in `endpoints`; NULL: all. */
int compare_pair_new(const struct compare_side *base, const struct compare_side *with,
                     const bool *endpoints, const struct compare_options *o,
                     struct compare_pair **out, struct err *e);
void compare_pair_free(struct compare_pair *p);
uint64_t compare_pair_requests(const struct compare_pair *p, bool with);

enum compare_kind { COMPARE_MEAN, COMPARE_QUANTILE, COMPARE_FAILURES, COMPARE_PER_SECOND };

struct compare_measure {
    enum compare_kind kind;
    double p; /* of a quantile: 0 < p < 1 */
};

enum compare_verdict {
    COMPARE_NO_DIFFERENCE,
    COMPARE_SLOWER, /* larger; fewer requests per second */
    COMPARE_FASTER,
    COMPARE_TOO_LITTLE
};

/* Why it is too little. */
enum compare_lack {
    COMPARE_ENOUGH,
    COMPARE_LACK_REQUESTS, /* fewer than COMPARE_REQUESTS_MIN on a side */
    COMPARE_LACK_TAIL,     /* the interval's end would lie beyond the slowest request */
    COMPARE_LACK_BLOCKS    /* fewer than COMPARE_BLOCKS_MIN: it varies slowly, the run is short */
};

/* Microseconds, shares and requests per second; NAN where there is no such number. */
struct compare_result {
    double base, with;
    double difference, difference_low, difference_high;
    double ratio, ratio_low, ratio_high; /* with / base */
    double p_value;                      /* two-sided, of no difference */
    enum compare_verdict verdict;
    /* What the interval alone says: compare_family() may take it back. */
    enum compare_verdict alone;
    enum compare_lack lack;
    double block_s[2]; /* mean length of the blocks of base and with */
    double blocks[2];  /* how many such blocks there are */
};

int compare_measure(struct compare_pair *p, const struct compare_measure *m,
                    struct compare_result *out, struct err *e);

/* Verdicts of one table, so that all of them together are without a false one in `confidence` of
 * the tables where nothing differs: from the smallest p-value on, the k-th of m must be at most (1
 * - confidence) / (m - k + 1), else it and the rest become COMPARE_NO_DIFFERENCE (S. Holm,
 * Scandinavian Journal of Statistics 6, 1979, 65-70). Intervals stay as they are. Those with too
 * little data are no part of the family. */
void compare_family(struct compare_result *const *results, size_t n, double confidence);

/* Mann and Whitney: of a request of each side, how often is that of `with` the slower one (ties
 * count half). 0.5 where the two are alike. `u` is the statistic of `with`; the interval is that
 * of the blocks (DeLong's placements as scores), as U's own variance is that of independent
 * requests. */
struct compare_rank {
    double u, share, low, high, p_value;
    enum compare_lack lack;
};
int compare_rank(struct compare_pair *p, struct compare_rank *out, struct err *e);

#endif
