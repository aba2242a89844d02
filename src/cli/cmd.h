/*
 * cmd: all commands. Each is defined in the cmd_NAME.c with its name.
 *
 * Thread: any; they are constants.
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "cli/command.h"

extern const struct command command_run, command_report, command_gate, command_compare,
    command_capacity, command_validate, command_convert, command_target, command_cloudrun,
    command_import, command_merge, command_manifest, command_web, command_completion, command_help;

#endif
