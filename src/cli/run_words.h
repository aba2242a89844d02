/*
 * run_words: what `run` says before and after a run, besides its tables.
 *
 * Thread: main.
 */
#ifndef CLI_RUN_WORDS_H
#define CLI_RUN_WORDS_H

#include "cli/run_manifest.h"
#include "engine/engine.h"
#include "record/record.h"

/* What will be done, and where it is recorded; to stderr. */
void run_announce(const struct run_facts *run, const char *path);

/* What is not as it was in the run that is replayed. */
void run_say_differences(const struct run_facts *run);

/* Where every request is; to stdout. */
void run_say_where(const char *path);

/* What the tables do not say loud enough: that the target never answered, or that requests could
 * not be built. */
void run_say_failure(const struct run_facts *run, const struct engine_result *result,
                     const struct record_totals *totals, int code);

#endif
