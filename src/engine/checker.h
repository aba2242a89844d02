/*
 * checker: takes captures from a response, runs its checks, and counts the results of both.
 *
 * A response that is good so far becomes `check_failed` if a check fails, or if a capture finds
 * nothing and has no default. If a request has a check of the status, only that check decides about
 * the status. Otherwise a status of 400 or more is an error, as usual. If there is no response, all
 * checks fail, and captures get their default or no value. Results are counted by second, at the
 * request's end, for the run file. The first rejected bodies are also stored there, shortened and
 * without secrets, and so are the first that came instead of a stream.
 *
 * Ownership: embedded; checker_done() frees. The scenario and record are borrowed. Thread: one
 * worker's, except for the counts of stored bodies, which are shared.
 */
#ifndef ENGINE_CHECKER_H
#define ENGINE_CHECKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/flow.h"
#include "record/record.h"
#include "scenario/capture.h"
#include "scenario/scenario.h"
#include "transport/transport.h"
#include "util/buf.h"
#include "util/err.h"

#define CHECKER_BODIES 10       /* bodies stored for each request, over all threads */
#define CHECKER_BODIES_ALL 1000 /* bodies stored for all requests together */
#define CHECKER_BODY_BYTES 4096 /* stored of each body */
#define CHECKER_SEEN_BYTES 256  /* stored of what a check found in the body */
#define CHECKER_SECRET_BYTES                                                                       \
    1024 /* read beyond CHECKER_BODY_BYTES, for a secret that the limit would cut in two */
#define CHECKER_LOOK_BYTES (64 * 1024) /* bytes of a rejected body searched for secrets */

/* Shared by the checkers of a run. */
struct checker_bodies {
    atomic_uint *kept; /* by request */
    atomic_uint all;
};

struct checker_count {
    uint32_t passes, fails, not_judged;
};

struct checker {
    const struct scenario *scenario;
    struct record *record;         /* NULL: nothing is counted or stored */
    struct checker_bodies *bodies; /* NULL: as for `record` */
    struct capture_work work;
    struct buf value, masked;
    struct checker_count *counts; /* by check and capture, for `second` */
    uint32_t *touched;            /* indexes of the counts that are not 0 */
    size_t touched_count;
    uint32_t second;
    struct err reason; /* for the last response */
    struct buf seen;   /* what the check in `reason` found */
};

struct checker_response {
    const struct transport_result *result;
    uint32_t request, user;
    int64_t end_ns;    /* from the start of the run */
    struct flow *flow; /* where captures are stored; NULL if there are none */
};

/* True if responses to the request need a check at all, or are kept if they are no stream. */
bool checker_needed(const struct scenario_request *q);

/* What a transport has to keep of a response. */
bool checker_needs_head(const struct scenario_request *q);
size_t checker_needs_body(const struct scenario *s, const struct scenario_request *q);
size_t checker_needs_text(const struct scenario *s, const struct scenario_request *q);
size_t checker_needs_refusal(const struct scenario_request *q);

int checker_init(struct checker *k, const struct scenario *s, struct record *record,
                 struct checker_bodies *bodies, struct err *e);
void checker_done(struct checker *k);

/* *error is valid until the next call, or belongs to the result. */
enum outcome checker_run(struct checker *k, const struct checker_response *a, const char **error);

/* Writes the counts of a second that has passed; with `all`, of the current second too. */
void checker_flush(struct checker *k, int64_t now_ns, bool all);

#endif
