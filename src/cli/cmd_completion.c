#include <string.h>

#include "cli/cmd.h"
#include "cli/command.h"
#include "cli/show.h"

static int run(const struct args *a) {
    struct err e = {""};
    if (strcmp(args_at(a, 0), "bash") == 0)
        return show_completion();
    err_set(&e, "completion: unsupported shell \"%.200s\"; only bash is supported", args_at(a, 0));
    return command_error(EXIT_USAGE, e.text);
}

const struct command command_completion = {
    .name = "completion",
    .usage = "bash",
    .summary = "print the shell completion script",
    .examples = "source <(coldswarm completion bash) # enable completion in this shell",
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
