/*
 * usl: Gunther's Universal Scalability Law fitted to throughput over load:
 *
 *     X(n) = lambda n / (1 + sigma (n - 1) + kappa n (n - 1))
 *
 * sigma is contention, kappa coherency: sigma 0 and kappa 0 scale linearly. The peak is at
 * n = sqrt((1 - sigma) / kappa). (N. J. Gunther, Guerrilla Capacity Planning, Springer 2007.)
 *
 * The fit is nonlinear least squares of relative residuals, by Gauss and Newton with Levenberg's
 * damping, with sigma and kappa of at least 0. Intervals are 95 %, from the curvature at the
 * optimum and Student's t. The law is about a load of concurrent users, so it fits only those.
 *
 * Thread: plain data.
 */
#ifndef CAPACITY_USL_H
#define CAPACITY_USL_H

#include <stdbool.h>
#include <stddef.h>

#define USL_POINTS_MIN 5
#define USL_ERROR_MAX 0.1 /* of the residuals, relative, in the mean square */

struct usl_value {
    double value, low, high;
};

struct usl {
    bool fits; /* else the rest has no meaning */
    struct usl_value lambda, sigma, kappa;
    double peak_load, peak_throughput; /* NAN: kappa may be 0, so there may be none */
    double error;                      /* root mean square of the relative residuals */
};

void usl_fit(const double *load, const double *throughput, size_t n, struct usl *out);

#endif
