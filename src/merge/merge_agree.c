#include "merge/merge_agree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "merge/merge_manifest.h"
#include "util/array.h"
#include "util/text.h"

#define SHOWN_BYTES 100

/* The beginning of a value, for an error. */
static int shown(const char *value) {
    size_t n = strlen(value);
    return (int)text_cut(value, n, SHOWN_BYTES);
}

static int differ(const char *key, const struct merge_part *a, const char *x,
                  const struct merge_part *b, const char *y, struct err *e) {
    const char *none = "(none)";
    x = x == NULL ? none : x;
    y = y == NULL ? none : y;
    return err_set(e,
                   "%.200s and %.200s are not parts of one load: %.100s is \"%.*s\" in the first"
                   " and \"%.*s\" in the second",
                   a->path, b->path, key, shown(x), x, shown(y), y);
}

static int same_run(const struct merge_part *a, const struct merge_part *b, struct err *e) {
    const struct reader_run *x = a->run, *y = b->run;
    char seeds[2][32];
    snprintf(seeds[0], sizeof seeds[0], "%" PRIu64, x->seed);
    snprintf(seeds[1], sizeof seeds[1], "%" PRIu64, y->seed);
    const struct {
        const char *key, *a, *b;
    } all[] = {{"version", x->version, y->version},
               {"name", x->name, y->name},
               {"seed", seeds[0], seeds[1]},
               {"target", x->target, y->target},
               {"scenario", x->scenario, y->scenario}};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (strcmp(all[i].a, all[i].b) != 0)
            return differ(all[i].key, a, all[i].a, b, all[i].b, e);
    return 0;
}

/* Both manifests are in order of key. */
static int same_manifest(const struct merge_part *a, const struct merge_part *b, struct err *e) {
    static const struct merge_pair none = {NULL, NULL};
    size_t i = 0, k = 0;
    while (i < a->pair_count || k < b->pair_count) {
        const struct merge_pair *x = i < a->pair_count ? &a->pairs[i] : &none;
        const struct merge_pair *y = k < b->pair_count ? &b->pairs[k] : &none;
        int order = x->key == NULL ? 1 : y->key == NULL ? -1 : strcmp(x->key, y->key);
        if (order < 0)
            y = &none;
        else if (order > 0)
            x = &none;
        i += order <= 0;
        k += order >= 0;
        const char *key = order <= 0 ? x->key : y->key;
        if (merge_key_of(key) == MERGE_KEY_SAME && (order != 0 || strcmp(x->value, y->value) != 0))
            return differ(key, a, x->value, b, y->value, e);
    }
    return 0;
}

static bool same_text(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

/* The numbers of endpoints, tasks and checks are those of the scenario, so they are equal. */
static bool same_catalog(const struct catalog *a, const struct catalog *b) {
    if (a->endpoint_count != b->endpoint_count || a->task_count != b->task_count ||
        a->check_count != b->check_count)
        return false;
    for (size_t i = 0; i < a->endpoint_count; i++)
        if (!same_text(a->endpoints[i].name, b->endpoints[i].name) ||
            !same_text(a->endpoints[i].method, b->endpoints[i].method))
            return false;
    for (size_t i = 0; i < a->task_count; i++)
        if (!same_text(a->tasks[i].name, b->tasks[i].name) ||
            a->tasks[i].endpoint != b->tasks[i].endpoint)
            return false;
    for (size_t i = 0; i < a->check_count; i++)
        if (!same_text(a->checks[i].name, b->checks[i].name) ||
            a->checks[i].endpoint != b->checks[i].endpoint)
            return false;
    return true;
}

int merge_agree(const struct merge_part *parts, size_t n, struct err *e) {
    const struct merge_part *a = &parts[0];
    for (size_t i = 1; i < n; i++) {
        const struct merge_part *b = &parts[i];
        if (b->count != a->count)
            return err_set(
                e,
                "%.200s and %.200s are not parts of one load: the first is one of %" PRIu32
                " parts, the second one of %" PRIu32,
                a->path, b->path, a->count, b->count);
        if (b->index == parts[i - 1].index)
            return err_set(e, "%.200s and %.200s are the same part, %" PRIu32 " of %" PRIu32,
                           parts[i - 1].path, b->path, b->index, b->count);
        if (same_run(a, b, e) != 0 || same_manifest(a, b, e) != 0)
            return -1;
        if (!same_catalog(reader_catalog(a->reader), reader_catalog(b->reader)))
            return err_set(e,
                           "%.200s and %.200s are not parts of one load: their endpoints, tasks or"
                           " checks differ",
                           a->path, b->path);
    }
    return 0;
}
