/*
 * judging: the thresholds of a run that is under way: those of its scenario and of --threshold.
 *
 * They are judged once a second while it runs (gate/live.h), so that one with abortOnFail can end
 * it, and once more from the file at its end (report/thresholds.h), which is what counts.
 *
 * Ownership: embedded, all zeros is fine; judging_done() frees. Thread: what record_watch() tells on
 * the writer's, the others on main.
 */
#ifndef CLI_JUDGING_H
#define CLI_JUDGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/command.h"
#include "engine/engine.h"
#include "gate/live.h"
#include "report/thresholds.h"
#include "scenario/model.h"

struct judging {
    struct gate_rules rules;
    struct scenario_subject subject;
    struct gate_live *live; /* NULL: there are no thresholds */
    bool *covered;          /* by endpoint: a threshold on failures judges its failures */
    uint64_t unjudged;      /* failed requests of the others */
    struct record *record;
    int64_t next_look_ns;
    struct buf ended; /* why the run was ended: "TIME RULE"; empty: it was not */
};

/* Before anything is sent; an error is the user's. */
int judging_init(struct judging *j, const struct scenario *s, const struct args *a, struct err *e);
void judging_done(struct judging *j);

/* Into the manifest: the rules before record_start(), why the run was ended after record_stop(). */
int judging_write_rules(struct judging *j, struct record *r, struct err *e);
int judging_write_end(const struct judging *j, struct record *r, struct err *e);

/* What record_watch() tells. */
void judging_feed(struct judging *j, const struct sample *samples, size_t n);
void judging_iterations(struct judging *j, const struct sample *samples, size_t n);
void judging_check(struct judging *j, uint32_t second, uint32_t check, uint32_t passes,
                   uint32_t fails);

/* For engine_options.stop: the context is the struct. */
bool judging_tick(void *context, const struct engine_progress *p);

/* Judges the file, after record_stop(); *out NULL where there are no thresholds. */
int judging_finish(const struct judging *j, const char *path, int64_t duration_ns,
                   struct thresholds **out, struct err *e);

#endif
