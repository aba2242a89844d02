/*
 * catalog: what a run can send, by number: its endpoints, its tasks and its checks.
 *
 * A scenario makes one, the run file keeps it, and thresholds and reports get it from either. It
 * counts nothing.
 *
 * Ownership: whoever makes one; names are borrowed. Thread: plain data.
 */
#ifndef UTIL_CATALOG_H
#define UTIL_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Requests of the same name and method may be several endpoints. */
struct endpoint {
    const char *name, *method;
};

/* endpoint of a task that has steps */
#define CATALOG_STEPS INT64_C(-1)

/* What a user does as a whole; each time through it is an iteration. */
struct catalog_task {
    const char *name;
    int64_t endpoint; /* the request that is all of it, or CATALOG_STEPS */
};

/* A check; or a capture, which is counted only if it could not be checked. */
struct catalog_check {
    const char *name;
    uint32_t endpoint;
    bool capture;
};

struct catalog {
    struct endpoint *endpoints;
    size_t endpoint_count;
    /* None: the run is from before tasks were kept; a request is an iteration. */
    struct catalog_task *tasks;
    size_t task_count;
    struct catalog_check *checks; /* captures behind all others */
    size_t check_count;
};

/* Frees the arrays of one that owns them; all zeros is fine. */
static inline void catalog_done(struct catalog *c) {
    free(c->endpoints);
    free(c->tasks);
    free(c->checks);
    *c = (struct catalog){0};
}

#endif
