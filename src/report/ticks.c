#include "report/ticks.h"

#include <math.h>
#include <stdio.h>

/* Up to three decades have room for a label at each 1, 2 and 5. */
#define LOG_125_RATIO 1200.0
/* Beyond it the small tics would be a black bar. */
#define LOG_SMALL_RATIO 1e7

static struct tick *add(struct ticks *t, double at) {
    if (t->count == TICKS_MAX)
        t->count--; /* an axis from one end of the doubles to the other */
    struct tick *x = &t->all[t->count++];
    *x = (struct tick){.at = at};
    return x;
}

void ticks_linear(struct ticks *t, double to, size_t wanted, bool whole) {
    static const double steps[] = {1, 2, 5, 10};
    t->count = 0;
    if (!(to > 0) || !isfinite(to) || wanted == 0)
        return;
    double least = to / (double)wanted;
    double decade = pow(10, floor(log10(least))), step = decade;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && step < least * (1 - 1e-9); i++)
        step = decade * steps[i];
    if (whole && step < 1)
        step = 1;
    for (size_t i = 0; (double)i * step - to <= to * 1e-9 && i < TICKS_MAX; i++) {
        struct tick *x = add(t, (double)i * step);
        snprintf(x->label, sizeof x->label, "%.6g", x->at);
    }
}

static void latency_label(struct tick *x) {
    double ms = x->at;
    if (ms < 0.9995)
        snprintf(x->label, sizeof x->label, "%.6g \xc2\xb5s", ms * 1000);
    else if (ms < 999.5)
        snprintf(x->label, sizeof x->label, "%.6g ms", ms);
    else
        snprintf(x->label, sizeof x->label, "%.6g s", ms / 1000);
}

void ticks_latency(struct ticks *t, double low_ms, double high_ms) {
    bool label_125 = high_ms / low_ms <= LOG_125_RATIO;
    bool small = high_ms / low_ms <= LOG_SMALL_RATIO;
    t->count = 0;
    int last = (int)ceil(log10(high_ms));
    for (int d = (int)floor(log10(low_ms)); d <= last; d++) {
        for (int m = 1; m <= 9; m++) {
            double v = m * pow(10, d);
            bool labelled = m == 1 || (label_125 && (m == 2 || m == 5));
            if (v < low_ms * (1 - 1e-9) || v > high_ms * (1 + 1e-9) || (!labelled && !small))
                continue;
            struct tick *x = add(t, v);
            x->small = !labelled;
            if (labelled)
                latency_label(x);
        }
    }
}

void ticks_percentile(struct ticks *t, double inverse_max) {
    static const char *const labels[] = {"0",      "90%",     "99%",      "99.9%",
                                         "99.99%", "99.999%", "99.9999%", "99.99999%"};
    t->count = 0;
    bool crowded = inverse_max > 2e4; /* no room for 0 beside 50% */
    snprintf(add(t, 1)->label, TICKS_LABEL_BYTES, "%s", crowded ? "" : labels[0]);
    snprintf(add(t, 2)->label, TICKS_LABEL_BYTES, "50%%");
    for (size_t i = 1; i < sizeof labels / sizeof *labels; i++) {
        bool room = i <= 3 || i % 2 == 0 || inverse_max < 1e5;
        snprintf(add(t, pow(10, (double)i))->label, TICKS_LABEL_BYTES, "%s", room ? labels[i] : "");
    }
}
