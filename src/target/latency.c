#include "target/latency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/units.h"

#define LATENCY_TEXT_MAX_BYTES 128
#define LATENCY_SIGMA_MAX 5.0 /* e^5: one request in six takes more than 148 medians */

/* "A,B": cuts `text` at the comma and returns B, or NULL. */
static char *cut(char *text) {
    char *comma = strchr(text, ',');
    if (comma == NULL)
        return NULL;
    *comma = '\0';
    return comma + 1;
}

static int parse_uniform(char *text, struct latency *l, struct err *e) {
    char *second = cut(text);
    if (second == NULL)
        return err_set(e, "uniform needs two durations, like uniform:10ms,30ms");
    if (units_duration(text, &l->low_ns, e) != 0 || units_duration(second, &l->high_ns, e) != 0)
        return -1;
    if (l->low_ns > l->high_ns)
        return err_set(e, "the least, %s, is more than the most, %s", text, second);
    return 0;
}

static int parse_lognormal(char *text, struct latency *l, struct err *e) {
    char *second = cut(text), *end = NULL;
    if (second == NULL)
        return err_set(e, "lognormal needs a median and a sigma, like lognormal:120ms,0.4");
    if (units_duration(text, &l->low_ns, e) != 0)
        return -1;
    l->sigma = strtod(second, &end);
    if (end == second || *end != '\0' || !(l->sigma >= 0 && l->sigma <= LATENCY_SIGMA_MAX))
        return err_set(e, "sigma is a number from 0 to %g, not \"%s\"", LATENCY_SIGMA_MAX, second);
    return 0;
}

int latency_parse(const char *text, struct latency *l, struct err *e) {
    struct latency parsed = {.kind = LATENCY_CONSTANT};
    char copy[LATENCY_TEXT_MAX_BYTES];
    size_t n = strlen(text);
    if (n >= sizeof copy)
        return err_set(e, "%zu characters are too many for a service time", n);
    memcpy(copy, text, n + 1);
    char *colon = strchr(copy, ':');
    int failed;
    if (colon == NULL) {
        failed = units_duration(copy, &parsed.low_ns, e);
    } else {
        *colon = '\0';
        if (strcmp(copy, "uniform") == 0) {
            parsed.kind = LATENCY_UNIFORM;
            failed = parse_uniform(colon + 1, &parsed, e);
        } else if (strcmp(copy, "lognormal") == 0) {
            parsed.kind = LATENCY_LOGNORMAL;
            failed = parse_lognormal(colon + 1, &parsed, e);
        } else {
            failed = err_set(e,
                             "there is no distribution \"%s\"; write 20ms, uniform:10ms,30ms or "
                             "lognormal:120ms,0.4",
                             copy);
        }
    }
    if (failed)
        return -1;
    *l = parsed;
    return 0;
}

int64_t latency_draw(const struct latency *l, struct rng *r) {
    double ns = (double)l->low_ns;
    switch (l->kind) {
    case LATENCY_UNIFORM:
        ns += rng_unit(r) * (double)(l->high_ns - l->low_ns);
        break;
    case LATENCY_LOGNORMAL:
        ns *= exp(l->sigma * rng_normal(r));
        break;
    case LATENCY_CONSTANT:
        return l->low_ns;
    }
    return ns < (double)UNITS_DURATION_MAX_NS ? (int64_t)ns : UNITS_DURATION_MAX_NS;
}
