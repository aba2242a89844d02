/*
 * sharding: which part of the load this machine has, and when it starts: --shard and --start-at.
 *
 * Parts are computed alone, from (seed, user, time): no machine talks to another. All start at the
 * same moment, by their own clocks. A part never starts late, so one that a launcher starts again
 * sends nothing. What only the whole can decide, a part leaves to the merged file: thresholds, and
 * the exit code for failed requests.
 *
 * Ownership: plain data. Thread: main.
 */
#ifndef CLI_SHARDING_H
#define CLI_SHARDING_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/command.h"
#include "cli/manifest.h"
#include "scenario/scenario.h"
#include "schedule/part.h"
#include "util/err.h"

struct sharding {
    struct part part;    /* of the load */
    bool is_part;        /* --shard was given */
    bool agreed;         /* an agent knows the start and the values of the setup: --control */
    uint64_t trace;      /* identifier of the run from the agent; 0: none */
    int64_t start_at_ns; /* CLOCK_REALTIME; 0: at once */
};

#define SHARDING_MAX 10000 /* parts */

/* Reads the value of --control: "FD", or "FD:ID" with the identifier of the run in traceparent,
 * which is the same for all parts (*id is 0 without). */
int sharding_control(const char *text, int *fd, uint64_t *id, struct err *e);

/* "I/N" or "auto", which reads the variables of a launcher. Fails if an option that concerns the
 * whole run is given too, or the start is past. */
int sharding_choose(const struct args *a, struct sharding *out, struct err *e);

/* Whether this machine can run its part: it is not too large, and each part has a user and needs
 * nothing that only the setup of another one knows. */
int sharding_check(const struct sharding *s, const struct scenario *scenario, struct err *e);

/* The same identifier in all parts: of the agent, or of the seed and the start. */
uint64_t sharding_trace(const struct sharding *s, uint64_t seed);

void sharding_manifest(const struct sharding *s, struct manifest *m);

#endif
