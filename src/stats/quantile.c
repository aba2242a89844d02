#include "stats/quantile.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* With fewer values, qsort() is faster. */
#define RADIX_MIN 128

struct quantile_rank quantile_rank(double p, uint64_t n) {
    assert(n > 0 && p >= 0 && p <= 1);
    double position = p * (double)(n - 1);
    double whole = floor(position);
    struct quantile_rank r = {.lower = (uint64_t)whole, .fraction = position - whole};
    if (r.lower >= n - 1)
        r = (struct quantile_rank){.lower = n - 1, .fraction = 0};
    r.upper = r.fraction > 0 ? r.lower + 1 : r.lower;
    return r;
}

double quantile_between(int64_t lower, int64_t upper, double fraction) {
    return (double)lower + (double)(upper - lower) * fraction;
}

/* Unsigned, in the order of the values. */
static uint64_t sort_key(int64_t value) {
    return (uint64_t)value ^ (uint64_t)1 << 63;
}

static int by_value(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* One step of a radix sort: from `values` to `sorted`, in the order of the byte at `shift`. */
static void sort_by_byte(const int64_t *values, int64_t *sorted, size_t n, unsigned shift) {
    size_t places[256] = {0}, before = 0;
    for (size_t i = 0; i < n; i++)
        places[sort_key(values[i]) >> shift & 255]++;
    for (size_t b = 0; b < 256; b++) {
        size_t count = places[b];
        places[b] = before;
        before += count;
    }
    for (size_t i = 0; i < n; i++)
        sorted[places[sort_key(values[i]) >> shift & 255]++] = values[i];
}

/* A radix sort by the bytes in which values differ, least significant first: times of a second
 * differ in two or three. */
void quantile_sort(int64_t *values, size_t n) {
    int64_t *spare = n < RADIX_MIN ? NULL : malloc(n * sizeof *spare), *from = values, *to = spare;
    uint64_t differ = 0;
    if (spare == NULL) {
        if (n > 1) /* without values there may be no array, which qsort must not get */
            qsort(values, n, sizeof *values, by_value);
        return;
    }
    for (size_t i = 1; i < n; i++)
        differ |= sort_key(values[i]) ^ sort_key(values[0]);
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if ((differ >> shift & 255) == 0)
            continue;
        sort_by_byte(from, to, n, shift);
        int64_t *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != values)
        memcpy(values, from, n * sizeof *values);
    free(spare);
}

double quantile_sorted(const int64_t *values, size_t n, double p) {
    struct quantile_rank r = quantile_rank(p, n);
    return quantile_between(values[r.lower], values[r.upper], r.fraction);
}

bool quantile_supported(double p, uint64_t n) {
    if (p >= 1)
        return n > 0;
    /* 10 * (1 - 0.9) is a hair below 1 in binary. */
    return (double)n * (1 - p) >= 1 - 1e-9;
}

uint64_t quantile_needs(double p) {
    return p >= 1 ? 1 : (uint64_t)ceil((1 - 1e-9) / (1 - p));
}

size_t quantile_levels(uint64_t n, struct quantile_level out[QUANTILE_LEVELS_MAX]) {
    size_t count = 0;
    if (n == 0)
        return 0;
    /* After k halvings of the distance to 100 and t of ten ticks, (10 - t) / 10 of 2^-k is left. */
    for (int k = 0; k < 64; k++) {
        for (int t = 0; t < 5; t++) {
            double left = ldexp((10 - t) / 10.0, -k);
            double inverse = ldexp(10.0 / (10 - t), k);
            if (inverse >= (double)n)
                goto maximum;
            out[count++] =
                (struct quantile_level){.percentile = 100 - 100 * left, .inverse = inverse};
        }
    }
maximum:
    out[count++] = (struct quantile_level){.percentile = 100, .inverse = (double)n};
    return count;
}
