/*
 * axis: which scale an axis of a figure has: linear or logarithmic, from where to where, in which
 * unit. The same for every writer of figures.
 *
 * It does not look at data: it is given the smallest, middle and largest value. It draws nothing
 * and places no marks: see ticks.h. Thread: any.
 */
#ifndef REPORT_AXIS_H
#define REPORT_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

struct axis {
    bool logarithmic;
    double from, to;    /* after division by `unit`; from < to */
    double unit;        /* 60: the axis has minutes where the values are seconds */
    const char *suffix; /* of its name: " (ms)"; "" where the unit is clear */
};

enum axis_unit {
    AXIS_RATE,   /* a second */
    AXIS_COUNT,  /* whole numbers */
    AXIS_AMOUNT, /* any number */
    AXIS_MS, /* logarithmic where the largest is more than 20 times the median; then a cold start
                     does not press everything else into one line at the bottom */
    AXIS_PERCENT, /* of a whole: to 100 where the largest comes near */
};

/* The time from 0 to the end of a run, in s, min, h or days. */
struct axis axis_time(size_t seconds);

/* Percentiles over 1/(1 - percentile/100), from 1 to the number of requests. */
struct axis axis_percentiles(double requests);

/* Values; NAN for all three if there are none. */
struct axis axis_values(enum axis_unit unit, double min, double median, double max);

/* Latencies in ms on a logarithmic axis, whatever their median. */
struct axis axis_latencies(double min, double max);

/* The whole seconds that one drawn value stands for, so that a run of that many seconds has 600 at
 * most. */
int64_t axis_step_seconds(int64_t seconds);

/* Appends what a time axis is called, "Time (min)". */
void axis_time_label(struct buf *out, size_t seconds);

/* Appends ", each point the mean of 10 s", or with `of_requests` "all requests of"; nothing where a
 * step is a second. */
void axis_step_label(struct buf *out, size_t step_seconds, bool of_requests);

#endif
