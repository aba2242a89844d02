#include "report/shard_series.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/reader_shards.h"
#include "stats/series.h"
#include "util/array.h"
#include "util/clock.h"

#define PARTS_MAX 1000000 /* of a file that is not damaged */

struct part {
    uint32_t number;
    int64_t requests;
};

struct reading {
    struct part *all; /* those that are there */
    size_t count, room;
    uint32_t parts;
    bool failed;
};

static void take(void *context, const struct reader_shard *s) {
    struct reading *r = context;
    struct part *room = array_room(r->all, &r->room, r->count + 1, sizeof *r->all);
    if (s->shard < 0 || s->shard >= PARTS_MAX)
        return;
    r->failed = r->failed || room == NULL;
    r->parts = s->shard >= r->parts ? (uint32_t)s->shard + 1 : r->parts;
    if (room == NULL)
        return;
    r->all = room;
    if (s->requests != READER_NO_VALUE)
        r->all[r->count++] = (struct part){(uint32_t)s->shard, s->requests};
}

static int by_requests(const void *a, const void *b) {
    const struct part *x = a, *y = b;
    return x->requests != y->requests ? (x->requests > y->requests) - (x->requests < y->requests)
                                      : (x->number > y->number) - (x->number < y->number);
}

static int by_number(const void *a, const void *b) {
    const struct part *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static void add_line(struct shard_series *s, uint32_t part) {
    size_t line = s->count++;
    s->line_of[part] = (uint8_t)line;
    snprintf(s->names[line], sizeof s->names[line], "part %" PRIu32, part);
    snprintf(s->columns[line], sizeof s->columns[line], "part_%" PRIu32, part);
}

static struct shard_series *choose(struct reading *r) {
    struct shard_series *s = calloc(1, sizeof *s);
    uint8_t *line_of = malloc(r->parts);
    if (s == NULL || line_of == NULL) {
        free(s);
        free(line_of);
        return NULL;
    }
    memset(line_of, SHARD_SERIES_MAX, r->parts);
    s->line_of = line_of;
    s->parts = r->parts;
    s->files = (uint32_t)r->count;
    s->chosen = r->count > SHARD_SERIES_MAX;
    size_t shown = r->count;
    if (s->chosen) {
        qsort(r->all, r->count, sizeof *r->all, by_requests);
        shown = SHARD_SERIES_MAX - 1;
        s->count = 1;
        snprintf(s->names[0], sizeof s->names[0], "mean of all %zu", r->count);
        snprintf(s->columns[0], sizeof s->columns[0], "mean");
    }
    qsort(r->all, shown, sizeof *r->all, by_number);
    for (size_t i = 0; i < shown; i++)
        add_line(s, r->all[i].number);
    return s;
}

int shard_series_new(struct reader *r, struct shard_series **out, struct err *e) {
    struct reading reading = {.all = NULL};
    struct shard_series *s = NULL;
    int result = reader_shards(r, take, &reading, e);
    if (result == 0 && !reading.failed && reading.count > 1)
        s = choose(&reading);
    if (result == 0 && (reading.failed || (reading.count > 1 && s == NULL)))
        result = err_memory(e, "the parts of the run");
    free(reading.all);
    if (result == 0)
        *out = s;
    return result;
}

void shard_series_free(struct shard_series *s) {
    if (s == NULL)
        return;
    for (size_t i = 0; i < SHARD_SERIES_MAX; i++)
        free(s->counts[i]);
    free(s->line_of);
    free(s);
}

static int grow(struct shard_series *s, size_t seconds, struct err *e) {
    size_t more = seconds > 2 * s->seconds ? seconds : 2 * s->seconds;
    for (size_t i = 0; i < s->count; i++) {
        uint32_t *grown = realloc(s->counts[i], more * sizeof *grown);
        if (grown == NULL)
            return err_memory(e, "the parts of the run");
        memset(grown + s->seconds, 0, (more - s->seconds) * sizeof *grown);
        s->counts[i] = grown;
    }
    s->seconds = more;
    return 0;
}

int shard_series_add(struct shard_series *s, int64_t user, int64_t end_us, struct err *e) {
    int64_t second = end_us / US_PER_S;
    /* The file is damaged; series_count() says so. */
    if (user < 0 || second < 0 || second >= SERIES_SECONDS_MAX)
        return 0;
    size_t line = s->line_of[user % s->parts];
    if ((size_t)second >= s->seconds && grow(s, (size_t)second + 1, e) != 0)
        return -1;
    if (s->chosen)
        s->counts[0][second]++;
    if (line < s->count)
        s->counts[line][second]++;
    return 0;
}

double shard_series_at(const struct shard_series *s, size_t line, size_t second) {
    double count = second < s->seconds ? s->counts[line][second] : 0;
    return s->chosen && line == 0 ? count / s->files : count;
}
