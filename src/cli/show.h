/*
 * show: prints the views of program.h for the real commands, fitted to the terminal.
 *
 * Each returns the exit code for the command that called it. Thread: main only.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/program.h"

int show_overview(FILE *to, bool brief, int code);
int show_help(const struct command *c);
int show_version(bool json);
int show_manpage(const struct command *c); /* NULL: the page of the program */
int show_completion(completion_fn *render);

#endif
