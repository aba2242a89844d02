/*
 * billing: what instances cost: billable time by Cloud Run's rules, and a price list.
 *
 * Request-based: an instance is billed while it starts, while at least one request is in it, and
 * while it shuts down (SIGTERM to exit). Each longest stretch of such time is rounded up to 100
 * ms. Instance-based: from start to end, at least one minute. It knows no discounts, no network
 * and no build costs; a price list is data (src/stats/prices.json is the one inside the program).
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

/* Billable time of one instance by the request-based rule; sorts v. Spans that overlap or touch are
 * one; one that ends before it begins is taken as empty, and an empty one costs nothing. */
int64_t billing_request_ns(struct billing_span *v, size_t n);

/* Billable time of one instance by the instance-based rule. */
int64_t billing_instance_ns(int64_t started_ns, int64_t ended_ns);

/* The same request-based rule while things happen: one meter for each instance. Causes nest:
 * begin and end for the start-up, for each request and for the shutdown, in the order of time. A
 * request that waited begins when it arrived: then one that takes the place of another leaves no
 * gap of microseconds, which would be a stretch of its own. */
struct billing_meter {
    unsigned causes;        /* that are in progress */
    int64_t from_ns, to_ns; /* the newest stretch; to_ns only while causes is 0 */
    int64_t before_ns;      /* rounded sum of the stretches before that one */
    bool any;
};

void billing_meter_init(struct billing_meter *m);
void billing_begin(struct billing_meter *m, int64_t at_ns);
void billing_end(struct billing_meter *m, int64_t at_ns);

/* Billable time until now_ns; what is in progress counts as if it ended now. Never goes back. */
int64_t billing_meter_ns(const struct billing_meter *m, int64_t now_ns);

/* Prices of one tier of regions, per vCPU-second, GiB-second and million requests. */
struct billing_prices {
    char source[256]; /* where the numbers were read, and when */
    char date[16];
    char currency[8];
    char tier[32];  /* name of the tier */
    char note[256]; /* what to know about its numbers, or "" */
    double cpu_active, cpu_idle, cpu_instance;
    double memory_active, memory_idle, memory_instance;
    double million_requests;
    /* free per month */
    double free_cpu_request, free_cpu_instance;
    double free_memory_request, free_memory_instance;
    double free_requests;
    double gpu[GPU_KINDS]; /* per GPU-second; NAN: the list has none */
};

/* Reads a price list (JSON; `name` stands for it in errors) and takes the tier that `region` is
 * in. */
int billing_prices_parse(struct billing_prices *out, const char *name, const char *text,
                         size_t bytes, const char *region, struct err *e);

/* The same from a file, or from the list inside the program where path is NULL. */
int billing_prices_load(struct billing_prices *out, const char *path, const char *region,
                        struct err *e);

struct billing_usage {
    enum billing_mode mode;
    int64_t billable_ns; /* summed over the instances */
    int64_t idle_ns;     /* of min instances, request-based only: idle time that is billed */
    uint64_t requests;   /* that reached an instance; request-based only are they priced */
    double cpus;         /* of an instance */
    int64_t memory_bytes;
    enum gpu gpu; /* of an instance; instance-based only */
};

struct billing_money {
    double cpu, memory, requests;
    double gpu; /* NAN where its price is not known; then these are, too: */
    double total;
    double per_1000_requests; /* NAN without requests */
};

struct billing_cost {
    double instance_s; /* billable */
    double cpu_s, gib_s, gpu_s;
    double idle_cpu_s, idle_gib_s;
    struct billing_money full; /* before the free tier */
    struct billing_money net;  /* after it, as if nothing else was used in the month */
};

void billing_cost(const struct billing_usage *u, const struct billing_prices *p,
                  struct billing_cost *out);

/* True where the list has no price of the GPU. Then `out` says so, and where to give one. */
#define BILLING_NO_PRICE_BYTES 512
bool billing_no_gpu_price(const struct billing_prices *p, enum gpu gpu,
                          char out[BILLING_NO_PRICE_BYTES]);

#endif
