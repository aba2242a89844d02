/*
 * import_instances: the lives of the instances, worked out from the log.
 *
 * The log says when an instance was started and when its probe passed; where it does not, its first
 * request stands for its start. It seldom says when an instance ended: a crash, a memory limit and
 * a failed start-up are in it, the end of an idle one is not. Then the end is when the metrics
 * first count no instance, or else when the idle limit has passed since the last request.
 *
 * Ownership: a life is valid during its call. Thread: one.
 */
#ifndef IMPORT_IMPORT_INSTANCES_H
#define IMPORT_IMPORT_INSTANCES_H

#include <stddef.h>
#include <stdint.h>

#include "record/server.h"
#include "util/err.h"

struct import_span {
    int64_t from_us, to_us;
};

struct import_life {
    struct server_instance x;
    int64_t term_us; /* when it was told to end; SERVER_NONE: not known */
    /* With at least one request in it, in order, without overlaps; not before its start. */
    const struct import_span *busy;
    size_t busy_count;
};

typedef int import_life_fn(void *context, const struct import_life *life);

/* Calls fn for every instance of the log; what it returned where that was not 0. idle_limit_us 0:
 * an idle instance is never taken away. */
int import_instances(struct server_file *f, int64_t idle_limit_us, import_life_fn *fn,
                     void *context, struct err *e);

#endif
