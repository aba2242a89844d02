#include "target/variate.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/units.h"

#define VARIATE_TEXT_MAX_BYTES 128
#define VARIATE_SIGMA_MAX 5.0 /* e^5: one request in six takes more than 148 medians */

/* What the numbers are: how one is read, and how examples look. */
struct quantity {
    int64_t max; /* of a count; 0: times */
    const char *constant, *uniform, *exponential, *lognormal;
};

static const struct quantity times = {0, "20ms", "uniform:10ms,30ms", "exponential:20ms",
                                      "lognormal:120ms,0.4"};

static int parse_value(const struct quantity *q, const char *text, int64_t *value, struct err *e) {
    if (q->max == 0)
        return units_duration(text, value, e);
    size_t digits = strspn(text, "0123456789");
    long long n = digits > 0 && digits < 18 && text[digits] == '\0' ? strtoll(text, NULL, 10) : -1;
    if (n < 0 || n > q->max)
        return err_set(e, "\"%.64s\" is not a whole number from 0 to %" PRId64, text, q->max);
    *value = n;
    return 0;
}

/* "A,B": cuts `text` at the comma and returns B, or NULL. */
static char *cut(char *text) {
    char *comma = strchr(text, ',');
    if (comma == NULL)
        return NULL;
    *comma = '\0';
    return comma + 1;
}

static int parse_uniform(const struct quantity *q, char *text, struct variate *d, struct err *e) {
    char *second = cut(text);
    if (second == NULL)
        return err_set(e, "uniform needs two %s, like %s", q->max == 0 ? "durations" : "numbers",
                       q->uniform);
    if (parse_value(q, text, &d->low, e) != 0 || parse_value(q, second, &d->high, e) != 0)
        return -1;
    if (d->low > d->high)
        return err_set(e, "the first %s, %s, is %s than the second, %s",
                       q->max == 0 ? "duration" : "number", text, q->max == 0 ? "longer" : "larger",
                       second);
    return 0;
}

static int parse_lognormal(const struct quantity *q, char *text, struct variate *d, struct err *e) {
    char *second = cut(text), *end = NULL;
    if (second == NULL)
        return err_set(e, "lognormal needs a median and a sigma, like %s", q->lognormal);
    if (parse_value(q, text, &d->low, e) != 0)
        return -1;
    d->sigma = strtod(second, &end);
    if (end == second || *end != '\0' || !(d->sigma >= 0 && d->sigma <= VARIATE_SIGMA_MAX))
        return err_set(e, "sigma must be a number from 0 to %g, not \"%s\"", VARIATE_SIGMA_MAX,
                       second);
    return 0;
}

static int parse(const struct quantity *q, const char *text, struct variate *d, struct err *e) {
    struct variate parsed = {.kind = VARIATE_CONSTANT};
    char copy[VARIATE_TEXT_MAX_BYTES];
    size_t n = strlen(text);
    if (n >= sizeof copy)
        return err_set(e, "a distribution of %zu characters is too long", n);
    memcpy(copy, text, n + 1);
    char *colon = strchr(copy, ':');
    int failed;
    if (colon == NULL) {
        failed = parse_value(q, copy, &parsed.low, e);
    } else {
        *colon = '\0';
        if (strcmp(copy, "uniform") == 0) {
            parsed.kind = VARIATE_UNIFORM;
            failed = parse_uniform(q, colon + 1, &parsed, e);
        } else if (strcmp(copy, "lognormal") == 0) {
            parsed.kind = VARIATE_LOGNORMAL;
            failed = parse_lognormal(q, colon + 1, &parsed, e);
        } else if (strcmp(copy, "exponential") == 0) {
            parsed.kind = VARIATE_EXPONENTIAL;
            failed = parse_value(q, colon + 1, &parsed.low, e);
        } else {
            failed = err_set(e, "unknown distribution \"%s\"; write %s, %s, %s or %s", copy,
                             q->constant, q->uniform, q->exponential, q->lognormal);
        }
    }
    if (failed)
        return -1;
    *d = parsed;
    return 0;
}

int variate_parse_times(const char *text, struct variate *d, struct err *e) {
    return parse(&times, text, d, e);
}

int variate_parse_counts(const char *text, int64_t max, struct variate *d, struct err *e) {
    const struct quantity counts = {max, "100", "uniform:50,200", "exponential:120",
                                    "lognormal:120,0.4"};
    return parse(&counts, text, d, e);
}

int64_t variate_draw_ns(const struct variate *d, struct rng *r) {
    double ns = (double)d->low;
    switch (d->kind) {
    case VARIATE_UNIFORM:
        ns += rng_unit(r) * (double)(d->high - d->low);
        break;
    case VARIATE_EXPONENTIAL:
        ns *= rng_exponential(r);
        break;
    case VARIATE_LOGNORMAL:
        ns *= exp(d->sigma * rng_normal(r));
        break;
    case VARIATE_CONSTANT:
        return d->low;
    }
    return ns < (double)UNITS_DURATION_MAX_NS ? (int64_t)ns : UNITS_DURATION_MAX_NS;
}

int64_t variate_draw_count(const struct variate *d, int64_t max, struct rng *r) {
    int64_t n = d->low;
    if (d->kind == VARIATE_UNIFORM)
        n += (int64_t)rng_below(r, (uint64_t)(d->high - d->low) + 1);
    if (d->kind == VARIATE_LOGNORMAL || d->kind == VARIATE_EXPONENTIAL) {
        double factor =
            d->kind == VARIATE_LOGNORMAL ? exp(d->sigma * rng_normal(r)) : rng_exponential(r);
        double drawn = rint((double)d->low * factor);
        n = drawn < (double)max ? (int64_t)drawn : max;
    }
    return n < max ? n : max;
}
