#include "cli/series_table.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a; the NUL of each text separates them. */
static uint64_t hash_of(const char *metric, const char *labels) {
    const char *texts[] = {metric, labels};
    uint64_t h = UINT64_C(14695981039346656037);
    for (int i = 0; i < 2; i++) {
        const unsigned char *p = (const unsigned char *)texts[i];
        do {
            h = (h ^ *p) * UINT64_C(1099511628211);
        } while (*p++ != '\0');
    }
    return h;
}

static uint32_t *slot_of(const struct series_table *t, uint64_t hash, const char *metric,
                         const char *labels) {
    size_t at = (size_t)hash & (t->slot_count - 1);
    for (; t->slots[at] != 0; at = (at + 1) & (t->slot_count - 1)) {
        const struct series_entry *x = &t->entries[t->slots[at] - 1];
        if (x->hash == hash && strcmp(x->metric, metric) == 0 && strcmp(x->labels, labels) == 0)
            break;
    }
    return &t->slots[at];
}

/* Room for one more, with at most half of the slots taken. */
static bool grow(struct series_table *t) {
    if (t->count == t->room) {
        size_t room = t->room == 0 ? 64 : 2 * t->room;
        struct series_entry *more = realloc(t->entries, room * sizeof *more);
        if (more == NULL)
            return false;
        t->entries = more;
        t->room = room;
    }
    if (2 * (t->count + 1) <= t->slot_count)
        return true;
    size_t slot_count = t->slot_count == 0 ? 128 : 2 * t->slot_count;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL)
        return false;
    free(t->slots);
    t->slots = slots;
    t->slot_count = slot_count;
    for (size_t i = 0; i < t->count; i++) {
        const struct series_entry *x = &t->entries[i];
        *slot_of(t, x->hash, x->metric, x->labels) = (uint32_t)i + 1;
    }
    return true;
}

static enum series_found add(struct series_table *t, uint64_t hash, const char *metric,
                             const char *labels, uint32_t *number) {
    size_t metric_bytes = strlen(metric) + 1, label_bytes = strlen(labels) + 1;
    char *texts = malloc(metric_bytes + label_bytes);
    if (texts == NULL || !grow(t)) {
        free(texts);
        return SERIES_NO_MEMORY;
    }
    memcpy(texts, metric, metric_bytes);
    memcpy(texts + metric_bytes, labels, label_bytes);
    *slot_of(t, hash, metric, labels) = (uint32_t)t->count + 1;
    *number = (uint32_t)t->count;
    t->entries[t->count++] =
        (struct series_entry){.metric = texts, .labels = texts + metric_bytes, .hash = hash};
    return SERIES_NEW;
}

enum series_found series_table_take(struct series_table *t, const char *metric, const char *labels,
                                    bool cumulative, double value, uint32_t *number) {
    uint64_t hash = hash_of(metric, labels);
    uint32_t slot = t->slot_count == 0 ? 0 : *slot_of(t, hash, metric, labels);
    enum series_found found = SERIES_POINT;
    if (slot == 0 && t->count == SERIES_TABLE_MAX) {
        t->refused++;
        return SERIES_NO_ROOM;
    }
    if (slot == 0 && (found = add(t, hash, metric, labels, &slot)) != SERIES_NEW)
        return found;
    *number = found == SERIES_NEW ? slot : slot - 1;
    struct series_entry *x = &t->entries[*number];
    if (found != SERIES_NEW && cumulative && x->last == value)
        return SERIES_SAME;
    x->last = value;
    return found;
}

void series_table_done(struct series_table *t) {
    for (size_t i = 0; i < t->count; i++)
        free(t->entries[i].metric);
    free(t->entries);
    free(t->slots);
    *t = (struct series_table){0};
}
