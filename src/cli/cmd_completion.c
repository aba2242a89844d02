#include <string.h>

#include "cli/command.h"
#include "cli/show.h"

static int run(const struct args *a) {
    struct err e = {""};
    if (strcmp(args_at(a, 0), "bash") == 0)
        return show_completion();
    err_set(&e, "completion: there is none for \"%.200s\"; bash is what there is", args_at(a, 0));
    return command_error(EXIT_USAGE, e.text);
}

extern const struct command command_completion;
const struct command command_completion = {
    .name = "completion",
    .usage = "bash",
    .summary = "print the completion script for a shell",
    .examples = "source <(coldswarm completion bash) # complete in this shell from now on",
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
