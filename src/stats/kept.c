#include "stats/kept.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_WORDS 4
#define BLOCK_BYTES 16 /* what an allocation costs beside its words */

void kept_init(struct kept_values *k, unsigned bits, size_t *room) {
    *k = (struct kept_values){.room = room, .bits = bits};
    k->buckets = calloc(hist_buckets(bits), sizeof *k->buckets);
}

void kept_done(struct kept_values *k) {
    size_t n = k->buckets == NULL ? 0 : hist_buckets(k->bits);
    for (size_t i = 0; i < n; i++)
        if (k->buckets[i] != NULL)
            free(k->buckets[i]);
    free(k->buckets);
    if (k->room != NULL)
        *k->room += k->bytes;
    *k = (struct kept_values){0};
}

static bool take_room(struct kept_values *k, size_t bytes) {
    if (bytes > *k->room)
        return false;
    *k->room -= bytes;
    k->bytes += bytes;
    return true;
}

/* The words for `before` values: they are never more than the bucket is wide. */
static uint64_t words(uint64_t before, uint64_t width) {
    uint64_t n = FIRST_WORDS;
    while (n < before)
        n *= 2;
    return n < width ? n : width;
}

static bool grow(struct kept_values *k, uint32_t **bucket, uint64_t before, uint64_t width) {
    bool full = before == 0 || (before >= FIRST_WORDS && (before & (before - 1)) == 0);
    if (!full)
        return true;
    uint64_t n = words(before + 1, width);
    size_t more = before == 0 ? n * sizeof **bucket + BLOCK_BYTES
                              : (n - words(before, width)) * sizeof **bucket;
    uint32_t *grown = take_room(k, more) ? realloc(*bucket, n * sizeof *grown) : NULL;
    if (grown != NULL)
        *bucket = grown;
    return grown != NULL;
}

/* From a word a value to a count for each value that the bucket can hold. */
static bool make_dense(struct kept_values *k, uint32_t **bucket, uint64_t before, uint64_t width) {
    size_t had = before == 0 ? 0 : words(before, width) * sizeof **bucket + BLOCK_BYTES;
    size_t wants = width * sizeof **bucket + BLOCK_BYTES;
    uint32_t *dense = take_room(k, wants - had) ? calloc(width, sizeof *dense) : NULL;
    if (dense == NULL)
        return false;
    for (uint64_t i = 0; i < before; i++)
        dense[(*bucket)[i]]++;
    free(*bucket);
    *bucket = dense;
    return true;
}

void kept_add(struct kept_values *k, const struct hist *h, size_t bucket, int64_t value) {
    uint64_t width = hist_bucket_width(h, bucket), before = h->counts[bucket];
    if (width == 1)
        return; /* the histogram tells it */
    uint64_t offset = (uint64_t)(value - hist_bucket_lowest(h, bucket));
    uint32_t **words_of = &k->buckets[bucket];
    bool ok = width <= UINT32_MAX;
    if (ok && before >= width) {
        ok = (*words_of)[offset] < UINT32_MAX;
        (*words_of)[offset] += ok;
    } else if (ok && before + 1 == width) {
        ok = make_dense(k, words_of, before, width);
        if (ok)
            (*words_of)[offset]++;
    } else if (ok) {
        ok = grow(k, words_of, before, width);
        if (ok)
            (*words_of)[before] = (uint32_t)offset;
    }
    if (!ok)
        kept_done(k);
}

void kept_copy(struct kept_values *to, const struct kept_values *from, const struct hist *h) {
    if (!kept_any(to))
        return;
    for (size_t i = 0; kept_any(from) && i < hist_buckets(from->bits); i++) {
        uint64_t width = hist_bucket_width(h, i), n = h->counts[i];
        if (from->buckets[i] == NULL)
            continue;
        size_t bytes = (n < width ? words(n, width) : width) * sizeof **from->buckets;
        to->buckets[i] = take_room(to, bytes + BLOCK_BYTES) ? malloc(bytes) : NULL;
        if (to->buckets[i] == NULL) {
            kept_done(to);
            return;
        }
        memcpy(to->buckets[i], from->buckets[i], bytes);
    }
    if (!kept_any(from))
        kept_done(to);
}

void kept_each(const struct kept_values *k, const struct hist *h, size_t bucket, kept_fn *fn,
               void *context) {
    uint64_t width = hist_bucket_width(h, bucket), n = h->counts[bucket];
    int64_t lowest = hist_bucket_lowest(h, bucket);
    const uint32_t *words_of = k->buckets[bucket];
    if (width == 1 && n > 0)
        fn(context, lowest, n);
    else if (n < width)
        for (uint64_t i = 0; i < n; i++)
            fn(context, lowest + (int64_t)words_of[i], 1);
    else
        for (uint64_t i = 0; i < width; i++)
            if (words_of[i] > 0)
                fn(context, lowest + (int64_t)i, words_of[i]);
}
