/*
 * progress: what a person sees while a run goes on.
 *
 * On a terminal one block, redrawn in place; elsewhere a line every few seconds and no control codes. It writes to stderr
 * only, and computes nothing: numbers come from the live snapshot.
 *
 * Ownership: embedded; it borrows what progress_init() is given. Thread: main, but progress_feed() on the writer's.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "engine/engine.h"
#include "record/sample.h"
#include "stats/live.h"
#include "util/err.h"

enum progress_mode { PROGRESS_BLOCK, PROGRESS_LINES, PROGRESS_SILENT };

struct progress {
    FILE *to;
    enum progress_mode mode;
    struct live *live;
    size_t drawn_lines;   /* of the block that is on the screen */
    int64_t last_line_ns; /* when the last line was written, for PROGRESS_LINES */
    bool told_stopping;
    int64_t stop_timeout_ns;
};

int progress_init(struct progress *p, FILE *to, enum progress_mode mode, int64_t stop_timeout_ns,
                  struct err *e);
void progress_done(struct progress *p);

/* Batches of finished requests: for record_watch(). */
void progress_feed(void *context, const struct sample *samples, size_t n);

/* The callback for engine_run(). */
void progress_show(void *context, const struct engine_progress *now);

/* Takes the block off the screen, so that what follows stands in its place. */
void progress_clear(struct progress *p);

#endif
