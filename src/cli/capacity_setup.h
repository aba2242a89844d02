/*
 * capacity_setup: what a search for capacity is about, from the command line and the scenario, or
 * from the folder of --resume.
 *
 * Ownership: capacity_setup_done() frees. Thread: main.
 */
#ifndef CLI_CAPACITY_SETUP_H
#define CLI_CAPACITY_SETUP_H

#include "capacity/capacity_result.h"
#include "capacity/search.h"
#include "cli/command.h"
#include "gate/rule.h"
#include "report/platform_tables.h"
#include "util/err.h"

struct capacity_setup {
    const struct args *args;        /* those given, or with --resume also those of the folder */
    struct args *again;             /* owned; NULL without --resume */
    struct capacity_result result;  /* of the search, without steps */
    struct capacity_result earlier; /* with --resume: what the folder had; else no steps */
    struct gate_rules rules;        /* the SLOs */
    struct billing_prices prices;   /* if the result has a cost */
    struct search_plan plan;
    unsigned parts;       /* of each load */
    double *loads;        /* of the plan */
    const char *scenario; /* the path */
    const char *folder;
    char folder_text[4096];
    int64_t settle_ns; /* -1: as long as responses need */
    int64_t cool_ns;   /* negative: auto */
};

/* parts: machines that send each load. Returns an exit code; errors were set in e. */
int capacity_setup(struct capacity_setup *s, const struct args *a, unsigned parts, struct err *e);
void capacity_setup_done(struct capacity_setup *s);

/* The path of a file in the folder; `out` is PATH_MAX bytes. Returns it. */
const char *capacity_setup_path(const struct capacity_setup *s, const char *file, char *out);

#endif
