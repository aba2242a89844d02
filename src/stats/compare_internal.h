/*
 * compare_internal: what the files of compare.h share. Internal to this folder.
 *
 * A sample is one side's requests of one endpoint, sorted by their values, each with the cell that
 * it lies in. Ownership: compare_sample_done frees. Thread: plain data.
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
    uint32_t cell; /* over all runs */
    uint32_t failed;
};

struct compare_sample_run {
    size_t first_cell, cells;
    int64_t length_us;
};

struct compare_sample {
    struct compare_sample_item *items; /* by value */
    size_t n;
    struct compare_sample_run *runs;
    size_t run_count;
    size_t cells;
    double *requests; /* of each cell */
    double *weights;  /* of each cell, the weights of its requests */
    double seconds;   /* of all runs together */
    double *blocks;   /* the least length of blocks in each run, in cells; NULL: 1 */
};

int compare_sample_init(struct compare_sample *s, const struct compare_side *side,
                        const bool *endpoints, struct err *e);
void compare_sample_done(struct compare_sample *s);

/* At any rank from 0 to 1, by the rule of quantile.h; n > 0. */
double compare_sample_quantile(const struct compare_sample *s, double rank);

/* The statistic, and the scores of all cells as parts of its change. */
double compare_sample_scores(const struct compare_sample *s, const struct compare_measure *m,
                             double *scores);

/* Sets `blocks` by the scores of the median; `scores` is room for all cells. */
int compare_sample_set_blocks(struct compare_sample *s, double *scores, struct err *e);

/* How often a value of s is above one of `other`, ties half, and the scores of it. */
double compare_sample_rank_scores(const struct compare_sample *s,
                                  const struct compare_sample *other, double *scores);

/* What resampling says of a statistic: by how much each resample moves it, in the scores' unit. */
struct resampled {
    double *moves; /* `count` of them */
    size_t count;
    double variance, df;
    double block_s, blocks; /* mean length; blocks of all runs */
};

int resample(const struct compare_sample *s, const double *scores, size_t count, uint64_t seed,
             uint64_t stream, struct resampled *out, struct err *e);
void resampled_done(struct resampled *r);

#endif
