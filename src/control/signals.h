/*
 * signals: SIGINT and SIGTERM as a source of commands. The first stops the run, the second cancels
 * it.
 *
 * Both are blocked from init() to done(), also in threads that start in that time, and poll() reads
 * them. So there is no handler, and no system call is interrupted. The same signal twice between
 * two polls counts once.
 *
 * Thread: main.
 */
#ifndef CONTROL_SIGNALS_H
#define CONTROL_SIGNALS_H

#include "control/control.h"

extern const struct control_source signals_source;

#endif
