#include "stats/block_length.h"

#include <math.h>

#define SERIES_MIN 8

static double autocovariance(const double *x, size_t n, double mean, size_t lag) {
    double sum = 0;
    for (size_t i = 0; i + lag < n; i++)
        sum += (x[i] - mean) * (x[i + lag] - mean);
    return sum / (double)n;
}

static double flat_top(double t) {
    return t <= 0.5 ? 1 : t < 1 ? 2 * (1 - t) : 0;
}

/* The paper's m: the last lag before `run` correlations in a row that are as good as none. Where
 * there is no such row, the last lag that is more than nothing. */
static size_t last_correlated(const double *x, size_t n, double mean, double variance, size_t run,
                              size_t most) {
    double small = 2 * sqrt(log10((double)n) / (double)n);
    size_t in_a_row = 0, last = 0;
    for (size_t lag = 1; lag <= most + run && lag < n; lag++) {
        if (fabs(autocovariance(x, n, mean, lag)) / variance < small) {
            if (++in_a_row == run)
                return lag - run;
        } else {
            in_a_row = 0;
            last = lag;
        }
    }
    return last < most ? last : most;
}

double block_length(const double *series, size_t n, double *sum_variance) {
    *sum_variance = 0;
    if (n < SERIES_MIN)
        return 1;
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += series[i] / (double)n;
    double variance = autocovariance(series, n, mean, 0);
    if (!(variance > 0))
        return 1;
    double root = sqrt((double)n);
    size_t run = (size_t)fmax(5, ceil(sqrt(log10((double)n))));
    size_t m = last_correlated(series, n, mean, variance, run, (size_t)ceil(root));
    size_t window = 2 * (m > 0 ? m : 1);
    double g = 0, zero = variance;
    for (size_t lag = 1; lag <= window && lag < n; lag++) {
        double r = flat_top((double)lag / (double)window) * autocovariance(series, n, mean, lag);
        zero += 2 * r;
        g += 2 * (double)lag * r;
    }
    if (!(zero * zero > 0))
        return 1;
    *sum_variance = fmax(zero, 0) * (double)n;
    double b = cbrt(2 * g * g / (4.0 / 3 * zero * zero) * (double)n);
    return fmax(1, fmin(b, fmin(3 * root, (double)n / 3)));
}
