#include "stats/student.h"

#include <assert.h>
#include <math.h>

double student_within(double t, unsigned df) {
    double theta = atan(t / sqrt(df)), c = cos(theta), square = c * c;
    double term = df % 2 == 1 ? c : 1, sum = 0;
    assert(t >= 0 && df >= 1);
    /* Odd: cos + 2/3 cos^3 + 2*4/(3*5) cos^5 ...; even: 1 + 1/2 cos^2 + 1*3/(2*4) cos^4 ...; up to
     * the power df - 2. */
    for (unsigned k = df % 2 == 1 ? 1 : 0; k + 2 <= df; k += 2) {
        sum += term;
        term *= square * (k + 1) / (k + 2);
    }
    sum *= sin(theta);
    return df % 2 == 1 ? (theta + sum) * 2 / M_PI : sum;
}

double student_quantile(double confidence, unsigned df) {
    double low = 0, high = 1;
    assert(confidence > 0 && confidence < 1);
    while (student_within(high, df) < confidence)
        high *= 2;
    for (int i = 0; i < 200 && high - low > high * 1e-15; i++) {
        double middle = low + (high - low) / 2;
        if (student_within(middle, df) < confidence)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}
