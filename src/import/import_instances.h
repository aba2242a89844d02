/*
 * import_instances: derives the lifetimes of instances from the log.
 *
 * The log says when an instance was started and when its probe passed. If it does not, the first
 * request of the instance stands for its start. The log seldom says when an instance ended: it has
 * crashes, memory limits and failed start-ups, but not the end of idle instances. Then the end is
 * when the metrics first count no instances, or else when the idle limit has passed since the last
 * request.
 *
 * Ownership: a life is valid during its callback. Thread: one.
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
    int64_t term_us; /* when it was asked to terminate; SERVER_NONE: not known */
    /* When it had at least one request: sorted, without overlaps, and not before its start. */
    const struct import_span *busy;
    size_t busy_count;
};

typedef int import_life_fn(void *context, const struct import_life *life);

/* Calls fn for every instance of the log. Stops if fn returns non-zero, and returns that value.
 * idle_limit_us 0: idle instances never end. */
int import_instances(struct server_file *f, int64_t idle_limit_us, import_life_fn *fn,
                     void *context, struct err *e);

#endif
