/*
 * setup_teardown: sends the requests of a scenario's setup or teardown, one after the other, before
 * or after the load.
 *
 * They are not part of the load: each has an event in the run file, but no row. The first failure
 * ends the setup or teardown, and so does an order.
 *
 * Ownership: all is borrowed. Thread: main; it has its own loop, transport and session.
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
    int64_t at_ns;        /* time of the events */
    engine_tick_fn *tick; /* may be NULL; see engine_options */
    void *tick_context;
};

/* `values`, by slot: the initial values on entry; captured values are added. The caller must
 * free() the added texts. *order becomes the order that ended it. */
int setup_teardown_run(const struct setup_teardown_options *o, struct bytes *values,
                       struct engine_order *order, struct err *e);

#endif
