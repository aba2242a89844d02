/*
 * progress: a listener that shows the progress of a run.
 *
 * On a terminal it is one block, redrawn in place. Otherwise it prints a line every few seconds,
 * without control codes. It writes to stderr only. It computes nothing: the numbers are those of
 * the status, once a second. With --quiet or --only-summary it prints nothing.
 *
 * Thread: main.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "control/control.h"

extern const struct control_listener progress_listener;

#endif
