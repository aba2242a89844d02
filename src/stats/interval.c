#include "stats/interval.h"

#include <math.h>

static double log_binomial(double n, double k) {
    int sign;
    return lgamma_r(n + 1, &sign) - lgamma_r(k + 1, &sign) - lgamma_r(n - k + 1, &sign);
}

/* How many of B's smallest values 0, 1, 2, ... have a probability of `most` at most together, where
 * B is binomial (n, p). Further than ten standard deviations from the mean nothing is worth adding.
 */
static uint64_t tail(double p, uint64_t n, double most) {
    double from = floor((double)n * p - 10 * sqrt((double)n * p * (1 - p)));
    uint64_t k = from > 0 ? (uint64_t)from : 0;
    double one =
        exp(log_binomial((double)n, (double)k) + (double)k * log(p) + (double)(n - k) * log1p(-p));
    double sum = one;
    while (sum <= most && k < n) {
        one *= (double)(n - k) / (double)(k + 1) * (p / (1 - p));
        sum += one;
        k++;
    }
    return k;
}

bool interval_quantile(double p, uint64_t n, double confidence, uint64_t *lower, uint64_t *upper) {
    double most = (1 - confidence) / 2;
    uint64_t below = tail(p, n, most), above = tail(1 - p, n, most);
    if (n == 0 || below == 0 || above == 0)
        return false;
    *lower = below - 1;
    *upper = n - above;
    return true;
}

uint64_t interval_needs(double p, double confidence) {
    double rare = p > 0.5 ? p : 1 - p; /* the side on which values are few */
    uint64_t n = (uint64_t)ceil(log((1 - confidence) / 2) / log(rare)), lower, upper;
    /* The logarithms may be off by a hair where their ratio is whole. */
    while (n > 1 && interval_quantile(p, n - 1, confidence, &lower, &upper))
        n--;
    while (!interval_quantile(p, n, confidence, &lower, &upper))
        n++;
    return n;
}
