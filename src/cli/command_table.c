/* The commands, in the order of the help. Each has its table and its function in cmd_NAME.c. */
#include "cli/cmd.h"

const struct command *const commands[] = {
    &command_run,     &command_web,      &command_capacity, &command_report,     &command_gate,
    &command_compare, &command_validate, &command_convert,  &command_target,     &command_cloudrun,
    &command_import,  &command_merge,    &command_manifest, &command_completion, &command_help,
};
const size_t command_count = sizeof commands / sizeof *commands;
