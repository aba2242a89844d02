/*
 * once: the requests of a scenario's setup or teardown, one after the other, before or after the load.
 *
 * They are no part of the load: they have no rows, but an event each. The first that fails ends it. While it runs SIGINT and SIGTERM
 * give it up.
 *
 * Ownership: all is borrowed. Thread: main; it has a loop, a transport and a session of its own.
 */
#ifndef ENGINE_ONCE_H
#define ENGINE_ONCE_H

#include <stdint.h>

#include "engine/requests.h"
#include "record/record.h"
#include "scenario/model.h"
#include "transport/transport.h"
#include "util/err.h"

struct once_options {
    const char *what; /* "setup" or "teardown" */
    const struct scenario *scenario;
    const struct scenario_steps *steps;
    const struct transport_ops *ops;
    const struct transport_options *transport_options;
    const struct requests *requests;
    struct record *record;
    uint64_t seed;
    int64_t at_ns; /* of the events */
};

/* `values`, by slot: what it begins with, and what it captured on top of that; the texts that are new in it are the caller's to
 * free(). *signal becomes the one that ended it. */
int once_run(const struct once_options *o, struct bytes *values, int *signal, struct err *e);

#endif
