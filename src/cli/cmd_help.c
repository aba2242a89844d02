#include "cli/cmd.h"
#include "cli/command.h"
#include "cli/show.h"

static const struct opt_def opts[] = {
    {.name = "man", .type = OPT_FLAG, .help = "print the manual page in roff format, for man(1)"},
};

static int run(const struct args *a) {
    struct err e = {""};
    bool man = opt_flag(a, "man");
    if (args_count(a) == 0)
        return man ? show_manpage(NULL) : show_overview(stdout, false, EXIT_OK);
    const struct command *c = command_find(args_at(a, 0), &e);
    if (c == NULL)
        return command_unknown(e.text);
    return man ? show_manpage(c) : show_help(c);
}

const struct command command_help = {
    .name = "help",
    .usage = "[COMMAND]",
    .summary = "show help for the program or a command",
    .examples = "coldswarm help run --man | man -l - # read a manual page without installation",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_max = 1,
    .run = run,
};
