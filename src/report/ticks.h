/*
 * ticks: positions and labels of the ticks of an axis, for gnuplot's figures and those of a page.
 *
 * It knows no pictures, and no units except those in the labels. Thread: any.
 */
#ifndef REPORT_TICKS_H
#define REPORT_TICKS_H

#include <stdbool.h>
#include <stddef.h>

#define TICKS_MAX 128
#define TICKS_LABEL_BYTES 24

struct tick {
    double at;
    bool small; /* has no label by design, not to save space */
    char label[TICKS_LABEL_BYTES];
};

struct ticks {
    struct tick all[TICKS_MAX];
    size_t count;
};

/* Multiples of 1, 2 or 5 times a power of ten from 0 to `to`, about `wanted` of them. `whole`: no
 * fractions. */
void ticks_linear(struct ticks *t, double to, size_t wanted, bool whole);

/* For a logarithmic axis of milliseconds: the 1 of each decade, 2 and 5 too if there is room, and
 * small ticks in between. Labels have their unit. */
void ticks_latency(struct ticks *t, double low_ms, double high_ms);

/* Percentiles over 1/(1-p), from 1 to `inverse_max`. */
void ticks_percentile(struct ticks *t, double inverse_max);

#endif
