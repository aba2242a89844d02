/*
 * serving: `run --web`: the page of a run (web/web.h) as a listener, and as a source of commands.
 *
 * The server listens before anything is sent, so a port that is in use is an error then. It ends
 * with the run, or --web-linger after it; a signal ends that time. A run of `coldswarm web` uses
 * the page of its owner, which stays open.
 *
 * Thread: main.
 */
#ifndef CLI_SERVING_H
#define CLI_SERVING_H

#include "cli/command.h"
#include "control/control.h"

extern const struct control_source serving_source;

/* What is wrong with the options of the page, before there is a run. */
int serving_check(const struct args *a, struct err *e);

struct web;

/* The page of a run; NULL: it has none. */
struct web *serving_web(const struct control *c);

extern const struct control_listener serving_listener;

#endif
