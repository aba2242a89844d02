/*
 * cost_opts: the options that say what an instance is and what it costs, for each command that
 * estimates a cost.
 *
 * Thread: main.
 */
#ifndef CLI_COST_OPTS_H
#define CLI_COST_OPTS_H

#include "cli/command.h"
#include "report/platform_tables.h"
#include "stats/gpu.h"
#include "util/err.h"

/* Rows of a table of options. NEEDS: the option without which they change nothing, or NULL. SOURCE:
 * words in the help of --cpu about what the estimate needs. */
#define COST_OPTIONS(NEEDS, SOURCE)                                                                \
    {.name = "cpu",                                                                                \
     .type = OPT_NUMBER,                                                                           \
     .needs = (NEEDS),                                                                             \
     .meta = "N",                                                                                  \
     .def = "1",                                                                                   \
     .min = 0.08,                                                                                  \
     .max = 64,                                                                                    \
     .help = "vCPUs per instance, for the cost estimate (" SOURCE "with --gpu: what it needs)"},   \
        {.name = "memory",                                                                         \
         .type = OPT_SIZE,                                                                         \
         .needs = (NEEDS),                                                                         \
         .meta = "SIZE",                                                                           \
         .def = "512M",                                                                            \
         .help = "memory per instance, for the cost estimate (with --gpu: what it needs)"},        \
        {.name = "gpu",                                                                            \
         .type = OPT_CHOICE,                                                                       \
         .needs = (NEEDS),                                                                         \
         .meta = "KIND",                                                                           \
         .choices = GPU_WORDS,                                                                     \
         .help = "the GPU of each instance, for the cost estimate: billing is instance-based, "    \
                 "and the price of a second is in the list of --prices"},                          \
        {.name = "billing",                                                                        \
         .type = OPT_CHOICE,                                                                       \
         .needs = (NEEDS),                                                                         \
         .meta = "HOW",                                                                            \
         .def = "request",                                                                         \
         .choices = "request|instance",                                                            \
         .help = "billing model: per request (while an instance serves requests) or per instance " \
                 "(while it exists)"},                                                             \
        {.name = "region",                                                                         \
         .type = OPT_TEXT,                                                                         \
         .needs = (NEEDS),                                                                         \
         .meta = "NAME",                                                                           \
         .def = "us-central1",                                                                     \
         .help = "region whose prices apply"},                                                     \
    {                                                                                              \
        .name = "prices", .type = OPT_FILE, .needs = (NEEDS), .meta = "FILE",                      \
        .help = "your own price list, in the format of src/stats/prices.json, with \"gpu\" in a "  \
                "tier for GPUs"                                                                    \
    }

/* What an instance is: a GPU decides on all that is not given. */
int cost_opts_read(const struct args *a, struct platform_shape *out, struct err *e);

/* Of these options, the first one that was given; NULL: none. */
const char *cost_opts_given(const struct args *a);

#endif
