#include <math.h>
#include <stdlib.h>

#include "stats/block_length.h"
#include "stats/compare_internal.h"
#include "util/rng.h"

/* A run's scores less their mean, summed up twice around, so that a block is a difference. */
struct ring {
    size_t cells, block;
    double total;    /* of the scores themselves */
    double variance; /* of such a total, by the autocorrelation */
    double *sums;
};

static int ring_init(struct ring *r, const double *scores, size_t cells, double block,
                     struct err *e) {
    *r = (struct ring){.cells = cells, .sums = malloc((2 * cells + 1) * sizeof *r->sums)};
    if (r->sums == NULL)
        return err_memory(e, "comparing runs");
    for (size_t c = 0; c < cells; c++)
        r->total += scores[c];
    r->sums[0] = 0;
    for (size_t c = 0; c < 2 * cells; c++)
        r->sums[c + 1] = r->sums[c] + scores[c % cells] - r->total / (double)cells;
    r->block = (size_t)ceil(fmax(block_length(scores, cells, &r->variance), block));
    return 0;
}

/* Below 2^32 cells a multiplication is uniform enough, and cheaper than rng_below(). */
static size_t draw(struct rng *rng, size_t below) {
    return (size_t)((rng_next(rng) >> 32) * below >> 32);
}

static double ring_draw(const struct ring *r, struct rng *rng) {
    double sum = 0;
    for (size_t left = r->cells; left > 0;) {
        size_t length = r->block < left ? r->block : left, at = draw(rng, r->cells);
        sum += r->sums[at + length] - r->sums[at];
        left -= length;
    }
    return sum;
}

static void summarise(const struct compare_sample *s, const struct ring *rings,
                      struct resampled *out) {
    double seconds = 0, blocks = 0;
    for (size_t i = 0; i < s->run_count; i++) {
        double cell_s = (double)s->runs[i].length_us / 1e6 / (double)rings[i].cells;
        seconds += cell_s * (double)rings[i].block / (double)s->run_count;
        blocks += (double)rings[i].cells / (double)rings[i].block;
    }
    out->block_s = seconds;
    out->blocks = blocks;
}

/* The spread that the moves shall have, and how sure it is: see compare.h. `outer` is what drawing
 * runs alone makes of it, `inner` what drawing blocks does, `long_run` what block_length.h makes of
 * the latter. */
static void settle(struct resampled *out, size_t runs, double outer, double inner,
                   double long_run) {
    double blocks = out->blocks;
    double within = fmax(long_run, blocks > 1 ? inner * blocks / (blocks - 1) : inner);
    double between = runs > 1 ? outer * (double)runs / (double)(runs - 1) : 0;
    double drawn = inner + outer;
    out->variance = fmax(within, between);
    out->df = runs > 1 ? (double)runs - 1 : fmax(blocks - 1, 1);
    double factor = drawn > 0 ? sqrt(out->variance / drawn) : 1;
    for (size_t i = 0; i < out->count; i++)
        out->moves[i] *= factor;
}

int resample(const struct compare_sample *s, const double *scores, size_t count, uint64_t seed,
             uint64_t stream, struct resampled *out, struct err *e) {
    struct resampled r = {.count = count, .moves = calloc(count, sizeof *r.moves)};
    struct ring *rings = calloc(s->run_count, sizeof *rings);
    struct rng rng;
    int result = -1;
    if (r.moves == NULL || rings == NULL) {
        err_memory(e, "comparing runs");
        goto out;
    }
    double outer = 0, inner = 0, long_run = 0;
    for (size_t i = 0; i < s->run_count; i++) {
        if (ring_init(&rings[i], scores + s->runs[i].first_cell, s->runs[i].cells,
                      s->blocks == NULL ? 1 : s->blocks[i], e) != 0)
            goto out;
        outer += rings[i].total * rings[i].total;
        long_run += rings[i].variance;
    }
    summarise(s, rings, &r);
    rng_seed(&rng, seed, stream);
    for (size_t i = 0; i < count; i++) {
        double within = 0, between = 0;
        for (size_t j = 0; j < s->run_count; j++) {
            const struct ring *run = s->run_count > 1 ? &rings[draw(&rng, s->run_count)] : rings;
            within += ring_draw(run, &rng);
            between += run->total;
        }
        r.moves[i] = s->run_count > 1 ? within + between : within;
        inner += within * within / (double)count;
    }
    settle(&r, s->run_count, s->run_count > 1 ? outer : 0, inner, long_run);
    *out = r;
    r.moves = NULL;
    result = 0;
out:
    for (size_t i = 0; rings != NULL && i < s->run_count; i++)
        free(rings[i].sums);
    free(rings);
    free(r.moves);
    return result;
}

void resampled_done(struct resampled *r) {
    free(r->moves);
    r->moves = NULL;
}
