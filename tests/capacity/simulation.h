/*
 * simulation: many searches against each service of services.h, counted. Header-only.
 */
#ifndef TESTS_CAPACITY_SIMULATION_H
#define TESTS_CAPACITY_SIMULATION_H

#include <stdio.h>

#include "capacity/services.h"

/* Under a sanitiser, a few: their results were compared without it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SIMULATION_FEW 1
#else
#define SIMULATION_FEW 0
#endif

struct simulation {
    unsigned searches, covered, precise;
};

/* Prints a line per service. Seeds from `seed` on; the lowest load varies, so that no load of the
 * search is the same in all of them. */
static void simulate(struct simulation *all, unsigned each, uint64_t seed) {
    for (size_t k = 0; k < sizeof services / sizeof *services; k++) {
        const struct service *s = &services[k];
        unsigned covered = 0, precise = 0, low = 0, high = 0;
        double steps = 0, seconds = 0;
        for (unsigned i = 0; i < each; i++) {
            struct searched x;
            struct err e = {""};
            double from = s->truth / (4 + 12 * (double)i / each);
            assert_int_equal(simulate_search(s, seed + i, from, &x, &e), 0);
            bool in = x.answer.low <= s->truth && s->truth <= x.answer.high;
            covered += in;
            low += x.answer.high < s->truth;
            high += x.answer.low > s->truth;
            precise += x.answer.kind == SEARCH_FOUND && x.answer.high <= x.answer.low * 1.10527;
            steps += x.steps;
            seconds += x.seconds;
        }
        print_message(
            "%-20s capacity %7.2f: %u of %u intervals contain it (%u below, %u above), %u "
            "within 5 %%; %.1f steps, %.0f s\n",
            s->name, s->truth, covered, each, low, high, precise, steps / each, seconds / each);
        all->searches += each;
        all->covered += covered;
        all->precise += precise;
    }
}

#endif
