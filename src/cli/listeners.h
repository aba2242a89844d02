/*
 * listeners: the listeners and command sources of `run`: the two tables for control/control.h.
 *
 * ARCHITECTURE.md says how to add a row. Thread: constant data.
 */
#ifndef CLI_LISTENERS_H
#define CLI_LISTENERS_H

#include "cli/command.h"
#include "cli/dispatch_lag.h"
#include "cli/hanging.h"
#include "cli/manifest.h"
#include "cli/repeat.h"
#include "cli/run_manifest.h"
#include "control/control.h"
#include "record/record.h"
#include "report/counted.h"
#include "report/streams.h"
#include "report/thresholds.h"
#include "scenario/scenario.h"

extern const struct control_tables run_tables;

/* Passed to a listener's init(). Everything in it is valid until done(). coldswarm-mpi shows a load
 * of several machines to listeners that need no scenario and record: both are NULL then. */
struct run_view {
    const struct args *args;
    const struct scenario *scenario;
    const struct repeat *repeat;
    struct record *record; /* open, not started */
    /* Makes what happened an event of the run file. Any thread. */
    record_event_fn *note;
    void *note_context;
    struct control *control;
    const struct run_facts *facts;
    const char *path; /* of the run file */
};

/* Passed to a listener's end(). */
struct run_end {
    int64_t duration_ns;
    const char *path;         /* path of the run file */
    bool whole;               /* every row is in the file, and the run reached its end */
    struct manifest manifest; /* listeners add results here, which are then written */
    struct dispatch_lag_result sent;
    struct thresholds *thresholds; /* NULL: no thresholds, or not evaluated */
    struct counted *counted;       /* for the tables; NULL: they read the file */
    struct streams *streams;       /* for the tables; NULL: no response was a stream, or unknown */
    uint64_t uncovered;            /* failed requests that no threshold covers */
    struct hanging_result hanging;
    struct err invalid; /* makes the run INVALID, with this reason; "": does not */
};

#endif
