/*
 * compare_stats: what the verdicts of src/stats/compare.h are worth, by simulation.
 *
 *   compare_stats [PAIRS [WORD]]   prints a Markdown table; WORD chooses the rows that contain it
 *
 * Each pair is two sides of simulated requests: arrivals at random, and times with a slowly moving
 * part that neighbours share (an AR(1) process in the logarithm), some of them from a second, slower
 * mode. "A/A" pairs differ in nothing: every slower or faster is false. Exits with 1 where there are
 * more false verdicts than chance allows, or a 10 % slowdown is missed too often.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats/compare.h"
#include "util/clock.h"
#include "util/rng.h"

#define RATE 200.0 /* requests per second */

struct service {
    const char *name;
    double requests; /* a run, on average */
    size_t runs;
    double phi;       /* of the shared part, from request to request */
    double shared;    /* standard deviation of the shared part of the logarithm */
    double own;       /* and of each request's own */
    double slow_mode; /* share of requests in a mode 4 times slower */
    double failing;   /* share of requests that fail, more where the shared part is high */
    double between;   /* standard deviation between runs, in the logarithm */
    double factor;    /* of every time of the second side */
};

static const struct service services[] = {
    {"A/A independent, 300 requests", 300, 1, 0, 0, 0.5, 0, 0.02, 0, 1},
    {"A/A independent, 2000 requests", 2000, 1, 0, 0, 0.5, 0, 0.02, 0, 1},
    {"A/A independent, 20000 requests", 20000, 1, 0, 0, 0.5, 0, 0.02, 0, 1},
    {"A/A independent, two modes, 20000", 20000, 1, 0, 0, 0.3, 0.1, 0.01, 0, 1},
    {"A/A correlated 0.5, two modes, 2000", 2000, 1, 0.5, 0.3, 0.4, 0.1, 0.01, 0, 1},
    {"A/A correlated 0.5, two modes, 20000", 20000, 1, 0.5, 0.3, 0.4, 0.1, 0.01, 0, 1},
    {"A/A correlated 0.9, two modes, 2000", 2000, 1, 0.9, 0.3, 0.4, 0.1, 0.01, 0, 1},
    {"A/A correlated 0.9, two modes, 20000", 20000, 1, 0.9, 0.3, 0.4, 0.1, 0.01, 0, 1},
    {"A/A correlated 0.99, two modes, 20000", 20000, 1, 0.99, 0.3, 0.4, 0.1, 0.01, 0, 1},
    {"A/A correlated 0.998, 20000", 20000, 1, 0.998, 0.3, 0.4, 0, 0.01, 0, 1},
    {"A/A 2 runs a side of 4000", 4000, 2, 0.9, 0.3, 0.4, 0.1, 0.01, 0.05, 1},
    {"A/A 3 runs a side of 4000", 4000, 3, 0.9, 0.3, 0.4, 0.1, 0.01, 0.05, 1},
    {"A/A 5 runs a side of 4000", 4000, 5, 0.9, 0.3, 0.4, 0.1, 0.01, 0.05, 1},
    {"A/A 5 runs a side of 4000, alike", 4000, 5, 0.9, 0.3, 0.4, 0.1, 0.01, 0, 1},
    {"10 % slower, independent, 20000", 20000, 1, 0, 0, 0.5, 0, 0.01, 0, 1.1},
    {"10 % slower, independent, two modes, 20000", 20000, 1, 0, 0, 0.3, 0.1, 0.01, 0, 1.1},
    {"10 % slower, correlated 0.5, two modes, 20000", 20000, 1, 0.5, 0.3, 0.4, 0.1, 0.01, 0, 1.1},
    {"10 % slower, correlated 0.9, two modes, 20000", 20000, 1, 0.9, 0.3, 0.4, 0.1, 0.01, 0, 1.1},
    {"10 % slower, 5 runs a side of 4000, alike", 4000, 5, 0.9, 0.3, 0.4, 0.1, 0.01, 0, 1.1},
};

static const struct {
    const char *name;
    struct compare_measure measure;
} measures[] = {
    {"mean", {COMPARE_MEAN, 0}},
    {"p50", {COMPARE_QUANTILE, 0.5}},
    {"p90", {COMPARE_QUANTILE, 0.9}},
    {"p95", {COMPARE_QUANTILE, 0.95}},
    {"p99", {COMPARE_QUANTILE, 0.99}},
    {"failures", {COMPARE_FAILURES, 0}},
    {"per second", {COMPARE_PER_SECOND, 0}},
};
enum { MEASURES = sizeof measures / sizeof *measures, P95 = 3 };

