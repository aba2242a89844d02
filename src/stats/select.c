#include "stats/select.h"

#include <assert.h>
#include <stdlib.h>

/* A bucket that holds wanted ranks: those from `below` on, `count` of them. */
struct select_cell {
    int64_t lowest;
    uint64_t width;
    uint64_t below, count;
    uint64_t seen;    /* in pass 2 */
    uint64_t *counts; /* dense: per value of the bucket; cumulative after select_finish() */
    int64_t *values;  /* sparse: the values themselves; sorted after select_finish() */
};

int select_init(struct select *s, struct err *e) {
    struct select fresh = {0};
    if (hist_init(&fresh.hist, SELECT_BITS, e) != 0)
        return -1;
    *s = fresh;
    return 0;
}

void select_done(struct select *s) {
    for (size_t i = 0; i < s->cell_count; i++) {
        free(s->cells[i].counts);
        free(s->cells[i].values);
    }
    free(s->cells);
    kept_done(&s->kept);
    hist_done(&s->hist);
    *s = (struct select){0};
}

void select_keep(struct select *s, size_t *room) {
    assert(s->hist.total == 0);
    kept_init(&s->kept, s->hist.bits, room);
}

void select_count(struct select *s, int64_t value) {
    size_t bucket = hist_bucket(&s->hist, value);
    if (kept_any(&s->kept))
        kept_add(&s->kept, &s->hist, bucket, value);
    hist_record_in(&s->hist, bucket, value);
}

void select_copy(struct select *s, const struct select *from) {
    assert(s->hist.total == 0);
    hist_merge(&s->hist, &from->hist);
    kept_copy(&s->kept, &from->kept, &from->hist);
}

static int by_rank(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int by_value(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The minimum and the maximum are known from pass 1. */
static bool is_known(const struct select *s, uint64_t rank) {
    return rank == 0 || rank == s->hist.total - 1;
}

static int cell_init(struct select_cell *c) {
    if (c->width == 1)
        return 0;
    if (c->count < c->width)
        c->values = malloc(c->count * sizeof *c->values);
    else
        c->counts = calloc(c->width, sizeof *c->counts);
    return c->values == NULL && c->counts == NULL ? -1 : 0;
}

/* One walk along the histogram and the sorted ranks makes the cells. */
static int make_cells(struct select *s, const uint64_t *ranks, size_t n, struct err *e) {
    const struct hist *h = &s->hist;
    size_t bucket = hist_bucket(h, h->min);
    uint64_t below = 0;
    for (size_t i = 0; i < n; i++) {
        if (is_known(s, ranks[i]))
            continue;
        for (; below + h->counts[bucket] <= ranks[i]; bucket++)
            below += h->counts[bucket];
        if (s->cell_count > 0 && s->cells[s->cell_count - 1].below == below)
            continue;
        struct select_cell *c = &s->cells[s->cell_count++];
        *c = (struct select_cell){.lowest = hist_bucket_lowest(h, bucket),
                                  .width = hist_bucket_width(h, bucket),
                                  .below = below,
                                  .count = h->counts[bucket]};
        if (c->width == 1)
            c->seen = c->count; /* what is in it is known */
        if (cell_init(c) != 0)
            return err_memory(e, "exact percentiles");
    }
    return 0;
}

int select_want(struct select *s, const uint64_t *ranks, size_t n, struct err *e) {
    assert(s->cells == NULL);
    if (n == 0)
        return 0;
    uint64_t *sorted = malloc(n * sizeof *sorted);
    s->cells = calloc(n, sizeof *s->cells);
    int result = -1;
    if (sorted == NULL || s->cells == NULL) {
        err_memory(e, "exact percentiles");
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        assert(ranks[i] < s->hist.total);
        sorted[i] = ranks[i];
    }
    qsort(sorted, n, sizeof *sorted, by_rank);
    result = make_cells(s, sorted, n, e);
out:
    free(sorted);
    return result;
}

bool select_needs_collecting(const struct select *s) {
    for (size_t i = 0; i < s->cell_count; i++)
        if (s->cells[i].seen < s->cells[i].count)
            return true;
    return false;
}

static void add_to_cell(struct select *s, struct select_cell *c, int64_t value, uint64_t n) {
    if (n > c->count - c->seen) {
        s->differs = true;
        return;
    }
    if (c->counts != NULL)
        c->counts[value - c->lowest] += n;
    else
        for (uint64_t i = 0; i < n; i++)
            c->values[c->seen + i] = value;
    c->seen += n;
}

struct taking {
    struct select *select;
    struct select_cell *cell;
};

static void take_value(void *context, int64_t value, uint64_t count) {
    struct taking *t = context;
    add_to_cell(t->select, t->cell, value, count);
}

void select_take(struct select *s, const struct select *from) {
    for (size_t i = 0; kept_any(&from->kept) && i < s->cell_count; i++) {
        struct taking t = {s, &s->cells[i]};
        if (t.cell->width > 1)
            kept_each(&from->kept, &from->hist, hist_bucket(&s->hist, t.cell->lowest), take_value,
                      &t);
    }
}

void select_collect(struct select *s, int64_t value) {
    size_t low = 0, high = s->cell_count;
    while (low < high) { /* the last cell that does not start above the value */
        size_t middle = low + (high - low) / 2;
        if (s->cells[middle].lowest <= value)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return;
    struct select_cell *c = &s->cells[low - 1];
    uint64_t offset = (uint64_t)(value - c->lowest);
    if (c->width > 1 && offset < c->width)
        add_to_cell(s, c, value, 1);
}

int select_finish(struct select *s, struct err *e) {
    for (size_t i = 0; i < s->cell_count; i++) {
        struct select_cell *c = &s->cells[i];
        if (c->seen != c->count)
            s->differs = true;
        else if (c->values != NULL)
            qsort(c->values, c->count, sizeof *c->values, by_value);
        else if (c->counts != NULL)
            for (uint64_t k = 1; k < c->width; k++)
                c->counts[k] += c->counts[k - 1];
    }
    return s->differs ? err_set(e, "the rows changed while they were read") : 0;
}

/* The first value of the bucket by which more than `rank` values are counted. */
static int64_t dense_value(const struct select_cell *c, uint64_t rank) {
    uint64_t low = 0, high = c->width - 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (c->counts[middle] > rank)
            high = middle;
        else
            low = middle + 1;
    }
    return c->lowest + (int64_t)low;
}

int64_t select_value(const struct select *s, uint64_t rank) {
    assert(rank < s->hist.total);
    if (is_known(s, rank))
        return rank == 0 ? s->hist.min : s->hist.max;
    size_t low = 0, high = s->cell_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->cells[middle].below <= rank)
            low = middle + 1;
        else
            high = middle;
    }
    assert(low > 0);
    const struct select_cell *c = &s->cells[low - 1];
    uint64_t inside = rank - c->below;
    assert(inside < c->count && c->seen == c->count);
    if (c->values != NULL)
        return c->values[inside];
    return c->counts != NULL ? dense_value(c, inside) : c->lowest;
}
