/*
 * setup_teardown: the requests of a scenario's setup or teardown, one after the other, before or
 * after the load.
 *
 * They are no part of the load: they have no rows, but an event each. The first that fails ends it,
 * and so does an order.
 *
 * Ownership: all is borrowed. Thread: main; it has a loop, a transport and a session of its own.
 */
#ifndef ENGINE_SETUP_TEARDOWN_H
#define ENGINE_SETUP_TEARDOWN_H

#include <stdint.h>

#include "engine/engine.h"
#include "engine/requests.h"
#include "record/record.h"
#include "scenario/scenario.h"
#include "transport/transport.h"
#include "util/err.h"

struct setup_teardown_options {
    const char *what; /* "setup" or "teardown" */
    const struct scenario *scenario;
    const struct scenario_steps *steps;
    const struct transport_ops *ops;
    const struct transport_options *transport_options;
    const struct requests *requests;
    struct record *record;
    uint64_t seed;
    int64_t at_ns;        /* of the events */
    engine_tick_fn *tick; /* may be NULL; see engine_options */
    void *tick_context;
};

/* `values`, by slot: what it begins with, and what it captured on top of that; the texts that are
 * new in it are the caller's to free(). *order becomes the one that ended it. */
int setup_teardown_run(const struct setup_teardown_options *o, struct bytes *values,
                       struct engine_order *order, struct err *e);

#endif
