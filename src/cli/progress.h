/*
 * progress: what a person sees while a run goes on; a listener.
 *
 * On a terminal one block, redrawn in place; elsewhere a line every few seconds and no control
 * codes. It writes to stderr only, and computes nothing: numbers come from the snapshot. With
 * --quiet or --only-summary there is none.
 *
 * Thread: main.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "control/control.h"

extern const struct control_listener progress_listener;

#endif
