/*
 * gate: evaluates the thresholds of a finished run, prints the results and returns an exit code.
 * The options are in cmd_gate.c.
 *
 * Thread: main.
 */
#ifndef CLI_GATE_H
#define CLI_GATE_H

#include "cli/command.h"

int gate(const struct args *a);

#endif
