/*
 * flow: the values of one user, and how its requests are written with them.
 *
 * It holds what was captured, the rows that were drawn and where loops stand; it knows which step
 * comes next and writes the request of a step. It sends nothing and judges nothing (judge.h). A
 * scenario without values, loops and conditions needs none: then a user has no flow.
 *
 * Ownership: a flow owns what it holds; the scenario and the values that all users begin with are
 * borrowed. Thread: one worker's.
 */
#ifndef ENGINE_FLOW_H
#define ENGINE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "scenario/feeder.h"
#include "scenario/scenario.h"
#include "scenario/template.h"
#include "transport/transport.h"
#include "util/buf.h"
#include "util/err.h"

struct flow {
    struct bytes *variables; /* by slot: as all users begin, or what was captured */
    struct buf *captured;    /* by slot */
    struct feeder_row *rows; /* by feeder */
    const struct bytes **fields;
    struct buf body; /* of the current request */
    uint32_t loops[SCENARIO_LOOPS_MAX];
};

/* What the flows of a thread share. */
struct flow_work {
    const struct scenario *scenario;
    struct template_work templates;
    struct buf path, values;
    struct bytes *headers; /* as many as a request has at most */
    char *prefix;          /* of the target's path */
};

/* Who asks. */
struct flow_user {
    struct flow *flow; /* may be NULL where nothing varies */
    struct rng *rng;
    uint32_t index, iteration;
    uint64_t turn, arrival; /* see struct feeder_turn */
};

/* True where users need a flow. */
bool flow_needed(const struct scenario *s);

int flow_work_init(struct flow_work *w, const struct scenario *s, struct err *e);
void flow_work_done(struct flow_work *w);

/* `values`: with which all users begin, by slot. */
int flow_new(const struct scenario *s, const struct bytes *values, struct flow **out,
             struct err *e);
void flow_free(struct flow *f, const struct scenario *s);

/* Takes what was captured in this slot before away; text NULL: it has no value any more. */
void flow_set(struct flow *f, uint32_t slot, struct buf *value);

/* Draws a row from each of these feeders. FEEDER_EMPTY and FEEDER_FAILED: *which says for which. */
enum feeder_result flow_draw(struct flow_work *w, const struct flow_user *u, uint64_t feeders,
                             size_t *which, struct err *e);

/* From step `at` on, the first one that sends or waits; `end` where none is left. */
uint32_t flow_next(struct flow_work *w, const struct flow_user *u, uint32_t at, uint32_t end);

/* Writes what varies in a request; *out stays NULL where nothing does. It lasts until the next
 * call, the body until the answer. -1: it cannot be built, and why: in a text that is the same for
 * every row which lacks the same. */
int flow_write(struct flow_work *w, const struct flow_user *u, const struct scenario_request *q,
               struct transport_parts *room, const struct transport_parts **out, struct err *e);

/* After flow_write() has failed: what this one request was made of, where that differs from one to
 * the next: its rows, and what the template saw; "" where nothing does. */
void flow_seen(const struct flow_work *w, const struct flow_user *u,
               const struct scenario_request *q, struct err *out);

/* The answer has come: what a large body needed is not held on to. */
void flow_answered(struct flow *f);

#endif
