#include "convert/log_tally.h"

#include <stdlib.h>
#include <string.h>

bool log_tally_init(struct log_tally *t, size_t max) {
    *t = (struct log_tally){.max = max, .cap = 1024};
    t->slots = calloc(t->cap, sizeof(struct log_entry *));
    return t->slots != NULL;
}

void log_tally_done(struct log_tally *t) {
    for (size_t i = 0; i < t->cap && t->slots != NULL; i++)
        free(t->slots[i]);
    free(t->slots);
    free(t->dropped_of);
    *t = (struct log_tally){0};
}

/* Eight bytes at a time: a log has millions of lines. */
static uint64_t hash_of(uint32_t group, const char *text, size_t n) {
    uint64_t h = 0x9e3779b97f4a7c15u ^ group ^ (uint64_t)n << 32, word = 0;
    for (; n >= 8; text += 8, n -= 8) {
        memcpy(&word, text, 8);
        h = (h ^ word) * 0xbf58476d1ce4e5b9u;
        h ^= h >> 29;
    }
    word = 0;
    memcpy(&word, text, n);
    h = (h ^ word) * 0x94d049bb133111ebu;
    h ^= h >> 32;
    h *= 0xbf58476d1ce4e5b9u;
    return h ^ h >> 29;
}

static void put(struct log_entry **slots, size_t cap, struct log_entry *x) {
    size_t at = x->hash & (cap - 1);
    while (slots[at] != NULL)
        at = (at + 1) & (cap - 1);
    slots[at] = x;
}

/* A table of this size with all entries. */
static bool resize(struct log_tally *t, size_t cap) {
    struct log_entry **slots = cap == 0 ? NULL : calloc(cap, sizeof(struct log_entry *));
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < t->cap; i++)
        if (t->slots[i] != NULL)
            put(slots, cap, t->slots[i]);
    free(t->slots);
    t->slots = slots;
    t->cap = cap;
    return true;
}

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool count_dropped(struct log_tally *t, const struct log_entry *x) {
    if (x->group >= t->groups) {
        size_t groups = (size_t)x->group + 64;
        uint64_t *more = realloc(t->dropped_of, groups * sizeof *more);
        if (more == NULL)
            return false;
        memset(more + t->groups, 0, (groups - t->groups) * sizeof *more);
        t->dropped_of = more;
        t->groups = groups;
    }
    t->dropped_of[x->group] += x->count;
    t->dropped += x->count;
    return true;
}

/* Drops the rarer half of the entries. Of those with the count in the middle, the order of the
 * table decides: which stay is as good as drawn. */
static bool shrink(struct log_tally *t) {
    uint64_t *counts = malloc(t->count * sizeof *counts);
    size_t n = 0;
    if (counts == NULL)
        return false;
    for (size_t i = 0; i < t->cap; i++)
        if (t->slots[i] != NULL)
            counts[n++] = t->slots[i]->count + t->slots[i]->missed;
    qsort(counts, n, sizeof *counts, by_number);
    t->floor = counts[n / 2];
    size_t ties = n / 2 + 1;
    while (ties > 0 && counts[n / 2 + 1 - ties] < t->floor)
        ties--; /* of the half that is dropped, those that have this count */
    free(counts);
    for (size_t i = 0; i < t->cap; i++) {
        struct log_entry *x = t->slots[i];
        uint64_t most = x == NULL ? 0 : x->count + x->missed;
        if (x == NULL || most > t->floor || (most == t->floor && ties == 0))
            continue;
        ties -= most == t->floor;
        if (!count_dropped(t, x))
            return false;
        t->count--;
        t->bytes -= x->bytes;
        t->slots[i] = NULL;
        free(x);
    }
    return resize(t, t->cap);
}

bool log_tally_add(struct log_tally *t, uint32_t group, const char *text, size_t n, int status) {
    uint64_t hash = hash_of(group, text, n);
    size_t at = hash & (t->cap - 1);
    struct log_entry *x;
    for (; (x = t->slots[at]) != NULL; at = (at + 1) & (t->cap - 1))
        if (x->hash == hash && x->group == group && x->bytes == n && memcmp(x->text, text, n) == 0)
            break;
    if (x == NULL) {
        if ((t->count >= t->max || t->bytes + n > LOG_TALLY_BYTES) && !shrink(t))
            return false;
        if (t->count * 2 >= t->cap && !resize(t, t->cap * 2))
            return false;
        x = malloc(sizeof *x + n);
        if (x == NULL)
            return false;
        *x = (struct log_entry){.hash = hash,
                                .missed = t->floor,
                                .order = t->orders++,
                                .group = group,
                                .bytes = (uint32_t)n};
        memcpy(x->text, text, n);
        put(t->slots, t->cap, x);
        t->count++;
        t->bytes += n;
    }
    x->count++;
    if (status >= 400) {
        x->status = x->failed == 0 || x->status == status ? status : 0;
        x->failed++;
    }
    return true;
}

static int by_count(const void *a, const void *b) {
    const struct log_entry *x = *(struct log_entry *const *)a, *y = *(struct log_entry *const *)b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->order < y->order ? -1 : 1;
}

struct log_entry **log_tally_sort(struct log_tally *t, size_t *count) {
    size_t n = 0;
    for (size_t i = 0; i < t->cap; i++) {
        struct log_entry *x = t->slots[i];
        t->slots[i] = NULL;
        if (x != NULL)
            t->slots[n++] = x;
    }
    qsort(t->slots, n, sizeof *t->slots, by_count);
    *count = n;
    return t->slots;
}
