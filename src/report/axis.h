/*
 * axis: the scale of a figure's axis: linear or logarithmic, its range and its unit. All writers of
 * figures use it.
 *
 * It does not look at data: it gets the smallest, middle and largest value. It draws nothing and
 * places no ticks: see ticks.h. Thread: any.
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
    double unit;        /* 60: values are seconds, the axis is in minutes */
    const char *suffix; /* of the axis name: " (ms)"; "" if the unit is clear */
};

enum axis_unit {
    AXIS_RATE,   /* per second */
    AXIS_COUNT,  /* whole numbers */
    AXIS_AMOUNT, /* any number */
    /* Logarithmic if the largest value is more than 20 times the median. Otherwise a cold start
     * would press everything else into one line at the bottom. */
    AXIS_MS,
    AXIS_PERCENT, /* of a whole; up to 100 if the largest value is at least 50 */
};

/* The time from 0 to the end of a run of that many seconds, in s, min, h or days. */
struct axis axis_time(size_t seconds);

/* Percentiles over 1/(1 - percentile/100), from 1 to the number of requests. */
struct axis axis_percentiles(double requests);

/* An axis for values. All three are NAN if there are no values. */
struct axis axis_values(enum axis_unit unit, double min, double median, double max);

/* A logarithmic axis for latencies in ms, for any median. */
struct axis axis_latencies(double min, double max);

/* How many whole seconds one drawn value stands for. A run of that many seconds has at most 600
 * values. */
int64_t axis_step_seconds(int64_t seconds);

/* Appends the name of a time axis, "Time (min)". */
void axis_time_label(struct buf *out, size_t seconds);

/* Appends ", each point the mean of 10 s", or with `of_requests` ", each point all requests of 10
 * s". Appends nothing if a step is one second. */
void axis_step_label(struct buf *out, size_t step_seconds, bool of_requests);

#endif
