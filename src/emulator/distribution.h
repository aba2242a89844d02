/*
 * distribution: Monitoring's DISTRIBUTION values: count, mean, squared deviation, and exponential
 * buckets.
 *
 * With n finite buckets, bucket 0 has the values below scale, bucket i (1 to n) those from scale x
 * growth^(i-1) to below scale x growth^i, and bucket n + 1 the rest. The buckets of the real
 * metrics are not documented. These are fine enough (10 %) for quantiles.
 *
 * Ownership: plain data; the compact form is one block of malloc(), freed with free(). Thread:
 * plain data, owned by the caller.
 */
#ifndef EMULATOR_DISTRIBUTION_H
#define EMULATOR_DISTRIBUTION_H

#include <stdbool.h>
#include <stdint.h>

#include "emulator/export_json.h"

#define DISTRIBUTION_BUCKETS_MAX 192

struct distribution_layout {
    int finite; /* buckets; finite + 2 <= DISTRIBUTION_BUCKETS_MAX */
    double growth, scale;
};

/* For up to 75 minutes in milliseconds; shares from 0 to 1; concurrent requests, up to 1000. */
extern const struct distribution_layout distribution_ms, distribution_share, distribution_requests;

struct distribution {
    const struct distribution_layout *layout;
    uint64_t count;
    double mean, squares; /* squares: sum of squared deviations from the mean */
    uint32_t buckets[DISTRIBUTION_BUCKETS_MAX];
};

void distribution_init(struct distribution *d, const struct distribution_layout *layout);

/* NaN and negative values count as 0. */
void distribution_add(struct distribution *d, double value);

/* Returns the bucket of a value. Also used to test the layouts. */
int distribution_bucket(const struct distribution_layout *layout, double value);

/* The compact form: without the empty buckets at both ends. */
struct distribution_kept {
    const struct distribution_layout *layout;
    uint64_t count;
    double mean, squares;
    int first, n;
    uint32_t buckets[];
};

/* Returns NULL if memory runs out. `d` must have at least one value. */
struct distribution_kept *distribution_keep(const struct distribution *d);

/* Writes a "distributionValue". */
void distribution_put(struct json_writer *w, const struct distribution_kept *d);

#endif
