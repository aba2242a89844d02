/* The rule itself, on counts of rows. */
#include <math.h>

#include "report/guess_internal.h"

#define SURE 0.95

/* Logarithms of 1/1000 to 1e6 times the median in steps of 1 %. */
#define BIN 0.01
#define LOWEST (-6.9)

/* What convinces. */
#define REQUESTS_MIN 50
#define SLOW_SHARE_MAX 0.5
#define DISTANCE_MIN 4.0      /* Ashman's D; 2 is where two parts begin to show */
#define BIC_GAIN_MIN 10.0     /* "very strong" in Raftery's words */
#define UNSURE_SHARE_MAX 0.02 /* of the requests may lie between the parts */

static double slowness(int64_t service_us, double median_us) {
    return log((double)service_us / median_us);
}

size_t guess_bin(int64_t service_us, double median_us) {
    double at = (slowness(service_us, median_us) - LOWEST) / BIN;
    return at < 0 ? 0 : at >= GUESS_BINS ? GUESS_BINS - 1 : (size_t)at;
}

bool guess_convinces(const struct guess_bins *b, struct guess_split *out) {
    double x[GUESS_BINS], all[GUESS_BINS];
    double n = 0, slow[2] = {0, 0}, fast[2] = {0, 0}, unsure = 0, variance = 0;
    struct guess_split s = {.slow = 0};
    for (size_t i = 0; i < GUESS_BINS; i++) {
        x[i] = LOWEST + ((double)i + 0.5) * BIN;
        all[i] = b->rows[0][i] + b->rows[1][i];
        n += all[i];
    }
    if (n < REQUESTS_MIN || !mixture_fit(x, all, GUESS_BINS, BIN, &s.mixture))
        return false;
    for (size_t i = 0; i < GUESS_BINS; i++) {
        double p = mixture_high(&s.mixture, x[i]);
        s.expected_cold += all[i] * p;
        variance += all[i] * p * (1 - p);
        for (int sign = 0; sign < 2; sign++) {
            slow[sign] += p >= SURE ? b->rows[sign][i] : 0;
            fast[sign] += p <= 1 - SURE ? b->rows[sign][i] : 0;
            unsure += p > 1 - SURE && p < SURE ? b->rows[sign][i] : 0;
        }
    }
    s.expected_sd = sqrt(variance);
    s.slow = (uint64_t)(slow[0] + slow[1]);
    s.slow_signs = (uint64_t)slow[1];
    const struct mixture *m = &s.mixture;
    double signs_of_slow = slow[1] / (slow[0] + slow[1]);
    double signs_of_fast = fast[1] / (fast[0] + fast[1]);
    bool convinces =
        m->bic_one - m->bic_two >= BIC_GAIN_MIN && mixture_distance(m) >= DISTANCE_MIN &&
        m->high.mean - m->low.mean >= log(GUESS_RATIO_MIN) && m->high.weight < SLOW_SHARE_MAX &&
        slow[0] + slow[1] >= GUESS_SLOW_MIN && unsure <= UNSURE_SHARE_MAX * n &&
        signs_of_slow >= 0.5 && signs_of_fast <= signs_of_slow / 2;
    if (convinces)
        *out = s;
    return convinces;
}

enum points_kind guess_kind(const struct guess_split *s, int64_t service_us, double median_us,
                            bool sign) {
    double p = mixture_high(&s->mixture, slowness(service_us, median_us));
    if (p <= 1 - SURE)
        return POINTS_WARM;
    return p >= SURE && sign ? POINTS_COLD : POINTS_UNKNOWN;
}
