/*
 * flow: the values of one user, and the requests that are written with them.
 *
 * It stores captured values, the rows drawn from feeders, and the state of loops. It finds the next
 * step and writes the request of a step. It does not send requests or check responses (see
 * checker.h). In a scenario without values, loops and conditions, users have no flow.
 *
 * Ownership: a flow owns its contents. The scenario and the values that all users begin with are
 * borrowed. Thread: one worker's.
 */
#ifndef ENGINE_FLOW_H
#define ENGINE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "scenario/feeder.h"
#include "scenario/grpc_call.h"
#include "scenario/scenario.h"
#include "scenario/template.h"
#include "transport/transport.h"
#include "util/buf.h"
#include "util/err.h"

struct flow {
    struct bytes *variables; /* by slot: initial value of all users, or the captured value */
    struct buf *captured;    /* by slot */
    struct feeder_row *rows; /* by feeder */
    const struct bytes **fields;
    struct buf body; /* of the current request */
    uint32_t loops[SCENARIO_LOOPS_MAX];
};

/* What the flows of one thread share. */
struct flow_work {
    const struct scenario *scenario;
    struct template_work templates;
    struct grpc_call_work grpc;
    struct buf path, values;
    struct bytes *headers; /* room for the request with the most headers */
    char *prefix;          /* of the target's path */
};

/* The user that a call is for. */
struct flow_user {
    struct flow *flow; /* may be NULL if nothing varies */
    struct rng *rng;
    uint32_t index, iteration;
    uint64_t turn, arrival; /* see struct feeder_turn */
};

/* True if users need a flow. */
bool flow_needed(const struct scenario *s);

int flow_work_init(struct flow_work *w, const struct scenario *s, struct err *e);
void flow_work_done(struct flow_work *w);

/* `values`: the initial values of all users, by slot. */
int flow_new(const struct scenario *s, const struct bytes *values, struct flow **out,
             struct err *e);
void flow_free(struct flow *f, const struct scenario *s);

/* Replaces the captured value of this slot. `value` NULL: the slot has no value any more. */
void flow_set(struct flow *f, uint32_t slot, struct buf *value);

/* Draws a row from each feeder in the bit set `feeders`. On FEEDER_EMPTY and FEEDER_FAILED,
 * *which is the feeder concerned. */
enum feeder_result flow_draw(struct flow_work *w, const struct flow_user *u, uint64_t feeders,
                             size_t *which, struct err *e);

/* Returns the first step from `at` on that sends or waits, or `end` if there is none. */
uint32_t flow_next(struct flow_work *w, const struct flow_user *u, uint32_t at, uint32_t end);

/* Writes the varying parts of a request. *out stays NULL if nothing varies. *out is valid until
 * the next call; the body is valid until the response. Returns -1 if the request cannot be
 * built. The error text is the same for all rows with the same cause. */
int flow_write(struct flow_work *w, const struct flow_user *u, const struct scenario_request *q,
               struct transport_parts *room, const struct transport_parts **out, struct err *e);

/* After flow_write() has failed: describes what is specific to this one request, such as its
 * feeder rows and the input of the template. "" if nothing is. */
void flow_seen(const struct flow_work *w, const struct flow_user *u,
               const struct scenario_request *q, struct err *out);

/* The response has arrived: frees the memory of a large body. */
void flow_answered(struct flow *f);

#endif