static void die(const struct err *e) {
    fprintf(stderr, "compare_stats: %s\n", e->text);
    exit(3);
}

static struct compare_side *simulate(const struct service *s, double factor, struct rng *rng) {
    int64_t lengths[64];
    struct compare_side *side = NULL;
    struct err e = {""};
    for (size_t i = 0; i < s->runs; i++)
        lengths[i] = llround(s->requests / RATE * 1e6);
    if (compare_side_new(lengths, s->runs, &side, &e) != 0)
        die(&e);
    for (size_t run = 0; run < s->runs; run++) {
        double shared = rng_normal(rng), level = s->between * rng_normal(rng);
        for (double at = rng_exponential(rng); at < s->requests; at += rng_exponential(rng)) {
            shared = s->phi * shared + sqrt(1 - s->phi * s->phi) * rng_normal(rng);
            double log_ms = log(20) + level + s->shared * shared + s->own * rng_normal(rng);
            if (rng_unit(rng) < s->slow_mode)
                log_ms += log(4);
            struct compare_row row = {.at_us = (int64_t)(at / RATE * 1e6),
                                      .value_us = llround(exp(log_ms) * factor * 1e3),
                                      .run = (uint16_t)run,
                                      .failed = rng_unit(rng) < s->failing * (shared > 0 ? 2 : 0)};
            if (compare_side_add(side, &row, &e) != 0)
                die(&e);
        }
    }
    return side;
}

struct tally {
    unsigned told[MEASURES]; /* verdicts slower or faster */
    unsigned little[MEASURES];
    unsigned any; /* pairs with such a verdict in any statistic */
    double block_s;
};

static void one_pair(const struct service *s, uint64_t seed, struct tally *t) {
    struct rng rng;
    struct err e = {""};
    struct compare_options o = {.seed = seed};
    struct compare_pair *pair = NULL;
    rng_seed(&rng, seed, 7);
    struct compare_side *base = simulate(s, 1, &rng), *with = simulate(s, s->factor, &rng);
    if (compare_pair_new(base, with, COMPARE_ALL, &o, &pair, &e) != 0)
        die(&e);
    bool any = false;
    for (size_t i = 0; i < MEASURES; i++) {
        struct compare_result r;
        if (compare_measure(pair, &measures[i].measure, &r, &e) != 0)
            die(&e);
        bool told = r.verdict == COMPARE_SLOWER || (r.verdict == COMPARE_FASTER);
        if (s->factor > 1)
            told = r.verdict == COMPARE_SLOWER;
        t->told[i] += told;
        t->little[i] += r.verdict == COMPARE_TOO_LITTLE;
        any = any || told;
        if (i == P95)
            t->block_s += r.block_s[0];
    }
    t->any += any;
    compare_pair_free(pair);
    compare_side_free(base);
    compare_side_free(with);
}

/* The most that chance would give of n with probability p each, but for one time in 1000 or so. */
static double most(double n, double p) {
    return n * p + 3.1 * sqrt(n * p * (1 - p));
}

int main(int argc, char **argv) {
    unsigned pairs = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 500;
    const char *word = argc > 2 ? argv[2] : "";
    bool good = true;
    printf("| service, %u pairs |", pairs);
    for (size_t i = 0; i < MEASURES; i++)
        printf(" %s |", measures[i].name);
    printf(" any | block | ms a pair |\n| :--- |");
    for (size_t i = 0; i < MEASURES + 3; i++)
        printf(" ---: |");
    printf("\n");
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        const struct service *s = &services[i];
        struct tally t = {0};
        if (strstr(s->name, word) == NULL)
            continue;
        int64_t began = clock_mono_ns();
        for (unsigned k = 0; k < pairs; k++)
            one_pair(s, 1000 * i + k, &t);
        printf("| %s |", s->name);
        for (size_t m = 0; m < MEASURES; m++) {
            bool bad = s->factor > 1 ? m == P95 && t.told[m] < 0.95 * pairs
                                     : (double)t.told[m] > most(pairs, 0.05);
            good = good && !bad;
            printf(" %.1f %%%s", 100.0 * t.told[m] / pairs, bad ? " **!**" : "");
            if (t.little[m] > 0)
                printf(" (%.0f %% too little)", 100.0 * t.little[m] / pairs);
            printf(" |");
        }
        printf(" %.1f %% | %.2g s | %.0f |\n", 100.0 * t.any / pairs, t.block_s / pairs,
               (double)(clock_mono_ns() - began) / 1e6 / pairs);
        fflush(stdout);
    }
    return good ? 0 : 1;
}
