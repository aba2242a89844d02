/*
 * points: single requests of a run for a picture, thinned so that a million requests do not make a
 * picture of a million points.
 *
 * Time is divided into 400 columns, and latency into bands of 9 %. Of each such field, only the
 * first request of each kind is kept. So nothing that the picture could show is lost. Where many
 * requests have the same place, as prompts of one length, that hides how many there are: see
 * points_keep().
 *
 * Ownership: heap, points_free(NULL) is allowed. Thread: plain data.
 */
#ifndef REPORT_POINTS_H
#define REPORT_POINTS_H

#include <stdbool.h>
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
    size_t all_max;  /* private: thin from this number on; 0: always */
    bool thinned;    /* a request may be missing */
    uint64_t *taken; /* private: one bit per field */
};

/* run_us is the length of the run. Requests outside of it are ignored. */
int points_new(int64_t run_us, struct points **out, struct err *e);
void points_free(struct points *p);

/* Keeps all requests as long as there are at most n; with more, it thins all. Call it before the
 * first points_add(). */
void points_keep(struct points *p, size_t n);
int points_add(struct points *p, enum points_kind kind, int64_t at_us, int64_t took_us,
               struct err *e);

#endif
