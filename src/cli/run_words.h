/*
 * run_words: the messages of `run` before and after a run, apart from its tables.
 *
 * Thread: main.
 */
#ifndef CLI_RUN_WORDS_H
#define CLI_RUN_WORDS_H

#include "cli/run_manifest.h"
#include "engine/engine.h"
#include "record/record.h"

/* Prints to stderr what will be done, and where it is recorded. */
void run_announce(const struct run_facts *run, const char *path);

/* Prints the differences from the run that is replayed. */
void run_say_differences(const struct run_facts *run);

/* Warns on stderr if the run file is on a network file system. */
void run_warn_place(const char *path);

/* Prints to stdout where the requests are recorded. */
void run_say_where(const char *path);

/* Prints failures that the tables do not make obvious: the target never responded, or requests
 * could not be built. */
void run_say_failure(const struct run_facts *run, const struct engine_result *result,
                     const struct record_totals *totals, int code);

#endif
