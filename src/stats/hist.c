#include "stats/hist.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

size_t hist_buckets(unsigned bits) {
    return (size_t)(64 - bits) << bits;
}

int hist_init(struct hist *h, unsigned bits, struct err *e) {
    assert(bits > 0 && bits <= HIST_BITS_MAX);
    uint64_t *counts = calloc(hist_buckets(bits), sizeof *counts);
    if (counts == NULL)
        return err_memory(e, "a histogram");
    *h = (struct hist){.bits = bits, .counts = counts};
    return 0;
}

void hist_done(struct hist *h) {
    free(h->counts);
    h->counts = NULL;
    h->total = 0;
}

size_t hist_bucket(const struct hist *h, int64_t value) {
    assert(value >= 0);
    uint64_t v = (uint64_t)value;
    if (v >> (h->bits + 1) == 0)
        return (size_t)v;
    unsigned exponent = 63u - (unsigned)__builtin_clzll(v);
    unsigned shift = exponent - h->bits;
    return ((size_t)shift << h->bits) + (size_t)(v >> shift);
}

/* log2 of the bucket's width. */
static unsigned bucket_shift(const struct hist *h, size_t bucket) {
    size_t octave = bucket >> h->bits;
    return octave == 0 ? 0 : (unsigned)octave - 1;
}

int64_t hist_bucket_lowest(const struct hist *h, size_t bucket) {
    unsigned shift = bucket_shift(h, bucket);
    return (int64_t)((bucket - ((size_t)shift << h->bits)) << shift);
}

uint64_t hist_bucket_width(const struct hist *h, size_t bucket) {
    return UINT64_C(1) << bucket_shift(h, bucket);
}

void hist_reset(struct hist *h) {
    if (h->total == 0)
        return;
    size_t first = hist_bucket(h, h->min), last = hist_bucket(h, h->max);
    memset(h->counts + first, 0, (last - first + 1) * sizeof *h->counts);
    h->total = 0;
}

void hist_record(struct hist *h, int64_t value) {
    hist_record_in(h, hist_bucket(h, value), value);
}

void hist_record_in(struct hist *h, size_t bucket, int64_t value) {
    h->counts[bucket]++;
    if (h->total == 0 || value < h->min)
        h->min = value;
    if (h->total == 0 || value > h->max)
        h->max = value;
    h->total++;
}

void hist_merge(struct hist *into, const struct hist *from) {
    assert(into->bits == from->bits);
    if (from->total == 0)
        return;
    size_t last = hist_bucket(from, from->max);
    for (size_t i = hist_bucket(from, from->min); i <= last; i++)
        if (from->counts[i] != 0)
            into->counts[i] += from->counts[i];
    if (into->total == 0 || from->min < into->min)
        into->min = from->min;
    if (into->total == 0 || from->max > into->max)
        into->max = from->max;
    into->total += from->total;
}

int64_t hist_quantile(const struct hist *h, double p) {
    assert(h->total > 0 && p >= 0 && p <= 1);
    uint64_t rank = (uint64_t)(p * (double)(h->total - 1));
    if (rank == 0)
        return h->min;
    if (rank >= h->total - 1)
        return h->max;
    size_t bucket = hist_bucket(h, h->min);
    for (uint64_t below = h->counts[bucket]; below <= rank; below += h->counts[bucket])
        bucket++;
    int64_t middle = hist_bucket_lowest(h, bucket) + (int64_t)(hist_bucket_width(h, bucket) / 2);
    return middle < h->min ? h->min : middle > h->max ? h->max : middle;
}
