/*
 * billing: the cost of instances: billable time by Cloud Run's rules, and a price list.
 *
 * Request-based: an instance is billed while it starts, while it has at least one request, and
 * while it shuts down (SIGTERM to exit). Each contiguous stretch of such time is rounded up to 100
 * ms. Instance-based: it is billed from start to end, for at least one minute. Discounts, network
 * and build costs are not included. Price lists are data; the built-in one is
 * src/stats/prices.json.
 *
 * Thread: plain data, owned by the caller.
 */
#ifndef STATS_BILLING_H
#define STATS_BILLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/gpu.h"
#include "util/err.h"

#define BILLING_STEP_NS INT64_C(100000000)
#define BILLING_INSTANCE_MIN_NS INT64_C(60000000000)

enum billing_mode { BILLING_REQUEST, BILLING_INSTANCE };

struct billing_span {
    int64_t from_ns, to_ns;
};

/* Billable time of one instance by the request-based rule. Sorts v. Spans that overlap or touch
 * count as one. A span that ends before it begins counts as empty, and an empty span costs
 * nothing. */
int64_t billing_request_ns(struct billing_span *v, size_t n);

/* Billable time of one instance by the instance-based rule. */
int64_t billing_instance_ns(int64_t started_ns, int64_t ended_ns);

/* The request-based rule while instances are running: one meter per instance. Reasons to bill
 * overlap: call billing_begin() and billing_end() for the start-up, for each request and for the
 * shutdown, in order of time. A request that waited begins when it arrived. Otherwise, a request
 * that takes the place of another would leave a gap of microseconds and begin a new stretch. */
struct billing_meter {
    unsigned causes;        /* number of reasons in progress */
    int64_t from_ns, to_ns; /* the latest stretch; to_ns is valid only while `causes` is 0 */
    int64_t before_ns;      /* rounded sum of the earlier stretches */
    bool any;
};

void billing_meter_init(struct billing_meter *m);
void billing_begin(struct billing_meter *m, int64_t at_ns);
void billing_end(struct billing_meter *m, int64_t at_ns);

/* Billable time until now_ns. Whatever is in progress counts as if it ended now. Never
 * decreases. */
int64_t billing_meter_ns(const struct billing_meter *m, int64_t now_ns);

/* Prices of one tier of regions, per vCPU-second, GiB-second and million requests. */
struct billing_prices {
    char source[256]; /* where and when the prices were read */
    char date[16];
    char currency[8];
    char tier[32];  /* name of the tier */
    char note[256]; /* a note about the prices, or "" */
    double cpu_active, cpu_idle, cpu_instance;
    double memory_active, memory_idle, memory_instance;
    double million_requests;
    /* free per month */
    double free_cpu_request, free_cpu_instance;
    double free_memory_request, free_memory_instance;
    double free_requests;
    double gpu[GPU_KINDS]; /* per GPU-second; NAN: not in the list */
};

/* Reads a price list (JSON) and selects the tier of `region`. `name` names the list in errors. */
int billing_prices_parse(struct billing_prices *out, const char *name, const char *text,
                         size_t bytes, const char *region, struct err *e);

/* The same from a file. If path is NULL: from the built-in list. */
int billing_prices_load(struct billing_prices *out, const char *path, const char *region,
                        struct err *e);

struct billing_usage {
    enum billing_mode mode;
    int64_t billable_ns; /* sum over the instances */
    /* Billed idle time of min instances; request-based only. */
    int64_t idle_ns;
    /* Requests that reached an instance; only request-based billing charges for them. */
    uint64_t requests;
    double cpus; /* per instance */
    int64_t memory_bytes;
    enum gpu gpu; /* per instance; instance-based only */
};

struct billing_money {
    double cpu, memory, requests;
    double gpu; /* NAN if its price is not known; then the next two are NAN too */
    double total;
    double per_1000_requests; /* NAN without requests */
};

struct billing_cost {
    double instance_s; /* billable */
    double cpu_s, gib_s, gpu_s;
    double idle_cpu_s, idle_gib_s;
    struct billing_money full; /* before the free tier */
    struct billing_money net;  /* after it, as if there was no other use in the month */
};

void billing_cost(const struct billing_usage *u, const struct billing_prices *p,
                  struct billing_cost *out);

/* Returns true if the list has no price of the GPU. Then `out` says so, and how to add one. */
#define BILLING_NO_PRICE_BYTES 512
bool billing_no_gpu_price(const struct billing_prices *p, enum gpu gpu,
                          char out[BILLING_NO_PRICE_BYTES]);

#endif
