#include "report/axis.h"

#include <math.h>

/* max/median beyond which the median would lie in the lowest twentieth. */
#define LOG_FROM_RATIO 20.0

/* Below it a logarithmic axis of milliseconds does not begin: no clock tells less. */
#define LEAST_MS 0.001

#define STEPS_MAX 600

int64_t axis_step_seconds(int64_t seconds) {
    static const int64_t nice[] = {1,     2,     5,     10,    15,     30,    60,
                                   120,   300,   600,   900,   1800,   3600,  7200,
                                   10800, 21600, 43200, 86400, 172800, 604800};
    size_t i = 0;
    while (i + 1 < sizeof nice / sizeof *nice && seconds > nice[i] * STEPS_MAX)
        i++;
    return nice[i];
}

static const struct {
    int64_t below_s, unit_s; /* the unit for durations up to there */
    const char *name;
} time_units[] = {
    {300, 1, "s"}, {3 * 3600, 60, "min"}, {72 * 3600, 3600, "h"}, {INT64_MAX, 86400, "days"}};

static size_t time_unit(size_t seconds) {
    size_t u = 0;
    while ((int64_t)seconds >= time_units[u].below_s)
        u++;
    return u;
}

struct axis axis_time(size_t seconds) {
    if (seconds == 0)
        seconds = 1;
    double unit = (double)time_units[time_unit(seconds)].unit_s;
    return (struct axis){.to = (double)seconds / unit, .unit = unit, .suffix = ""};
}

void axis_time_label(struct buf *out, size_t seconds) {
    buf_printf(out, "Time (%s)", time_units[time_unit(seconds)].name);
}

void axis_step_label(struct buf *out, size_t step_seconds, bool of_requests) {
    int64_t step_s = (int64_t)step_seconds;
    if (step_s <= 1)
        return;
    /* The largest unit that the step is a multiple of. */
    size_t s = sizeof time_units / sizeof *time_units - 1;
    while (step_s % time_units[s].unit_s != 0)
        s--;
    buf_printf(out, ", each point %s %lld %s", of_requests ? "all requests of" : "the mean of",
               (long long)(step_s / time_units[s].unit_s), time_units[s].name);
}

struct axis axis_percentiles(double requests) {
    return (struct axis){
        .logarithmic = true, .from = 1, .to = fmax(requests, 10) * 1.05, .unit = 1, .suffix = ""};
}

/* The largest of ..., 0.1, 0.2, 0.5, 1, 2, 5, ... that is not above v; with `up` the smallest that
 * is not below. */
static double bound(double v, bool up) {
    static const double steps[] = {1, 2, 5, 10};
    double decade = pow(10, floor(log10(v)));
    double below = decade;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        double step = decade * steps[i];
        if (up && step >= v * (1 - 1e-9))
            return step;
        if (step <= v * (1 + 1e-9))
            below = step;
    }
    return up ? decade * 10 : below;
}

struct axis axis_latencies(double min, double max) {
    return (struct axis){.logarithmic = true,
                         .from = bound(fmax(min, LEAST_MS), false),
                         .to = bound(max, true),
                         .unit = 1,
                         .suffix = " (log scale)"};
}

struct axis axis_values(enum axis_unit unit, double min, double median, double max) {
    struct axis a = {.to = max > 0 ? max * 1.08 : 1, .unit = 1, .suffix = ""};
    if (unit == AXIS_PERCENT && max <= 100 && max > 0)
        a.to = max >= 50 ? 100 : max * 1.2;
    if (unit != AXIS_MS)
        return a;
    if (median > 0 && max > LOG_FROM_RATIO * median)
        return axis_latencies(min, max);
    bool seconds = max >= 2000;
    a.unit = seconds ? 1000 : 1;
    a.suffix = seconds ? " (s)" : " (ms)";
    a.to = max > 0 ? max / a.unit * 1.08 : 1;
    return a;
}
