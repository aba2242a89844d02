#include "report/figure_axis.h"

#include <math.h>

#include "report/ticks.h"

#define POINTS_MAX 600
/* max/median beyond which the median would lie in the lowest twentieth. */
#define LOG_FROM_RATIO 20.0

int64_t figure_step_seconds(int64_t seconds) {
    static const int64_t nice[] = {1,     2,     5,     10,    15,     30,    60,
                                   120,   300,   600,   900,   1800,   3600,  7200,
                                   10800, 21600, 43200, 86400, 172800, 604800};
    size_t i = 0;
    while (i + 1 < sizeof nice / sizeof *nice && seconds > nice[i] * POINTS_MAX)
        i++;
    return nice[i];
}

static const struct {
    int64_t below_s, unit_s; /* the unit for durations up to there */
    const char *name;
} time_units[] = {
    {300, 1, "s"}, {3 * 3600, 60, "min"}, {72 * 3600, 3600, "h"}, {INT64_MAX, 86400, "days"}};

int64_t figure_axis_time_label(struct buf *out, int64_t seconds, int64_t step_seconds) {
    size_t u = 0;
    while (seconds >= time_units[u].below_s)
        u++;
    buf_printf(out, "Time (%s)", time_units[u].name);
    if (step_seconds > 1) {
        /* The largest unit that the step is a multiple of. */
        size_t s = sizeof time_units / sizeof *time_units - 1;
        while (step_seconds % time_units[s].unit_s != 0)
            s--;
        buf_printf(out, ", each point the mean of %lld %s",
                   (long long)(step_seconds / time_units[s].unit_s), time_units[s].name);
    }
    return time_units[u].unit_s;
}

void figure_axis_time(struct buf *out, int64_t seconds, int64_t step_seconds) {
    struct buf label;
    buf_init(&label, 256);
    int64_t unit_s = figure_axis_time_label(&label, seconds, step_seconds);
    buf_printf(out, "x_unit = %lld.0\n", (long long)unit_s);
    buf_printf(out, "set xrange [0:%.9g]\n", (double)seconds / (double)unit_s);
    buf_printf(out, "set xlabel '%s'\n", buf_text(&label));
    buf_done(&label);
}

void figure_axis_count(struct buf *out, double max, bool whole) {
    if (whole && max < 5)
        buf_str(out, "set ytics 1\n"); /* no half users */
    buf_printf(out, "set yrange [0:%.9g]\n", max > 0 ? max * 1.08 : 1.0);
}

double figure_axis_bound(double v, bool up) {
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

static void log_tics(struct buf *out, double lo, double hi) {
    struct ticks t;
    ticks_latency(&t, lo, hi);
    buf_str(out, "set ytics (");
    for (size_t i = 0; i < t.count; i++)
        buf_printf(out, "%s'%s' %.9g %d", i > 0 ? ", " : "", t.all[i].label, t.all[i].at,
                   t.all[i].small);
    buf_str(out, ")\n");
}

void figure_axis_percent(struct buf *out, double max) {
    double top = max > 100 ? max * 1.08 : max >= 50 ? 100 : max > 0 ? max * 1.2 : 1.0;
    buf_printf(out, "set yrange [0:%.9g]\n", top);
}

bool figure_axis_is_log(double median_ms, double max_ms) {
    return median_ms > 0 && max_ms > LOG_FROM_RATIO * median_ms;
}

void figure_axis_latency(struct buf *out, const char *what, double low_ms, double high_ms) {
    double lo = figure_axis_bound(fmax(low_ms, 0.001), false);
    double hi = figure_axis_bound(high_ms, true);
    buf_printf(out, "set ylabel '%s (log scale)'\nset logscale y\n", what);
    buf_printf(out, "set yrange [%.9g:%.9g]\ny_unit = 1.0\ny_min = %.9g\n", lo, hi, lo);
    log_tics(out, lo, hi);
}

void figure_axis_response_time(struct buf *out, const char *what, double min_ms, double median_ms,
                               double max_ms) {
    if (figure_axis_is_log(median_ms, max_ms)) {
        figure_axis_latency(out, what, min_ms, max_ms);
        return;
    }
    bool seconds = max_ms >= 2000;
    double unit = seconds ? 1000 : 1;
    buf_printf(out, "set ylabel '%s (%s)'\n", what, seconds ? "s" : "ms");
    buf_printf(out, "set yrange [0:%.9g]\ny_unit = %.1f\ny_min = 0\n",
               max_ms > 0 ? max_ms / unit * 1.08 : 1.0, unit);
}

void figure_axis_percentile(struct buf *out, double inverse_max) {
    double max = fmax(inverse_max, 10);
    struct ticks t;
    ticks_percentile(&t, max);
    buf_str(out, "set xlabel 'Percentile'\nset logscale x\n");
    buf_printf(out, "set xrange [1:%.9g]\n", max * 1.05);
    buf_str(out, "set xtics (");
    for (size_t i = 0; i < t.count; i++) {
        buf_str(out, i > 0 ? ", '" : "'");
        for (const char *p = t.all[i].label; *p != '\0'; p++)
            buf_str(out, *p == '%' ? "%%" : (char[]){*p, '\0'}); /* gnuplot takes it as a format */
        buf_printf(out, "' %.9g", t.all[i].at);
    }
    buf_str(out, ")\n");
}
