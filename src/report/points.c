#include "report/points.h"

#include <math.h>
#include <stdlib.h>

#include "util/array.h"

#define COLUMNS 400
#define BANDS 512 /* eight an octave, all of int64 */

int points_new(int64_t run_us, struct points **out, struct err *e) {
    struct points *p = calloc(1, sizeof *p);
    uint64_t *taken = calloc((size_t)POINTS_KINDS * COLUMNS * BANDS / 64, sizeof *taken);
    if (p == NULL || taken == NULL) {
        free(p);
        free(taken);
        return err_memory(e, "the points of a figure");
    }
    p->run_us = run_us > 0 ? run_us : 1;
    p->taken = taken;
    p->thinned = true;
    *out = p;
    return 0;
}

void points_free(struct points *p) {
    if (p == NULL)
        return;
    free(p->all);
    free(p->taken);
    free(p);
}

void points_keep(struct points *p, size_t n) {
    p->all_max = n;
    p->thinned = n == 0;
}

/* False if a point of its kind is in its field already. */
static bool take_field(struct points *p, const struct point *x) {
    size_t column = (size_t)((double)x->at_us / (double)p->run_us * COLUMNS);
    if (column >= COLUMNS)
        column = COLUMNS - 1;
    size_t band = x->took_us == 0 ? 0 : (size_t)(log2((double)x->took_us) * 8);
    size_t bit = ((size_t)x->kind * COLUMNS + column) * BANDS + (band < BANDS ? band : BANDS - 1);
    if ((p->taken[bit / 64] >> bit % 64 & 1) != 0)
        return false;
    p->taken[bit / 64] |= UINT64_C(1) << bit % 64;
    return true;
}

static void thin(struct points *p) {
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++)
        if (take_field(p, &p->all[i]))
            p->all[kept++] = p->all[i];
    p->count = kept;
    p->all_max = 0;
    p->thinned = true;
}

int points_add(struct points *p, enum points_kind kind, int64_t at_us, int64_t took_us,
               struct err *e) {
    const struct point x = {.at_us = at_us, .took_us = took_us, .kind = kind};
    if (at_us < 0 || at_us >= p->run_us || took_us < 0)
        return 0;
    if (p->all_max > 0 && p->count == p->all_max)
        thin(p);
    struct point *grown = array_room(p->all, &p->cap, p->count + 1, sizeof *grown);
    if (grown == NULL)
        return err_memory(e, "the points of a figure");
    p->all = grown;
    if (p->all_max > 0 || take_field(p, &x))
        p->all[p->count++] = x;
    return 0;
}
