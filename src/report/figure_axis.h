/*
 * figure_axis: chooses the axes of a figure and writes them as gnuplot commands.
 *
 * Only numbers and words of our own go into these commands, never text from outside. It does not
 * look at data: it is given the smallest, middle and largest value.
 *
 * Thread: any.
 */
#ifndef REPORT_FIGURE_AXIS_H
#define REPORT_FIGURE_AXIS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

/* The whole seconds that one drawn point stands for, so that a run of that many seconds has 600
 * points at most. */
int64_t figure_step_seconds(int64_t seconds);

/* x: the time from 0 to `seconds`, in s, min, h or days; sets x_unit, by which the script
 * divides. */
void figure_axis_time(struct buf *out, int64_t seconds, int64_t step_seconds);

/* y: a rate, or with `whole` a count, from 0 to `max`. */
void figure_axis_count(struct buf *out, double max, bool whole);

/* y: response times, called `what`. Linear from 0 in ms or s; logarithmic, with the unit at each
 * label, where max is more than 20 times the median. Sets y_unit, by which the script divides
 * milliseconds, and y_min, below which nothing is drawn (a logarithmic axis has no 0). */
void figure_axis_response_time(struct buf *out, const char *what, double min_ms, double median_ms,
                               double max_ms);

/* y: latencies called `what` on a logarithmic axis that holds these two, which are above 0; sets
 * y_unit and y_min as above. */
void figure_axis_latency(struct buf *out, const char *what, double low_ms, double high_ms);

/* The largest of ..., 0.1, 0.2, 0.5, 1, 2, 5, ... that is not above v; with `up` the smallest that
 * is not below. */
double figure_axis_bound(double v, bool up);

/* Whether response times need a logarithmic axis. */
bool figure_axis_is_log(double median_ms, double max_ms);

/* Appends what the time axis of a run of that many seconds is called; returns the seconds of its
 * unit. */
int64_t figure_axis_time_label(struct buf *out, int64_t seconds, int64_t step_seconds);

/* y: a share of something in percent, from 0; to 100 where it comes near. */
void figure_axis_percent(struct buf *out, double max);

/* x: percentiles over 1/(1-p), from 1 to the largest `inverse`, the number of requests. */
void figure_axis_percentile(struct buf *out, double inverse_max);

#endif
