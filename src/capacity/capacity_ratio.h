/*
 * capacity_ratio: compares two capacities: how many times one is the other, as an interval, and
 * whether that is certain.
 *
 * A capacity is in [low, high): the load `low` holds every SLO, the load `high` fails one. So
 *
 *     new low / base high  <=  new capacity / base capacity  <  new high / base low
 *
 * Each of the two intervals misses its capacity with a probability of at most
 * 1 - SEARCH_CONFIDENCE. This interval is then wrong with at most the sum of both, whether or not
 * the searches depend on each other (Bonferroni). The new capacity is better if the whole interval
 * is at least 1, which means that the intervals do not overlap: the new low is at least the base's
 * high. It is worse if the new high is at most the base's low. Everything else is undecided.
 *
 * Whether the two searches were about the same promise is for the caller to check. Thread: plain
 * data.
 */
#ifndef CAPACITY_CAPACITY_RATIO_H
#define CAPACITY_CAPACITY_RATIO_H

#include "capacity/search.h"

#define CAPACITY_RATIO_CONFIDENCE (1 - 2 * (1 - SEARCH_CONFIDENCE))

enum capacity_change { CAPACITY_UNDECIDED, CAPACITY_BETTER, CAPACITY_WORSE };

/* Of the new one to the base. NAN: not known. */
struct capacity_ratio {
    double difference;
    double ratio;
    double low, high; /* of the ratio; 0 and infinite: nothing bounds it */
    enum capacity_change verdict;
};

void capacity_ratio(const struct search_answer *base, const struct search_answer *with,
                    struct capacity_ratio *out);

#endif
