#include "capacity/capacity_ratio.h"

#include <math.h>

void capacity_ratio(const struct search_answer *base, const struct search_answer *with,
                    struct capacity_ratio *out) {
    bool low = with->low > 0 && isfinite(base->high), high = base->low > 0 && isfinite(with->high);
    *out =
        (struct capacity_ratio){.difference = with->value - base->value,
                                .ratio = with->value / base->value,
                                .low = low ? with->low / base->high : 0,
                                .high = high ? with->high / base->low : (double)INFINITY,
                                .verdict = low && with->low >= base->high    ? CAPACITY_BETTER
                                           : high && with->high <= base->low ? CAPACITY_WORSE
                                                                             : CAPACITY_UNDECIDED};
}
