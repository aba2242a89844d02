#include "stats/dist.h"

#include <assert.h>
#include <math.h>

#define TINY 1e-300
#define FRACTION_STEPS 10000
#define NORMAL_FROM_DF 1e7 /* beyond it the two differ by less than 1e-7 */

/* The probability of a value below z. */
static double dist_normal(double z) {
    return 0.5 * erfc(-z * 0.70710678118654752440);
}

static double away_from_zero(double x) {
    return fabs(x) < TINY ? TINY : x;
}

static double beta_fraction(double a, double b, double x) {
    double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), f = d;
    for (int m = 1; m <= FRACTION_STEPS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        f *= c * d;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        f *= c * d;
        if (fabs(c * d - 1) < 1e-15)
            break;
    }
    return f;
}

/* lgamma() keeps its sign in a global variable; the arguments here are positive. */
static double log_gamma(double x) {
    int sign;
    return lgamma_r(x, &sign);
}

static double beta_share(double a, double b, double x) {
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double dist_student(double t, double df) {
    if (!(df < NORMAL_FROM_DF))
        return dist_normal(t);
    double tail = 0.5 * beta_share(df / 2, 0.5, df / (df + t * t));
    return t > 0 ? 1 - tail : tail;
}

double dist_student_quantile(double p, double df) {
    assert(p > 0 && p < 1);
    if (p > 0.5)
        return -dist_student_quantile(1 - p, df); /* in the left tail no digit is lost */
    double low = -1, high = 0;
    while (dist_student(low, df) > p && low > -1e300)
        low *= 2;
    for (int i = 0; i < 200 && low < high; i++) {
        double middle = low + (high - low) / 2;
        if (dist_student(middle, df) < p)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

double dist_normal_quantile(double p) {
    return dist_student_quantile(p, (double)INFINITY);
}
