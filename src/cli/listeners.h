/*
 * listeners: who sees a run that `run` makes, and who may give it commands: the two tables for
 * control/control.h.
 *
 * ARCHITECTURE.md says how to add a row. Thread: constant data.
 */
#ifndef CLI_LISTENERS_H
#define CLI_LISTENERS_H

#include "cli/command.h"
#include "cli/dispatch_lag.h"
#include "cli/manifest.h"
#include "cli/repeat.h"
#include "control/control.h"
#include "record/record.h"
#include "report/counted.h"
#include "report/streams.h"
#include "report/thresholds.h"
#include "scenario/scenario.h"

extern const struct control_tables run_tables;

/* What a listener's init() is given. All of it is there until done(). */
struct run_view {
    const struct args *args;
    const struct scenario *scenario;
    const struct repeat *repeat;
    struct record *record; /* open, not started */
    struct control *control;
};

/* What a listener's end() is given. */
struct run_end {
    int64_t duration_ns;
    const char *path;         /* of the run file */
    bool whole;               /* every row is in it, and the run came to an end */
    struct manifest manifest; /* what they add is written */
    struct dispatch_lag_result sent;
    struct thresholds *judged; /* NULL: no thresholds, or not evaluated */
    struct counted *counted;   /* for the tables; NULL: they read the file */
    struct streams *streams;   /* likewise; NULL: no answer was a stream, or they are not known */
    uint64_t unjudged;         /* failed requests that no threshold is about */
};

#endif
