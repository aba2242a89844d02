/*
 * streaming: reads the streams of a run at its end, for the tables and the verdict.
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

/* Adds which endpoints stream, as STREAM_ENDPOINTS_KEY, and what the scenario asks of their
 * responses and prompts, as STREAMS_ASKED_KEY. Adds nothing without streams. */
void streaming_manifest(struct manifest *m, const struct scenario *s);

#endif
