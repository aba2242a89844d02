/*
 * capacity_cost: what 1000 requests cost at the highest load that holds, if the service has a known
 * number of instances there.
 *
 * All instances are billed all the time, as they are at capacity. With request-based billing an
 * instance that is idle for a moment costs less, so the cost is an upper bound then; the fee of
 * requests is that of the successful ones. The free tier is not subtracted.
 *
 * Ownership: plain data. Thread: any.
 */
#ifndef CAPACITY_CAPACITY_COST_H
#define CAPACITY_CAPACITY_COST_H

#include <stdint.h>

#include "stats/billing.h"

struct capacity_cost {
    double instances; /* 0: not known, and the rest says nothing */
    double cpus;      /* of each instance, as the next two */
    int64_t memory_bytes;
    enum gpu gpu;
    enum billing_mode billing;
    char region[64], currency[8], tier[32], date[16]; /* of the prices */
    double load;       /* the highest that holds; NAN: none, and no cost */
    double throughput; /* successful requests per second there */
    double per_hour, per_1000_requests;
};

/* The costs of a throughput at a load. */
void capacity_cost_at(struct capacity_cost *c, const struct billing_prices *p, double load,
                      double throughput);

#endif
