#include "report/capacity_price.h"

#include <math.h>
#include <stdio.h>

#include "util/array.h"

#define GIB ((double)(1 << 30))

static const struct table_column columns[] = {
    {"load", "Load", TABLE_NUMBER},
    {"throughput", "Successes/s", TABLE_NUMBER},
    {"instances", "Instances", TABLE_NUMBER},
    {"cpus", "vCPUs", TABLE_NUMBER},
    {"memory_gib", "Memory (GiB)", TABLE_NUMBER},
    {"gpu", "GPU", TABLE_TEXT},
    {"billing", "Billing", TABLE_TEXT},
    {"currency", "Currency", TABLE_TEXT},
    {"per_hour", "Per hour", TABLE_MONEY},
    {"per_1000_requests", "Per 1000 requests", TABLE_MONEY},
};

bool capacity_price_known(const struct capacity_result *r) {
    return r->cost.instances > 0 && isfinite(r->cost.per_1000_requests);
}

static const char *billing_words(const struct capacity_cost *c) {
    return c->billing == BILLING_REQUEST ? "request" : "instance";
}

void capacity_price_table(struct table *t, const struct capacity_result *r) {
    const struct capacity_cost *c = &r->cost;
    table_init(t, "cost", "Cost at capacity", columns, COUNT_OF(columns));
    if (!capacity_price_known(r))
        return;
    table_number(t, c->load);
    table_number(t, c->throughput);
    table_number(t, c->instances);
    table_number(t, c->cpus);
    table_number(t, (double)c->memory_bytes / GIB);
    table_text(t, c->gpu == GPU_NONE ? NULL : gpu_kinds[c->gpu].name);
    table_text(t, billing_words(c));
    table_text(t, c->currency);
    table_number(t, c->per_hour);
    table_number(t, c->per_1000_requests);
}

void capacity_price_say(struct lines *l, const struct capacity_result *r) {
    const struct capacity_cost *c = &r->cost;
    char text[600];
    if (!capacity_price_known(r))
        return;
    snprintf(text, sizeof text,
             "Cost at %.10g %s, the highest load that holds: %.6f %s per 1000 requests%s. That is "
             "%.10g instance%s with %.6g vCPU and %.6g GiB%s%s, billed all the time "
             "(%s-based, %s, %s, prices of %s), without the free tier.",
             c->load, capacity_unit_words[r->unit], c->per_1000_requests, c->currency,
             c->billing == BILLING_REQUEST ? ", at most" : "", c->instances,
             c->instances == 1 ? "" : "s", c->cpus, (double)c->memory_bytes / GIB,
             c->gpu == GPU_NONE ? "" : " and the GPU ",
             c->gpu == GPU_NONE ? "" : gpu_kinds[c->gpu].name, billing_words(c), c->region, c->tier,
             c->date);
    lines_add(l, "", text);
}
