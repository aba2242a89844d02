/*
 * services: queues in simulated time, for searches by the real decision code.
 *
 * Poisson arrivals, first come first served. A step begins with an empty queue, as after a pause,
 * and its settling is not measured. tests/capacity/truth.py has the same services, and computes
 * their capacity by itself. Header-only.
 */
#ifndef TESTS_CAPACITY_SERVICES_H
#define TESTS_CAPACITY_SERVICES_H

#include <math.h>
#include <stdbool.h>

#include "capacity/pool.h"
#include "capacity/search.h"
#include "capacity/truths.h"
#include "util/clock.h"
#include "util/rng.h"

#define SERVERS_MAX 20
#define STEP_S 20.0
#define SETTLE_S 5.0

enum service_times { EXPONENTIAL, LOGNORMAL, BIMODAL, AUTOCORRELATED };

struct service {
    const char *name, *slo;
    double truth;
    enum service_times times;
    double mean;
    int servers;
    bool loss; /* no queue: who finds no free server fails */
};

static const struct service services[] = {
    {"M/M/1", "response_time p(95)<60", TRUTH_MM1, EXPONENTIAL, 0.005, 1, false},
    {"M/M/8", "response_time p(95)<200", TRUTH_MM8, EXPONENTIAL, 0.05, 8, false},
    {"M/lognormal/1", "response_time p(95)<60", TRUTH_LOGNORMAL, LOGNORMAL, 0.004, 1, false},
    {"M/bimodal/1", "response_time p(95)<50", TRUTH_BIMODAL, BIMODAL, 0, 1, false},
    {"M/autocorrelated/1", "response_time p(95)<60", TRUTH_AUTOCORRELATED, AUTOCORRELATED, 0.004, 1,
     false},
    {"M/M/20/20", "http_req_failed rate<0.01", TRUTH_LOSS, EXPONENTIAL, 0.1, 20, true},
};

struct simulated {
    const struct service *service;
    struct rng rng;
    double state; /* of the autocorrelation */
    double free_at[SERVERS_MAX];
};

static double service_time(struct simulated *q) {
    const struct service *s = q->service;
    switch (s->times) {
    case EXPONENTIAL:
        return s->mean * rng_exponential(&q->rng);
    case LOGNORMAL:
        return s->mean * exp(rng_normal(&q->rng) - 0.5);
    case BIMODAL:
        return rng_unit(&q->rng) < 0.9 ? 0.002 : 0.02;
    case AUTOCORRELATED:
        q->state = 0.9 * q->state + sqrt(1 - 0.9 * 0.9) * rng_normal(&q->rng);
        return s->mean * exp(0.5 * q->state - 0.125);
    }
    return 0;
}

/* The response time of a request that arrives at `now`; below 0: it failed. */
static double respond(struct simulated *q, double now) {
    int first = 0;
    for (int i = 1; i < q->service->servers; i++)
        if (q->free_at[i] < q->free_at[first])
            first = i;
    double begin = q->free_at[first] > now ? q->free_at[first] : now;
    if (q->service->loss && begin > now)
        return -1;
    q->free_at[first] = begin + service_time(q);
    return q->free_at[first] - now;
}

static int simulate_step(struct simulated *q, const struct search_ask *ask, struct evidence *v,
                         struct err *e) {
    double length = STEP_S * ask->units, cell = STEP_S / EVIDENCE_CELLS;
    size_t first, cells = (size_t)EVIDENCE_CELLS * ask->units;
    if (evidence_begin(v, cells, cell, &first, e) != 0)
        return -1;
    for (int i = 0; i < SERVERS_MAX; i++)
        q->free_at[i] = 0;
    for (double now = rng_exponential(&q->rng) / ask->load; now < SETTLE_S + length;
         now += rng_exponential(&q->rng) / ask->load) {
        double took = respond(q, now);
        if (now < SETTLE_S)
            continue;
        size_t at = (size_t)((now - SETTLE_S) / cell);
        if (q->service->loss)
            evidence_share(v, first + at, took < 0, 1);
        else if (evidence_time(v, first + at, (int64_t)(took * 1e6), e) != 0)
            return -1;
    }
    return 0;
}

struct searched {
    struct search_answer answer;
    unsigned steps;
    double seconds;
};

/* One search with the options of the command's defaults. */
static int simulate_search(const struct service *s, uint64_t seed, double from,
                           struct searched *out, struct err *e) {
    struct simulated q = {.service = s};
    struct gate_rules rules = {0};
    struct pool pool;
    struct search search = {0};
    struct search_ask ask;
    int result = -1;
    const struct search_plan plan = {.from = from,
                                     .to = 5000,
                                     .precision = 0.05,
                                     .step_ns = (int64_t)(STEP_S * NS_PER_S),
                                     .overhead_ns = (int64_t)(SETTLE_S * NS_PER_S)};
    rng_seed(&q.rng, seed, 0);
    *out = (struct searched){.steps = 0};
    if (gate_rules_parse(&rules, "test", s->slo, e) != 0)
        return -1;
    pool_init(&pool, &rules);
    if (search_init(&search, &plan, e) != 0)
        goto out;
    while (search_next(&search, &ask)) {
        struct evidence *v;
        struct search_look look;
        double spent = SETTLE_S + STEP_S * ask.units;
        if (pool_at(&pool, ask.load, &v, e) != 0 || simulate_step(&q, &ask, v, e) != 0 ||
            pool_look(&pool, ask.load, &look, NULL, e) != 0 ||
            search_tell(&search, &ask, &look, (int64_t)(spent * NS_PER_S), e) != 0)
            goto out;
        out->steps++;
        out->seconds += spent;
    }
    search_answer(&search, &out->answer);
    result = 0;
out:
    search_done(&search);
    pool_done(&pool);
    gate_rules_done(&rules);
    return result;
}

#endif
