#include "capacity/usl.h"

#include <float.h>
#include <math.h>

#include "stats/student.h"

#define ROUNDS 500

struct fit {
    const double *load, *throughput;
    size_t n;
    double scale; /* of loads, so that the parameters are of one size */
};

static double at(const double p[3], double n) {
    return p[0] * n / (1 + p[1] * (n - 1) + p[2] * n * (n - 1));
}

/* The parameters are ln lambda, sigma and kappa * scale, which are of similar size. */
static void unpack(const struct fit *f, const double q[3], double p[3]) {
    p[0] = exp(q[0]);
    p[1] = q[1];
    p[2] = q[2] / f->scale;
}

static double error_of(const struct fit *f, const double q[3]) {
    double p[3], sum = 0;
    unpack(f, q, p);
    for (size_t i = 0; i < f->n; i++) {
        double r = at(p, f->load[i]) / f->throughput[i] - 1;
        sum += r * r;
    }
    return sum;
}

/* Normal equations of the residuals at q. */
static void normal(const struct fit *f, const double q[3], double a[3][3], double b[3]) {
    double p[3];
    unpack(f, q, p);
    for (int i = 0; i < 3; i++) {
        b[i] = 0;
        for (int k = 0; k < 3; k++)
            a[i][k] = 0;
    }
    for (size_t i = 0; i < f->n; i++) {
        double n = f->load[i], share = at(p, n) / f->throughput[i];
        double below = 1 + p[1] * (n - 1) + p[2] * n * (n - 1);
        const double d[3] = {share, -share * (n - 1) / below,
                             -share * n * (n - 1) / below / f->scale};
        for (int x = 0; x < 3; x++) {
            b[x] -= d[x] * (share - 1);
            for (int y = 0; y < 3; y++)
                a[x][y] += d[x] * d[y];
        }
    }
}

/* Inverts a symmetric matrix; false: it has no inverse. */
static bool invert(double a[3][3], double out[3][3]) {
    double det = 0;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            int i1 = (i + 1) % 3, i2 = (i + 2) % 3, k1 = (k + 1) % 3, k2 = (k + 2) % 3;
            out[k][i] = a[i1][k1] * a[i2][k2] - a[i1][k2] * a[i2][k1];
        }
    for (int k = 0; k < 3; k++)
        det += a[0][k] * out[k][0];
    if (!(fabs(det) > 1e-300))
        return false;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            out[i][k] /= det;
    return true;
}

/* A step that a parameter would leave its range with is cut, so that it stays at 0. */
static void descend(const struct fit *f, double q[3]) {
    double damping = 1e-3, error = error_of(f, q);
    for (int round = 0; round < ROUNDS && damping < 1e12; round++) {
        double a[3][3], b[3], inverse[3][3], next[3];
        normal(f, q, a, b);
        for (int i = 0; i < 3; i++)
            a[i][i] += damping * (a[i][i] + 1e-12);
        if (!invert(a, inverse))
            return;
        for (int i = 0; i < 3; i++) {
            next[i] = q[i];
            for (int k = 0; k < 3; k++)
                next[i] += inverse[i][k] * b[k];
        }
        next[1] = fmin(fmax(next[1], 0), 1);
        next[2] = fmax(next[2], 0);
        double now = error_of(f, next);
        damping *= now < error ? 0.3 : 4;
        if (!(now < error))
            continue;
        for (int i = 0; i < 3; i++)
            q[i] = next[i];
        error = now;
    }
}

static struct usl_value with_interval(double value, double half, double least) {
    return (struct usl_value){value, fmax(value - half, least), value + half};
}

static bool intervals(const struct fit *f, const double q[3], struct usl *out) {
    double a[3][3], b[3], inverse[3][3], p[3];
    normal(f, q, a, b);
    if (!invert(a, inverse))
        return false;
    unpack(f, q, p);
    unsigned freedom = (unsigned)f->n - 3;
    double variance = error_of(f, q) / freedom, t = student_quantile(0.95, freedom), half[3];
    for (int i = 0; i < 3; i++)
        half[i] = t * sqrt(fmax(inverse[i][i], 0) * variance);
    out->lambda = (struct usl_value){p[0], p[0] * exp(-half[0]), p[0] * exp(half[0])};
    out->sigma = with_interval(p[1], half[1], 0);
    out->kappa = with_interval(p[2], half[2] / f->scale, 0);
    return true;
}

void usl_fit(const double *load, const double *throughput, size_t n, struct usl *out) {
    struct fit f = {load, throughput, n, 1};
    *out = (struct usl){.peak_load = (double)NAN, .peak_throughput = (double)NAN};
    if (n < USL_POINTS_MIN)
        return;
    double steepest = DBL_MIN;
    for (size_t i = 0; i < n; i++) {
        if (!(load[i] > 0 && throughput[i] > 0))
            return;
        f.scale = fmax(f.scale, load[i]);
        steepest = fmax(steepest, throughput[i] / load[i]);
    }
    double q[3] = {log(steepest), 0.05, 0.05};
    descend(&f, q);
    out->error = sqrt(error_of(&f, q) / (double)n);
    if (out->error > USL_ERROR_MAX || !intervals(&f, q, out))
        return;
    out->fits = true;
    if (!(out->kappa.low > 0))
        return;
    out->peak_load = sqrt((1 - out->sigma.value) / out->kappa.value);
    out->peak_throughput =
        at((const double[]){out->lambda.value, out->sigma.value, out->kappa.value}, out->peak_load);
}
