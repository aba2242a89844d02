#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/block_length.h"
#include "stats/compare_internal.h"
#include "stats/quantile.h"

enum { RADIX_BITS = 11, RADIX = 1 << RADIX_BITS };

/* Least significant digits first, as many as the largest value has: 2 or 3 passes for usual times.
 * `spare` is as large as `items`; what is returned is the one of the two that is sorted. */
static struct compare_sample_item *sort_items(struct compare_sample_item *items,
                                              struct compare_sample_item *spare, size_t n) {
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++)
        all |= items[i].value;
    for (unsigned shift = 0; shift < 64 && all >> shift != 0; shift += RADIX_BITS) {
        size_t at[RADIX] = {0}, sum = 0;
        for (size_t i = 0; i < n; i++)
            at[items[i].value >> shift & (RADIX - 1)]++;
        for (size_t d = 0; d < RADIX; d++) {
            size_t here = at[d];
            at[d] = sum;
            sum += here;
        }
        for (size_t i = 0; i < n; i++)
            spare[at[items[i].value >> shift & (RADIX - 1)]++] = items[i];
        struct compare_sample_item *sorted = spare;
        spare = items;
        items = sorted;
    }
    return items;
}

static bool counts(const struct compare_row *row, const bool *endpoints) {
    return endpoints == NULL || endpoints[row->endpoint];
}

/* Enough requests in a cell that its scores are more than noise, enough cells for blocks. */
static size_t cells_of(uint64_t requests) {
    uint64_t cells = requests / COMPARE_CELL_REQUESTS;
    return cells < 1 ? 1 : cells > COMPARE_CELLS_MAX ? COMPARE_CELLS_MAX : (size_t)cells;
}

static int plan_runs(struct compare_sample *s, const struct compare_side *side,
                     const bool *endpoints, struct err *e) {
    uint64_t *requests = calloc(side->runs, sizeof *requests);
    s->runs = calloc(side->runs, sizeof *s->runs);
    s->run_count = side->runs;
    if (requests == NULL || s->runs == NULL) {
        free(requests);
        return err_memory(e, "comparing runs");
    }
    for (size_t i = 0; i < side->count; i++)
        if (counts(&side->rows[i], endpoints)) {
            requests[side->rows[i].run]++;
            s->n++;
        }
    for (size_t r = 0; r < side->runs; r++) {
        s->runs[r] = (struct compare_sample_run){.first_cell = s->cells,
                                                 .cells = cells_of(requests[r]),
                                                 .length_us = side->lengths_us[r]};
        s->cells += s->runs[r].cells;
        s->seconds += (double)side->lengths_us[r] / 1e6;
    }
    free(requests);
    return 0;
}

static uint32_t cell_at(const struct compare_sample_run *run, int64_t at_us) {
    double share = (double)at_us / (double)run->length_us;
    size_t cell = share > 0 ? (size_t)(share * (double)run->cells) : 0;
    return (uint32_t)(run->first_cell + (cell < run->cells ? cell : run->cells - 1));
}

int compare_sample_init(struct compare_sample *s, const struct compare_side *side,
                        const bool *endpoints, struct err *e) {
    struct compare_sample_item *spare = NULL;
    *s = (struct compare_sample){0};
    if (plan_runs(s, side, endpoints, e) != 0)
        goto fail;
    s->items = calloc(s->n + 1, sizeof *s->items);
    spare = calloc(s->n + 1, sizeof *spare);
    s->requests = calloc(s->cells, sizeof *s->requests);
    s->weights = calloc(s->cells, sizeof *s->weights);
    if (s->items == NULL || spare == NULL || s->requests == NULL || s->weights == NULL) {
        err_memory(e, "comparing runs");
        goto fail;
    }
    size_t n = 0;
    for (size_t i = 0; i < side->count; i++) {
        const struct compare_row *row = &side->rows[i];
        if (!counts(row, endpoints))
            continue;
        uint32_t cell = cell_at(&s->runs[row->run], row->at_us);
        s->items[n++] = (struct compare_sample_item){
            row->value_us > 0 ? (uint64_t)row->value_us : 0, cell, row->failed};
        s->requests[cell]++;
        s->weights[cell] += row->weight == 0 ? 1 : row->weight;
    }
    struct compare_sample_item *sorted = sort_items(s->items, spare, s->n);
    free(sorted == s->items ? spare : s->items);
    s->items = sorted;
    return 0;
fail:
    free(spare);
    compare_sample_done(s);
    return -1;
}

