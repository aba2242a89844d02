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
    {"10 % slower, correlated 0.5, 20000", 20000, 1, 0.5, 0.3, 0.4, 0, 0.01, 0, 1.1},
    {"10 % slower, correlated 0.9, 20000", 20000, 1, 0.9, 0.3, 0.4, 0, 0.01, 0, 1.1},
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
    unsigned alone[MEASURES]; /* intervals that exclude no difference; at a slowdown: say slower */
    unsigned told[MEASURES];  /* verdicts that do */
    unsigned little[MEASURES];
    unsigned any_alone, any_told; /* pairs with at least one */
    double block_s;
};

static bool tells(const struct service *s, enum compare_verdict v) {
    return v == COMPARE_SLOWER || (v == COMPARE_FASTER && s->factor == 1);
}

static void one_pair(const struct service *s, uint64_t seed, struct tally *t) {
    struct rng rng;
    struct err e = {""};
    struct compare_options o = {.seed = seed, .resamples = 1000};
    struct compare_pair *pair = NULL;
    rng_seed(&rng, seed, 7);
    struct compare_side *base = simulate(s, 1, &rng), *with = simulate(s, s->factor, &rng);
    if (compare_pair_new(base, with, NULL, &o, &pair, &e) != 0)
        die(&e);
    struct compare_result r[MEASURES], *all[MEASURES];
    for (size_t i = 0; i < MEASURES; i++) {
        all[i] = &r[i];
        if (compare_measure(pair, &measures[i].measure, &r[i], &e) != 0)
            die(&e);
    }
    compare_family(all, MEASURES, 0.95);
    bool alone = false, told = false;
    for (size_t i = 0; i < MEASURES; i++) {
        t->alone[i] += tells(s, r[i].alone);
        t->told[i] += tells(s, r[i].verdict);
        t->little[i] += r[i].verdict == COMPARE_TOO_LITTLE;
        alone = alone || tells(s, r[i].alone);
        told = told || tells(s, r[i].verdict);
    }
    t->any_alone += alone;
    t->any_told += told;
    t->block_s += r[P95].block_s[0];
    compare_pair_free(pair);
    compare_side_free(base);
    compare_side_free(with);
}

/* The most that chance would give of n with probability p each, but for one time in 1000 or so. */
static double most(double n, double p) {
    return n * p + 3.1 * sqrt(n * p * (1 - p));
}

/* A row of the table; false where it is not good enough. */
static bool show(const struct service *s, const struct tally *t, unsigned pairs, double cpu_ms) {
    bool slowed = s->factor > 1, good = true;
    printf("| %s |", s->name);
    for (size_t m = 0; m < MEASURES; m++) {
        bool bad = slowed ? m == P95 && s->runs == 1 && t->alone[m] < pairs - most(pairs, 0.05)
                          : (double)t->alone[m] > most(pairs, 0.05);
        good = good && !bad;
        printf(" %.1f %%%s", 100.0 * t->alone[m] / pairs, bad ? " **!**" : "");
        if (slowed && t->told[m] != t->alone[m])
            printf(", %.1f %%", 100.0 * t->told[m] / pairs);
        if (t->little[m] > 0)
            printf(" (%.0f %% too little)", 100.0 * t->little[m] / pairs);
        printf(" |");
    }
    bool bad = !slowed && (double)t->any_told > most(pairs, 0.05);
    printf(" %.1f %% | %.1f %%%s | %.2g s | %.0f |\n", 100.0 * t->any_alone / pairs,
           100.0 * t->any_told / pairs, bad ? " **!**" : "", t->block_s / pairs, cpu_ms / pairs);
    return good && !bad;
}

int main(int argc, char **argv) {
    unsigned pairs = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 500;
    const char *word = argc > 2 ? argv[2] : "";
    bool good = true;
    printf("| service, %u pairs |", pairs);
    for (size_t i = 0; i < MEASURES; i++)
        printf(" %s |", measures[i].name);
    printf(" any interval | any verdict | block | CPU ms a pair |\n| :--- |");
    for (size_t i = 0; i < MEASURES + 4; i++)
        printf(" ---: |");
    printf("\n");
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        const struct service *s = &services[i];
        struct tally t = {0};
        if (strstr(s->name, word) == NULL)
            continue;
        int64_t began = clock_thread_cpu_ns();
        for (unsigned k = 0; k < pairs; k++)
            one_pair(s, 1000 * i + k, &t);
        good = show(s, &t, pairs, (double)(clock_thread_cpu_ns() - began) / 1e6) && good;
        fflush(stdout);
    }
    return good ? 0 : 1;
}
