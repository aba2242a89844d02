#include "gate/slot.h"

#include <math.h>

#include "stats/wilson.h"

#define MEAN_VALUES_MIN 30

void gate_slot_add(struct gate_slot *s, const struct gate_gain *gain, int64_t shift) {
    s->amount += gain->amount;
    s->total += gain->total;
    if (!gain->timed)
        return;
    double x = (double)(gain->time - shift);
    if (s->n == 0 || gain->time < s->min)
        s->min = gain->time;
    if (s->n == 0 || gain->time > s->max)
        s->max = gain->time;
    s->n++;
    s->sum += x;
    s->square += x * x;
}

void gate_slot_join(struct gate_slot *s, const struct gate_slot *more) {
    s->amount += more->amount;
    s->total += more->total;
    if (more->n == 0)
        return;
    if (s->n == 0 || more->min < s->min)
        s->min = more->min;
    if (s->n == 0 || more->max > s->max)
        s->max = more->max;
    s->n += more->n;
    s->sum += more->sum;
    s->square += more->square;
}

void gate_slot_mean(const struct gate_slot *s, int64_t shift, double *mean, double *low,
                    double *high) {
    double n = (double)s->n, off = s->sum / n;
    *mean = (double)shift + off;
    if (s->n < MEAN_VALUES_MIN)
        return;
    double variance = (s->square - s->sum * off) / (n - 1);
    double half = variance > 0 ? WILSON_Z95 * sqrt(variance / n) : 0;
    *low = *mean - half;
    *high = *mean + half;
}
