#include "stats/series.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "stats/quantile.h"

#define US_PER_S 1000000

struct slot {
    struct series_second second;
    uint64_t timed; /* requests with a response time, by the first reading */
    uint64_t have;  /* of them seen in the second reading */
    int64_t *values;
};

struct series {
    struct slot *slots;
    size_t count, room;
};

int series_new(struct series **out, struct err *e) {
    struct series *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_set(e, "out of memory for the course of the run");
    *out = s;
    return 0;
}

void series_free(struct series *s) {
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->count; i++)
        free(s->slots[i].values);
    free(s->slots);
    free(s);
}

static int reserve(struct series *s, size_t count, struct err *e) {
    if (count > s->room) {
        size_t room = s->room < 64 ? 64 : s->room * 2;
        if (room < count)
            room = count;
        struct slot *slots = realloc(s->slots, room * sizeof *slots);
        if (slots == NULL)
            return err_set(e, "out of memory for a run of %zu seconds", count);
        s->slots = slots;
        s->room = room;
    }
    for (; s->count < count; s->count++)
        s->slots[s->count] =
            (struct slot){.second = {.median_ms = (double)NAN, .p95_ms = (double)NAN}};
    return 0;
}

int series_count(struct series *s, int64_t end_us, int64_t response_us, bool failed,
                 struct err *e) {
    int64_t second = end_us / US_PER_S;
    if (end_us < 0 || second >= SERIES_SECONDS_MAX)
        return err_set(e,
                       "a request ends %" PRId64 " seconds after the start of the run; figures go "
                       "up to %d: is the file damaged?",
                       second, SERIES_SECONDS_MAX);
    if (reserve(s, (size_t)second + 1, e) != 0)
        return -1;
    struct slot *slot = &s->slots[second];
    slot->second.requests++;
    slot->second.failures += failed;
    slot->timed += response_us >= 0;
    return 0;
}

static void close_second(struct slot *slot) {
    quantile_sort(slot->values, slot->have);
    slot->second.median_ms = quantile_sorted(slot->values, slot->have, 0.5) / 1000;
    slot->second.p95_ms = quantile_sorted(slot->values, slot->have, 0.95) / 1000;
    free(slot->values);
    slot->values = NULL;
}

int series_collect(struct series *s, int64_t end_us, int64_t response_us, struct err *e) {
    if (response_us < 0)
        return 0;
    size_t second = (size_t)(end_us / US_PER_S);
    struct slot *slot = end_us < 0 || second >= s->count ? NULL : &s->slots[second];
    if (slot == NULL || slot->have == slot->timed)
        return err_set(e, "the rows changed between two readings of them");
    if (slot->values == NULL) {
        slot->values = malloc(slot->timed * sizeof *slot->values);
        if (slot->values == NULL)
            return err_set(e, "out of memory for the %llu requests of second %zu",
                           (unsigned long long)slot->timed, second);
    }
    slot->values[slot->have++] = response_us;
    if (slot->have == slot->timed)
        close_second(slot);
    return 0;
}

int series_finish(const struct series *s, struct err *e) {
    for (size_t i = 0; i < s->count; i++)
        if (s->slots[i].have != s->slots[i].timed)
            return err_set(e, "the rows changed between two readings of them");
    return 0;
}

size_t series_seconds(const struct series *s) {
    return s->count;
}

void series_at(const struct series *s, size_t second, struct series_second *out) {
    assert(second < s->count);
    *out = s->slots[second].second;
}
