/*
 * capacity_sweep: what the search for capacity saves: its measuring time beside that of a linear
 * sweep, in simulated time, with the same services and the same decisions.
 *
 *   capacity_sweep [SEARCHES]   prints a Markdown table
 *
 * The sweep gets what it could not know: of steps of 20 s to 90 minutes, and of loads at a distance of
 * 10, 5 or 2.5 % of the capacity, the quickest sweep whose interval is as narrow as the search's. All
 * its steps are as long, because it does not know where the edge is. It begins at the lowest load of
 * the search, and ends at the first that fails. Exits with 1 if the search takes more than a third
 * of its time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "capacity/services.h"

#define WIDTH 1.10527 /* (1 + p) / (1 - p) with 5 % */
#define LOADS_MAX 100
#define GOAL (1.0 / 3)

/* From quick to slow: a grid that is half as wide has twice as many steps. */
static const struct grid {
    unsigned units; /* of each step */
    double spacing; /* of the capacity */
} grids[] = {
    {1, 0.1},    {2, 0.1},    {1, 0.05},    {4, 0.1},     {2, 0.05},   {1, 0.025},  {6, 0.1},
    {3, 0.05},   {8, 0.1},    {4, 0.05},    {2, 0.025},   {12, 0.1},   {6, 0.05},   {3, 0.025},
    {16, 0.1},   {8, 0.05},   {4, 0.025},   {24, 0.1},    {12, 0.05},  {6, 0.025},  {32, 0.1},
    {16, 0.05},  {8, 0.025},  {48, 0.1},    {24, 0.05},   {12, 0.025}, {64, 0.1},   {32, 0.05},
    {16, 0.025}, {96, 0.1},   {48, 0.05},   {24, 0.025},  {128, 0.1},  {64, 0.05},  {32, 0.025},
    {192, 0.1},  {96, 0.05},  {48, 0.025},  {256, 0.1},   {128, 0.05}, {64, 0.025}, {192, 0.05},
    {96, 0.025}, {256, 0.05}, {128, 0.025}, {256, 0.025},
};
#define GRIDS (sizeof grids / sizeof *grids)

/* What one step of this length says of a load. */
static int look(struct simulated *q, const struct gate_rules *rules, double load, unsigned units,
                enum evidence_verdict *out, struct err *e) {
    struct evidence v = {0};
    struct evidence_result r;
    const struct search_ask ask = {.load = load, .units = units};
    int result = simulate_step(q, &ask, &v, e) != 0 ||
                         evidence_result(&v, &rules->items[0], SEARCH_RISK, &r, e) != 0
                     ? -1
                     : 0;
    if (result == 0)
        *out = r.verdict;
    evidence_done(&v);
    return result;
}

/* The seconds of this sweep; 0: it is not as precise as the search. */
static int sweep(struct simulated *q, const struct gate_rules *rules, double from,
                 const struct grid *g, double *out, struct err *e) {
    double seconds = 0, holds = 0, load = from;
    enum evidence_verdict v = EVIDENCE_OPEN;
    *out = 0;
    for (int k = 0; k < LOADS_MAX; k++, load += g->spacing * q->service->truth) {
        if (look(q, rules, load, g->units, &v, e) != 0)
            return -1;
        seconds += SETTLE_S + STEP_S * g->units;
        if (v == EVIDENCE_FAILS)
            break;
        if (v == EVIDENCE_HOLDS)
            holds = load;
    }
    if (v == EVIDENCE_FAILS && load <= WIDTH * holds)
        *out = seconds;
    return 0;
}

/* The quickest sweep that is precise enough. */
static int quickest(const struct service *s, uint64_t seed, double from, double *out,
                    struct err *e) {
    struct simulated q = {.service = s};
    struct gate_rules rules = {0};
    int result = gate_rules_parse(&rules, "bench", s->slo, e);
    rng_seed(&q.rng, seed, 1);
    *out = 0;
    for (size_t i = 0; result == 0 && *out == 0 && i < GRIDS; i++)
        result = sweep(&q, &rules, from, &grids[i], out, e);
    gate_rules_done(&rules);
    if (result == 0 && *out == 0)
        result = err_set(e, "no sweep of %s was precise enough", s->name);
    return result;
}

struct sums {
    double search, sweep;
};

static int measure(const struct service *s, unsigned searches, struct sums *out, struct err *e) {
    *out = (struct sums){0};
    for (unsigned i = 0; i < searches; i++) {
        struct searched x;
        double seconds;
        double from = s->truth / (4 + 12 * (double)i / searches);
        if (simulate_search(s, 7000 + i, from, &x, e) != 0 ||
            quickest(s, 7000 + i, from, &seconds, e) != 0)
            return -1;
        out->search += x.seconds / searches;
        out->sweep += seconds / searches;
    }
    return 0;
}

int main(int argc, char **argv) {
    unsigned searches = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 5;
    struct sums all = {0};
    struct err e;
    puts("| service | search, minutes | linear sweep, minutes | share |\n|---|---|---|---|");
    for (size_t k = 0; k < sizeof services / sizeof *services; k++) {
        struct sums one;
        if (searches == 0 || measure(&services[k], searches, &one, &e) != 0) {
            fprintf(stderr, "capacity_sweep: %s\n", searches == 0 ? "no searches" : e.text);
            return 2;
        }
        printf("| %s | %.1f | %.1f | %.2f |\n", services[k].name, one.search / 60, one.sweep / 60,
               one.search / one.sweep);
        fflush(stdout);
        all.search += one.search;
        all.sweep += one.sweep;
    }
    printf("| all | %.1f | %.1f | %.2f |\n", all.search / 60, all.sweep / 60,
           all.search / all.sweep);
    return all.search / all.sweep <= GOAL ? 0 : 1;
}
