/*
 * serving: `run --web`: the page of a run (web/web.h) as a listener, and as a source of commands.
 *
 * The server listens before anything is sent, so a port that is in use is an error then. It ends
 * with the run, or --web-linger after it; a signal ends that time.
 *
 * Thread: main.
 */
#ifndef CLI_SERVING_H
#define CLI_SERVING_H

#include "control/control.h"

extern const struct control_source serving_source;
extern const struct control_listener serving_listener;

#endif
