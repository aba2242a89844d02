/*
 * points: what a picture needs of the requests of a run, as single points: thinned, so that a
 * million of them do not make a picture of a million.
 *
 * Time is cut into 400 columns and the latency into bands of 9 %; of what falls into one such field
 * the first of each kind is kept. So nothing that the picture could show is lost.
 *
 * Ownership: heap, points_free(NULL) is fine. Thread: plain data.
 */
#ifndef REPORT_POINTS_H
#define REPORT_POINTS_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

enum points_kind { POINTS_COLD, POINTS_WARM, POINTS_UNKNOWN, POINTS_KINDS };

struct point {
    int64_t at_us, took_us;
    enum points_kind kind;
};

struct points {
    int64_t run_us;
    struct point *all;
    size_t count;
    size_t cap;
    uint64_t *taken; /* private: a bit a field */
};

/* For a run of that length; what is outside of it is not taken. */
int points_new(int64_t run_us, struct points **out, struct err *e);
void points_free(struct points *p);
int points_add(struct points *p, enum points_kind kind, int64_t at_us, int64_t took_us,
               struct err *e);

#endif
