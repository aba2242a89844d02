/*
 * command_internal: converts one command's argv and environment to checked values.
 *
 * These are the internals of command.h, for the framework and its tests. Commands use the opt_ and
 * args_ functions of command.h. It prints nothing and runs nothing.
 *
 * Ownership: args_parse allocates, args_free frees; the texts belong to argv, the environment and
 * the tables.
 * Thread: any for different objects.
 */
#ifndef CLI_COMMAND_INTERNAL_H
#define CLI_COMMAND_INTERNAL_H

#include "cli/command.h"
#include "util/err.h"

enum args_wants { ARGS_WANTS_RUN, ARGS_WANTS_HELP, ARGS_WANTS_VERSION };

/* The options that every command has: --help and --version. */
extern const struct opt_def args_common[];
extern const size_t args_common_count;

/* `argv` is the whole command line; the command's own arguments begin at `first`. Parsing stops
 * at --help or --version: see args_wants(). */
int args_parse(const struct command *c, int argc, char **argv, int first, struct args **out,
               struct err *e);
enum args_wants args_wants(const struct args *a);

/* Finds mistakes in a command's table: a duplicate name, a default of the wrong type, a missing
 * text. */
int args_check_table(const struct command *c, struct err *e);

#endif
