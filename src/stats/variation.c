#include "stats/variation.h"

#include <math.h>

#include "stats/student.h"

void variation_of(const double *values, size_t n, struct variation *out) {
    double nothing = (double)NAN, sum = 0, squares = 0;
    struct variation b = {0, nothing, nothing, nothing, nothing, nothing, nothing};
    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i]))
            continue;
        b.min = b.runs == 0 ? values[i] : fmin(b.min, values[i]);
        b.max = b.runs == 0 ? values[i] : fmax(b.max, values[i]);
        sum += values[i];
        b.runs++;
    }
    if (b.runs > 0)
        b.mean = sum / (double)b.runs;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            squares += (values[i] - b.mean) * (values[i] - b.mean);
    if (b.runs > 1) {
        b.deviation = sqrt(squares / (double)(b.runs - 1));
        double half = student_quantile(VARIATION_CONFIDENCE, (unsigned)b.runs - 1) * b.deviation /
                      sqrt((double)b.runs);
        b.low = b.mean - half;
        b.high = b.mean + half;
    }
    *out = b;
}
