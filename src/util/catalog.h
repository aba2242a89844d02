/*
 * catalog: numbered lists of what a run can send: its endpoints, tasks and checks.
 *
 * A scenario creates one, the run file stores it, and thresholds and reports get it from either. It
 * counts nothing.
 * Ownership: its creator's; names are borrowed. Thread: plain data.
 */
#ifndef UTIL_CATALOG_H
#define UTIL_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Requests with the same name and method may be several endpoints. */
struct endpoint {
    const char *name, *method;
};

/* value of `endpoint` for a task with steps */
#define CATALOG_STEPS INT64_C(-1)

/* One unit of a user's work; each execution is an iteration. */
struct catalog_task {
    const char *name;
    int64_t endpoint; /* its only request, or CATALOG_STEPS */
};

/* A check; or a capture, which is only counted if it could not be checked. */
struct catalog_check {
    const char *name;
    uint32_t endpoint;
    bool capture;
};

struct catalog {
    struct endpoint *endpoints;
    size_t endpoint_count;
    /* None: the run is older than the recording of tasks; each request is an iteration. */
    struct catalog_task *tasks;
    size_t task_count;
    struct catalog_check *checks; /* captures come after all checks */
    size_t check_count;
};

/* Frees the arrays of a catalog that owns them. A zeroed one is allowed. */
static inline void catalog_done(struct catalog *c) {
    free(c->endpoints);
    free(c->tasks);
    free(c->checks);
    *c = (struct catalog){0};
}

#endif
