/*
 * stream_scenario: the scenario of `run --stream FORMAT` without a file: one request with a prompt
 * of its own each time, to a service of a language model.
 *
 * Its text is what a user could have written, and is kept in the run file like one, so a replay
 * needs none of this. Where the model's name is not given, the target is asked for it (GET
 * /v1/models), which is no request of the run.
 *
 * Ownership: the scenario is the caller's. Thread: the main one.
 */
#ifndef CLI_STREAM_SCENARIO_H
#define CLI_STREAM_SCENARIO_H

#include "cli/command.h"
#include "scenario/scenario.h"
#include "util/err.h"

/* The formats that it knows, as choices of an option. */
#define STREAM_SCENARIO_FORMATS "openai|completions|responses|anthropic|tgi|ollama"

/* From --stream, --model, --prompt-words, --max-tokens and --host, which must be given. */
int stream_scenario(const struct args *a, struct scenario **out, struct err *e);

/* Refuses the options that belong to --stream where it is not given, or where there is a scenario
 * file. */
int stream_scenario_check(const struct args *a, struct err *e);

/* Refuses them all beside --replay: the options as they were typed, without those of the run
 * file. */
int stream_scenario_check_replay(const struct args *a, struct err *e);

#endif
