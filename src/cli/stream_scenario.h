/*
 * stream_scenario: the scenario of `run --stream FORMAT` without a file: one request, with a
 * different prompt each time, to a language model service.
 *
 * It is a text that a user could have written, and is stored in the run file like one, so a replay
 * does not need this part. If the model's name is not given, the target is asked for it (GET
 * /v1/models); that is not a request of the run.
 *
 * Ownership: the scenario is the caller's. Thread: main.
 */
#ifndef CLI_STREAM_SCENARIO_H
#define CLI_STREAM_SCENARIO_H

#include "cli/command.h"
#include "scenario/scenario.h"
#include "util/err.h"

/* The supported formats, as choices of an option. */
#define STREAM_SCENARIO_FORMATS "openai|completions|responses|anthropic|tgi|ollama"

/* Makes it from --stream, --model, --prompt-words, --max-tokens and --host, which must be given. If
 * it fails, *code is the exit code: EXIT_RUNTIME if the target did not answer, as in a run, else
 * EXIT_USAGE. */
int stream_scenario(const struct args *a, struct scenario **out, int *code, struct err *e);

/* Rejects the options that belong to --stream if it is not given, or if there is a scenario
 * file. */
int stream_scenario_check(const struct args *a, struct err *e);

/* Rejects all of them together with --replay. `a` has the options as typed, without those of the
 * run file. */
int stream_scenario_check_replay(const struct args *a, struct err *e);

#endif
