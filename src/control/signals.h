/*
 * signals: SIGINT, SIGTERM and SIGHUP as a source of commands. The first stops the run, the second
 * cancels it. SIGHUP comes when the terminal or the ssh of the run is gone.
 *
 * They are blocked from init() to done(), also in threads that start in that time, and poll() reads
 * them. So there is no handler, and no system call is interrupted. The same signal twice between
 * two polls counts once.
 *
 * Thread: main.
 */
#ifndef CONTROL_SIGNALS_H
#define CONTROL_SIGNALS_H

#include <signal.h>

#include "control/control.h"

/* The signals that end a run in order. SIGHUP is one unless it is ignored, as by nohup. */
void signals_set(sigset_t *set);

/* "SIGINT"; NULL: it does not end a run in order. */
const char *signals_name(int number);

extern const struct control_source signals_source;

#endif
