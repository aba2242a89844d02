#include "stats/wilson.h"

#include <math.h>

void wilson_interval(uint64_t hits, uint64_t n, double z, double *low, double *high) {
    double of = (double)n, share = (double)hits / of, z2 = z * z;
    double middle = (share + z2 / (2 * of)) / (1 + z2 / of);
    double half = z / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of));
    *low = hits == 0 ? 0 : middle - half; /* exact there, where rounding would leave a trace */
    *high = hits == n ? 1 : middle + half;
}
