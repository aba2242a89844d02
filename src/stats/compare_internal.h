/*
 * compare_internal: shared by the files of compare.h. Internal to this folder.
 *
 * A sample has the requests of one side and one endpoint, sorted by value, each with its cell.
 * Ownership: compare_sample_done frees. Thread: plain data.
 */
#ifndef STATS_COMPARE_INTERNAL_H
#define STATS_COMPARE_INTERNAL_H

#include "stats/compare.h"

struct compare_side {
    int64_t *lengths_us;
    size_t runs;
    struct compare_row *rows;
    size_t count, cap;
};

struct compare_sample_item {
    uint64_t value;
    uint32_t cell; /* numbered over all runs */
    uint32_t failed;
};

struct compare_sample_run {
    size_t first_cell, cells;
    int64_t length_us;
};

struct compare_sample {
    struct compare_sample_item *items; /* sorted by value */
    size_t n;
    struct compare_sample_run *runs;
    size_t run_count;
    size_t cells;
    double *requests; /* number of requests in each cell */
    double *weights;  /* sum of the weights of the requests in each cell */
    double seconds;   /* length of all runs together */
    double *blocks;   /* minimum block length of each run, in cells; NULL: 1 */
};

int compare_sample_init(struct compare_sample *s, const struct compare_side *side,
                        const bool *endpoints, struct err *e);
void compare_sample_done(struct compare_sample *s);

/* The value at a rank from 0 to 1, by the rule of quantile.h. n > 0. */
double compare_sample_quantile(const struct compare_sample *s, double rank);

/* Returns the statistic, and sets `scores` to the contribution of each cell to its change. */
double compare_sample_scores(const struct compare_sample *s, const struct compare_measure *m,
                             double *scores);

/* Sets `blocks` from the scores of the median. `scores` is scratch space for all cells. */
int compare_sample_set_blocks(struct compare_sample *s, double *scores, struct err *e);

/* Returns how often a value of s is above one of `other` (ties count half), and sets its scores. */
double compare_sample_rank_scores(const struct compare_sample *s,
                                  const struct compare_sample *other, double *scores);

/* Result of resampling a statistic: how far each resample moves it, in the unit of the scores. */
struct resampled {
    double *moves; /* `count` values */
    size_t count;
    double variance, df;
    double block_s, blocks; /* mean block length; number of blocks in all runs */
};

int resample(const struct compare_sample *s, const double *scores, size_t count, uint64_t seed,
             uint64_t stream, struct resampled *out, struct err *e);
void resampled_done(struct resampled *r);

#endif