void compare_sample_done(struct compare_sample *s) {
    free(s->items);
    free(s->runs);
    free(s->requests);
    free(s->weights);
    free(s->blocks);
    *s = (struct compare_sample){0};
}

double compare_sample_quantile(const struct compare_sample *s, double rank) {
    struct quantile_rank r = quantile_rank(fmin(fmax(rank, 0), 1), s->n);
    return quantile_between((int64_t)s->items[r.lower].value, (int64_t)s->items[r.upper].value,
                            r.fraction);
}

/* Takes the expected part of each cell off, and divides by the number of requests. */
static void less_expected(const struct compare_sample *s, double each, double *scores) {
    for (size_t c = 0; c < s->cells; c++)
        scores[c] = (scores[c] - each * s->requests[c]) / (double)s->n;
}

static double mean(const struct compare_sample *s, double *scores) {
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        sum += (double)s->items[i].value;
        scores[s->items[i].cell] += (double)s->items[i].value;
    }
    less_expected(s, sum / (double)s->n, scores);
    return sum / (double)s->n;
}

static double failures(const struct compare_sample *s, double *scores) {
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        sum += s->items[i].failed;
        scores[s->items[i].cell] += s->items[i].failed;
    }
    less_expected(s, sum / (double)s->n, scores);
    return sum / (double)s->n;
}

/* Values that are equal lie on one side together, so the share below is not always p. */
static double quantile(const struct compare_sample *s, double p, double *scores) {
    double value = compare_sample_quantile(s, p);
    size_t below = 0;
    for (; below < s->n && (double)s->items[below].value <= value; below++)
        scores[s->items[below].cell]++;
    less_expected(s, (double)below / (double)s->n, scores);
    return value;
}

static double per_second(const struct compare_sample *s, double *scores) {
    double all = 0;
    for (size_t c = 0; c < s->cells; c++)
        all += s->weights[c];
    double rate = all / s->seconds;
    for (size_t r = 0; r < s->run_count; r++) {
        const struct compare_sample_run *run = &s->runs[r];
        double expected = rate * (double)run->length_us / 1e6 / (double)run->cells;
        for (size_t c = run->first_cell; c < run->first_cell + run->cells; c++)
            scores[c] = (s->weights[c] - expected) / s->seconds;
    }
    return rate;
}

double compare_sample_scores(const struct compare_sample *s, const struct compare_measure *m,
                             double *scores) {
    memset(scores, 0, s->cells * sizeof *scores);
    switch (m->kind) {
    case COMPARE_MEAN:
        return mean(s, scores);
    case COMPARE_QUANTILE:
        return quantile(s, m->p, scores);
    case COMPARE_FAILURES:
        return failures(s, scores);
    case COMPARE_PER_SECOND:
        break;
    }
    return per_second(s, scores);
}

int compare_sample_set_blocks(struct compare_sample *s, double *scores, struct err *e) {
    static const struct compare_measure median = {COMPARE_QUANTILE, 0.5};
    double unused;
    if (s->n == 0)
        return 0;
    s->blocks = calloc(s->run_count, sizeof *s->blocks);
    if (s->blocks == NULL)
        return err_memory(e, "comparing runs");
    compare_sample_scores(s, &median, scores);
    for (size_t r = 0; r < s->run_count; r++)
        s->blocks[r] = block_length(scores + s->runs[r].first_cell, s->runs[r].cells, &unused);
    return 0;
}

double compare_sample_rank_scores(const struct compare_sample *s,
                                  const struct compare_sample *other, double *scores) {
    double sum = 0, n = (double)other->n;
    size_t below = 0, through = 0; /* of `other`: less than the value, less or equal */
    memset(scores, 0, s->cells * sizeof *scores);
    for (size_t i = 0; i < s->n; i++) {
        uint64_t value = s->items[i].value;
        while (below < other->n && other->items[below].value < value)
            below++;
        while (through < other->n && other->items[through].value <= value)
            through++;
        double share = ((double)below + (double)through) / 2 / n;
        sum += share;
        scores[s->items[i].cell] += share;
    }
    less_expected(s, sum / (double)s->n, scores);
    return sum / (double)s->n;
}
