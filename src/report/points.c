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
        return err_set(e, "out of memory for the points of a figure");
    }
    p->run_us = run_us > 0 ? run_us : 1;
    p->taken = taken;
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

int points_add(struct points *p, enum points_kind kind, int64_t at_us, int64_t took_us,
               struct err *e) {
    if (at_us < 0 || at_us >= p->run_us || took_us < 0)
        return 0;
    size_t column = (size_t)((double)at_us / (double)p->run_us * COLUMNS);
    if (column >= COLUMNS)
        column = COLUMNS - 1;
    size_t band = took_us == 0 ? 0 : (size_t)(log2((double)took_us) * 8);
    size_t bit = ((size_t)kind * COLUMNS + column) * BANDS + (band < BANDS ? band : BANDS - 1);
    if ((p->taken[bit / 64] >> bit % 64 & 1) != 0)
        return 0;
    struct point *grown = array_room(p->all, &p->cap, p->count + 1, sizeof *grown);
    if (grown == NULL)
        return err_set(e, "out of memory for the points of a figure");
    p->all = grown;
    p->taken[bit / 64] |= UINT64_C(1) << bit % 64;
    p->all[p->count++] = (struct point){.at_us = at_us, .took_us = took_us, .kind = kind};
    return 0;
}
