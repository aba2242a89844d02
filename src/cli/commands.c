/* The commands, in the order of the help. Each has its table and its function in cmd_NAME.c. */
#include "cli/command.h"

extern const struct command command_completion, command_help, command_report;

const struct command *const commands[] = {
    &command_report,
    &command_completion,
    &command_help,
};
const size_t command_count = sizeof commands / sizeof *commands;
