/*
 * whole: the parts of a load as one run, from the reports that each part sends while it runs.
 *
 * It makes the status of this run, which shows the sum and each part. Counts are summed, and
 * thresholds that may end the run are evaluated on the sum, by the code that evaluates those of one
 * machine. docs/internals/control-socket.md has the lines of a report. The clock of the sum is that
 * of the slowest part: a second counts when all have reported it. For what is shown, a part that is
 * more than WHOLE_BEHIND_NS behind the others is not waited for.
 *
 * If a part is lost, or was silent for so long that its counts may have gaps, no threshold is
 * evaluated any more: when in doubt, the run goes on. It does not talk to anybody.
 *
 * Ownership: heap, whole_free(NULL) is allowed; what it is given is copied. Thread: one.
 */
#ifndef CONTROL_WHOLE_H
#define CONTROL_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/control.h"
#include "gate/gate_live.h"
#include "util/err.h"

#define WHOLE_BEHIND_NS (2 * INT64_C(1000000000))

struct whole;

/* What each part says of the load, and what the caller knows of it. Texts are copied. */
struct whole_plan {
    uint32_t parts;
    int64_t duration_ns;
    uint32_t users_max;
    const char *rules; /* one per line */
    const int64_t *stages_us;
    size_t stage_count; /* stages_us has one more, unless it is 0 */
    /* Behind the word "about" of a part. NULL: parts report their sum only. */
    const char *about;
    const char *const *hosts;   /* by part; NULL: unknown */
    const char *file, *version; /* may be NULL */
};

int whole_new(const struct whole_plan *plan, struct whole **out, struct err *e);
void whole_free(struct whole *w);

/* When the load starts, since 1970. It may be put off, as long as nothing was shown. */
void whole_start(struct whole *w, int64_t real_ns);

/* Takes a line of a part's report; other lines are not for it. Returns -1 if it makes no sense. */
int whole_line(struct whole *w, uint32_t part, const char *line, struct err *e);
bool whole_is_report(const char *line);

/* The part has ended, or nothing more is expected of it. */
void whole_over(struct whole *w, uint32_t part);
void whole_lose(struct whole *w, uint32_t part);

/* Nobody has heard of the part for a while; or again. */
void whole_silence(struct whole *w, uint32_t part, bool silent);

/* Adds an event of the whole. */
void whole_note(struct whole *w, int64_t at_ns, const char *kind, const char *text);

/* The run as the parts have reported it; elapsed_ns is that of the caller's clock. `stopping`: no
 * new requests are sent. Valid until the next call. */
struct status *whole_status(struct whole *w, int64_t elapsed_ns, bool stopping);

/* The same when all parts have ended; the caller adds the verdict. */
struct status *whole_end(struct whole *w, int64_t duration_ns);

/* Its board, for who needs more than the status. */
const struct status_board *whole_board(const struct whole *w);

/* As control_thresholds(). */
struct status_threshold *whole_thresholds(struct whole *w, size_t n);

/* The largest CPU share of a thread of this part so far. */
double whole_busiest(const struct whole *w, uint32_t part);

/* As gate_live_look(), at most once per second of the sum. *at_ns is the time of the sum. */
size_t whole_look(struct whole *w, struct gate_crossing *out, size_t max, int64_t *at_ns);

/* Whether thresholds are still evaluated. */
bool whole_evaluates(const struct whole *w);

#endif
