#include "cli/command.h"
#include "cli/show.h"

static const struct opt_def opts[] = {
    {.name = "man", .type = OPT_FLAG, .help = "print the manual page, as roff for man(1)"},
};

static int run(const struct args *a) {
    struct err e = {""};
    if (opt_flag(a, "man"))
        return show_manpage();
    if (args_count(a) == 0)
        return show_overview(stdout, false, EXIT_OK);
    const struct command *c = command_find(args_at(a, 0), &e);
    return c != NULL ? show_help(c) : command_error(EXIT_USAGE, e.text);
}

extern const struct command command_help;
const struct command command_help = {
    .name = "help",
    .usage = "[COMMAND]",
    .summary = "explain the program or a command",
    .examples = "coldswarm help --man | man -l - # read the manual page without installing it",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_max = 1,
    .run = run,
};
