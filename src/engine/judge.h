/*
 * judge: what an answer is worth: captures taken from it, checks held against it, and both counted.
 *
 * A failed check, or a capture that finds nothing and has no default, makes an answer that is good
 * so far `check_failed`. Where a request has a check of the status, that decides about the status;
 * else 400 and above is an error as ever. Without an answer every check has failed, and captures
 * have their default or no value. What a check finds is counted by second, at the request's end,
 * for the run file; the first bodies that were refused are kept there, cut and without secrets.
 *
 * Ownership: embedded; judge_done() frees; scenario and record are borrowed. Thread: one worker's,
 * but for the counts of kept bodies, which are shared.
 */
#ifndef ENGINE_JUDGE_H
#define ENGINE_JUDGE_H

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

#define JUDGE_BODIES 10       /* that are kept for each request, over all threads */
#define JUDGE_BODIES_ALL 1000 /* and for all of them */
#define JUDGE_BODY_BYTES 4096 /* of each */
#define JUDGE_SEEN_BYTES 256  /* of what a check has found in it */
#define JUDGE_SECRET_BYTES                                                                         \
    1024 /* and so much more is looked at, for a secret that the cut would halve */
#define JUDGE_LOOK_BYTES (64 * 1024) /* as much of a refused body is looked through for secrets */

/* Shared by the judges of a run. */
struct judge_bodies {
    atomic_uint *kept; /* by request */
    atomic_uint all;
};

struct judge_count {
    uint32_t passes, fails, not_judged;
};

struct judge {
    const struct scenario *scenario;
    struct record *record;       /* NULL: nothing is counted or kept */
    struct judge_bodies *bodies; /* NULL likewise */
    struct capture_work work;
    struct buf value, masked;
    struct judge_count *counts; /* by check and capture, of `second` */
    uint32_t *touched;          /* those that are not 0 */
    size_t touched_count;
    uint32_t second;
    struct err reason; /* of the last answer */
    struct buf seen;   /* and what the check that it names has found */
};

struct judge_answer {
    const struct transport_result *result;
    uint32_t request, user;
    int64_t end_ns;    /* from the start of the run */
    struct flow *flow; /* whose values captures become; NULL if there are none */
};

/* True where an answer has to be judged at all. */
bool judge_needed(const struct scenario_request *q);

/* What a transport has to keep of an answer. */
bool judge_needs_head(const struct scenario_request *q);
size_t judge_needs_body(const struct scenario *s, const struct scenario_request *q);
size_t judge_needs_text(const struct scenario *s, const struct scenario_request *q);

int judge_init(struct judge *j, const struct scenario *s, struct record *record,
               struct judge_bodies *bodies, struct err *e);
void judge_done(struct judge *j);

/* *error lasts until the next call, or is the result's. */
enum outcome judge_answer(struct judge *j, const struct judge_answer *a, const char **error);

/* Writes the counts of a second that is over by now (or at the end, of any). */
void judge_flush(struct judge *j, int64_t now_ns, bool all);

#endif
