/*
 * commands: the commands of coldswarm-mpi with their options, which are those of coldswarm and a
 * few of its own.
 *
 * Thread: main.
 */
#ifndef MPI_COMMANDS_H
#define MPI_COMMANDS_H

#include <stddef.h>

#include "cli/command.h"
#include "cli/command_internal.h"

/* main() sets their functions. */
extern struct command commands_run, commands_capacity;

/* Fills the tables of options. Call it first. */
void commands_collect(void);

/* Removes the variables of the options that rank 0 follows itself: for the load processes, which would
 * follow them too. Call it when the command line was read, and before there are threads. */
void commands_take_environment(void);

/* NULL: there is none of this name. */
struct command *commands_find(const char *name);

#endif
