/*
 * so_far: a listener that adds the verdict so far to the status of a run, and the state of its
 * writer.
 *
 * The verdict follows the rules of verdict.h on what is known already. Requests that this machine
 * could not send for lack of ports, files or memory are known only at the end. So are doubts about
 * streams. It shows nothing.
 *
 * Thread: main.
 */
#ifndef CLI_SO_FAR_H
#define CLI_SO_FAR_H

#include "control/control.h"

extern const struct control_listener so_far_listener;

#endif
