/*
 * command_internal: turns one command's argv and environment into checked values.
 *
 * This is the inside of command.h, for the framework and its tests; commands use the opt_ and args_
 * functions there. It prints nothing and runs nothing.
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

/* The options that every command has besides its own: --help and --version. */
extern const struct opt_def args_common[];
extern const size_t args_common_count;

/* `argv` is the whole command line; the command's own arguments begin at `first`. After --help or
 * --version nothing more is looked at: args_wants() tells. */
int args_parse(const struct command *c, int argc, char **argv, int first, struct args **out,
               struct err *e);
enum args_wants args_wants(const struct args *a);

/* Finds mistakes in a command's table: a name twice, a default of the wrong type, a text that is
 * missing. */
int args_check_table(const struct command *c, struct err *e);

#endif
