/*
 * ticks: where the marks of an axis stand and what is written at them; the same for gnuplot's
 * figures and those of a page.
 *
 * It knows no picture and no units but those in the labels. Thread: any.
 */
#ifndef REPORT_TICKS_H
#define REPORT_TICKS_H

#include <stdbool.h>
#include <stddef.h>

#define TICKS_MAX 128
#define TICKS_LABEL_BYTES 24

struct tick {
    double at;
    bool small; /* without a label by design, not for want of room */
    char label[TICKS_LABEL_BYTES];
};

struct ticks {
    struct tick all[TICKS_MAX];
    size_t count;
};

/* Multiples of 1, 2 or 5 times a power of ten from 0 to `to`, about `wanted` of them; `whole`: no
 * fractions. */
void ticks_linear(struct ticks *t, double to, size_t wanted, bool whole);

/* Each 1 of a decade of a logarithmic axis of milliseconds, 2 and 5 too where there is room, small
 * ones between; labels have their unit. */
void ticks_latency(struct ticks *t, double low_ms, double high_ms);

/* Percentiles over 1/(1-p), from 1 to `inverse_max`. */
void ticks_percentile(struct ticks *t, double inverse_max);

#endif
