#include "capacity/capacity_cost.h"

#include <math.h>

#define HOUR_S 3600.0

void capacity_cost_at(struct capacity_cost *c, const struct billing_prices *p, double load,
                      double throughput) {
    struct billing_cost cost;
    const struct billing_usage hour = {.mode = c->billing,
                                       .billable_ns = (int64_t)(c->instances * HOUR_S * 1e9),
                                       .requests = (uint64_t)llround(throughput * HOUR_S),
                                       .cpus = c->cpus,
                                       .memory_bytes = c->memory_bytes,
                                       .gpu = c->gpu};
    billing_cost(&hour, p, &cost);
    c->load = load;
    c->throughput = throughput;
    c->per_hour = cost.full.total;
    c->per_1000_requests = cost.full.per_1000_requests;
}
