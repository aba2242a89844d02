#include "report/figure_axis.h"

#include <math.h>

#define POINTS_MAX 600
/* max/median beyond which the median would lie in the lowest twentieth. */
#define LOG_FROM_RATIO 20.0
/* Up to three decades have room for a label at each 1, 2 and 5. */
#define LOG_125_RATIO 1200.0
/* Beyond it the small tics would be a black bar. */
#define LOG_MINOR_RATIO 1e7

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

const char *figure_axis_time_unit(int64_t seconds, int64_t *unit_s) {
    size_t u = 0;
    while (seconds >= time_units[u].below_s)
        u++;
    *unit_s = time_units[u].unit_s;
    return time_units[u].name;
}

void figure_axis_time(struct buf *out, int64_t seconds, int64_t step_seconds) {
    int64_t unit_s;
    const char *name = figure_axis_time_unit(seconds, &unit_s);
    buf_printf(out, "x_unit = %lld.0\n", (long long)unit_s);
    buf_printf(out, "set xrange [0:%.9g]\n", (double)seconds / (double)unit_s);
    buf_printf(out, "set xlabel 'Time (%s)", name);
    if (step_seconds > 1) {
        /* The largest unit that the step is a multiple of. */
        size_t s = sizeof time_units / sizeof *time_units - 1;
        while (step_seconds % time_units[s].unit_s != 0)
            s--;
        buf_printf(out, ", each point the mean of %lld %s",
                   (long long)(step_seconds / time_units[s].unit_s), time_units[s].name);
    }
    buf_str(out, "'\n");
}

void figure_axis_count(struct buf *out, double max, bool whole) {
    if (whole && max < 5)
        buf_str(out, "set ytics 1\n"); /* no half users */
    buf_printf(out, "set yrange [0:%.9g]\n", max > 0 ? max * 1.08 : 1.0);
}

static void response_time_label(struct buf *out, double ms) {
    if (ms < 0.9995)
        buf_printf(out, "'%.6g µs'", ms * 1000);
    else if (ms < 999.5)
        buf_printf(out, "'%.6g ms'", ms);
    else
        buf_printf(out, "'%.6g s'", ms / 1000);
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
    bool label_125 = hi / lo <= LOG_125_RATIO;
    bool minor = hi / lo <= LOG_MINOR_RATIO;
    const char *separator = "";
    buf_str(out, "set ytics (");
    int last = (int)ceil(log10(hi));
    for (int d = (int)floor(log10(lo)); d <= last; d++) {
        for (int m = 1; m <= 9; m++) {
            double v = m * pow(10, d);
            bool labelled = m == 1 || (label_125 && (m == 2 || m == 5));
            if (v < lo * (1 - 1e-9) || v > hi * (1 + 1e-9) || (!labelled && !minor))
                continue;
            buf_str(out, separator);
            if (labelled)
                response_time_label(out, v);
            else
                buf_str(out, "''");
            buf_printf(out, " %.9g %d", v, labelled ? 0 : 1);
            separator = ", ";
        }
    }
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
    static const char *const labels[] = {"0",       "90%%",     "99%%",      "99.9%%",
                                         "99.99%%", "99.999%%", "99.9999%%", "99.99999%%"};
    const size_t n = sizeof labels / sizeof *labels;
    double max = fmax(inverse_max, 10);
    bool crowded = max > 2e4; /* no room for 0 beside 50% */
    buf_str(out, "set xlabel 'Percentile'\nset logscale x\n");
    buf_printf(out, "set xrange [1:%.9g]\n", max * 1.05);
    buf_printf(out, "set xtics ('%s' 1, '50%%%%' 2", crowded ? "" : labels[0]);
    for (size_t i = 1; i < n; i++) {
        bool room = i <= 3 || i % 2 == 0 || max < 1e5;
        buf_printf(out, ", '%s' 1e%zu", room ? labels[i] : "", i);
    }
    buf_str(out, ")\n");
}
