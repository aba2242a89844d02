/*
 * capacity: searches for the highest load that holds every SLO. Decides with capacity/search.h,
 * has each step made (capacity_step.h), and reads its file with capacity_measure.h.
 *
 * Thread: main.
 */
#ifndef CLI_CAPACITY_H
#define CLI_CAPACITY_H

#include "cli/capacity_step.h"
#include "cli/command.h"

/* On this machine. Returns an exit code. */
int capacity(const struct args *a);

/* The same, by steps that somebody else makes. */
int capacity_search(const struct args *a, const struct capacity_maker *maker);

#endif
