#include "stats/locust.h"

#include <assert.h>

static int64_t round_half_even(int64_t value, int64_t unit) {
    int64_t whole = value / unit, rest = value % unit;
    if (rest * 2 > unit || (rest * 2 == unit && whole % 2 == 1))
        whole++;
    return whole * unit;
}

int64_t locust_round_ms(int64_t us) {
    assert(us >= 0);
    int64_t unit_ms = us < 100000 ? 1 : us < 1000000 ? 10 : us < 10000000 ? 100 : 1000;
    return round_half_even(us, unit_ms * 1000) / 1000;
}

uint64_t locust_rank(double p, uint64_t n) {
    assert(n > 0);
    uint64_t rank = (uint64_t)((double)n * p); /* in floating point, as Python does it */
    return rank < n - 1 ? rank : n - 1;
}

uint64_t locust_median_rank(uint64_t n) {
    assert(n > 0);
    return (n - 1) / 2;
}

double locust_median_ms(int64_t us, int64_t min_us, int64_t max_us) {
    int64_t rounded_us = locust_round_ms(us) * 1000;
    if (rounded_us > max_us)
        rounded_us = max_us;
    if (rounded_us < min_us)
        rounded_us = min_us;
    return (double)rounded_us / 1000;
}
