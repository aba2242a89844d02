/*
 * streaming: at the end of a run with streams, reads what they were, for the tables and for the
 * verdict.
 *
 * Thread: main.
 */
#ifndef CLI_STREAMING_H
#define CLI_STREAMING_H

#include <stdint.h>

#include "cli/manifest.h"
#include "control/control.h"
#include "scenario/scenario.h"

extern const struct control_listener streaming_listener;

/* Which endpoints stream, under THRESHOLDS_STREAMS_KEY, and what the scenario asks of their answers
 * and prompts, under STREAMS_ASKED_KEY; nothing if there is none. */
void streaming_manifest(struct manifest *m, const struct scenario *s);

#endif
