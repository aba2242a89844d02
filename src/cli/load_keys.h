/*
 * load_keys: a source of commands: the keys w, W, s and S on the terminal, as in Locust.
 *
 * w and W start 1 and 10 users, s and S stop as many; with an arrival rate they add or take 1 or 10
 * requests per second. It reads only if standard input and standard error are a terminal whose
 * foreground process this is, and not with --no-keys or --quiet. The terminal gets its settings
 * back at the end. It does not get them back while the program is stopped by Ctrl-Z.
 *
 * Thread: main.
 */
#ifndef CLI_LOAD_KEYS_H
#define CLI_LOAD_KEYS_H

#include "control/control.h"

extern const struct control_source load_keys_source;

#endif
