/*
 * compare: compares two sets of runs: how large a difference is and how certain.
 *
 * Each side has one or more runs. The time of a run is cut into cells of equal length: at most n/4
 * of them for n requests of an endpoint, and at most COMPARE_CELLS_MAX. For each statistic, a cell
 * has a score: its contribution to the change of the statistic if the cell occurred twice.
 *
 *     mean        sum of (value - mean)        quantile      number up to it - n_cell * F(q)
 *     failures    failed - n_cell * rate       per second    n_cell - rate * length of the cell
 *
 * Cells are resampled in blocks of neighbours (circular block bootstrap: Politis and Romano 1992).
 * The block length is that of block_length.h for the scores, or for the scores of the median if
 * that is longer. The spread is at least the one that block_length.h gives. With several runs, runs
 * are resampled first, then blocks within each. That counts the variation within runs twice, so the
 * spread is then set to the larger of two: from the differences between runs, and from the blocks.
 * A quantile is read from the sorted values, at the rank to which the sum of the scores moves it.
 * This gives intervals like those of order statistics (Woodruff, JASA 47, 1952, 635-646).
 *
 * The interval of a ratio or difference consists of percentiles of the resamples. The bootstrap
 * spread of few blocks is too small. So it is multiplied by sqrt(m/(m-1)) and by the ratio of
 * Student's t quantile to the normal quantile (Hesterberg, The American Statistician 69, 2015,
 * 371-386), with Welch's degrees of freedom. Failure rates, which may be 0, have Newcombe's
 * interval (Statistics in Medicine 17, 1998, 873-890, method 10), for the number of independent
 * requests that would give the spread of their scores.
 *
 * Too little data is a result too: see enum compare_lack.
 *
 * A verdict of compare_measure() is wrong in 1 - confidence of the cases without a difference.
 * Among many verdicts, some will be wrong: use compare_family() for them.
 *
 * It does not decide which rows count (warm-up, ramp), and knows no files or names.
 *
 * Ownership: heap, *_free(NULL) is allowed; a pair borrows its sides. Thread: one at a time per
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
#define COMPARE_REQUESTS_MIN 50 /* of each side, for any verdict */
#define COMPARE_BLOCKS_MIN 15   /* of a side that has one run */
#define COMPARE_RUNS_MAX 1000

struct compare_side;
struct compare_pair;

struct compare_row {
    int64_t at_us; /* from the start of the counted part of its run, and within it */
    int64_t value_us;
    uint32_t endpoint;
    uint16_t run;
    bool failed;
    uint32_t weight; /* weight in COMPARE_PER_SECOND; 0: one */
};

/* lengths_us[i] is the length of the counted part of run i, more than 0. */
int compare_side_new(const int64_t *lengths_us, size_t runs, struct compare_side **out,
                     struct err *e);
void compare_side_free(struct compare_side *s);
int compare_side_add(struct compare_side *s, const struct compare_row *row, struct err *e);

/* All zeros select the defaults. */
struct compare_options {
    uint64_t seed;
    unsigned resamples; /* 0: COMPARE_RESAMPLES */
    double confidence;  /* 0: 0.95 */
};

/* Compares the requests of the endpoints for which `endpoints[number]` is true. NULL: all
 * endpoints. */
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

/* Why there is too little data. */
enum compare_lack {
    COMPARE_ENOUGH,
    COMPARE_LACK_REQUESTS, /* fewer than COMPARE_REQUESTS_MIN on a side */
    COMPARE_LACK_TAIL,     /* the interval would end beyond the slowest request */
    /* Fewer than COMPARE_BLOCKS_MIN: values vary slowly, or the run is short. */
    COMPARE_LACK_BLOCKS
};

/* Microseconds, shares and requests per second. NAN marks a missing value. */
struct compare_result {
    double base, with;
    double difference, difference_low, difference_high;
    double ratio, ratio_low, ratio_high; /* with / base */
    double p_value;                      /* two-sided, of the hypothesis of no difference */
    enum compare_verdict verdict;
    /* The verdict from the interval alone. compare_family() may replace `verdict`, but not this
     * one. */
    enum compare_verdict alone;
    enum compare_lack lack;
    double block_s[2]; /* mean block length of base and with */
    double blocks[2];  /* number of such blocks */
};

int compare_measure(struct compare_pair *p, const struct compare_measure *m,
                    struct compare_result *out, struct err *e);

/* Adjusts the verdicts of one table: in `confidence` of the tables without a difference, none of
 * them is false. From the smallest p-value on, the k-th of m must be at most (1 - confidence) / (m
 * - k + 1); otherwise it and all later ones become COMPARE_NO_DIFFERENCE (S. Holm, Scandinavian
 * Journal of Statistics 6, 1979, 65-70). Intervals do not change. Results with too little data are
 * not part of the family. */
void compare_family(struct compare_result *const *results, size_t n, double confidence);

/* Mann and Whitney: given one request of each side, how often is the one of `with` slower (ties
 * count half)? 0.5 if the sides are similar. `u` is the statistic of `with`. The interval comes
 * from the blocks (with DeLong's placements as scores), because U's own variance assumes
 * independent requests. */
struct compare_rank {
    double u, share, low, high, p_value;
    enum compare_lack lack;
};
int compare_rank(struct compare_pair *p, struct compare_rank *out, struct err *e);

#endif
