#include <string.h>

#include "cli/cmd.h"
#include "cli/command.h"
#include "cli/show.h"

static const struct {
    const char *name;
    completion_fn *render;
} shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};

static int run(const struct args *a) {
    struct err e = {""};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(args_at(a, 0), shells[i].name) == 0)
            return show_completion(shells[i].render);
    err_set(&e, "completion: unsupported shell \"%.200s\"; bash, zsh and fish are supported",
            args_at(a, 0));
    return command_error(EXIT_USAGE, e.text);
}

const struct command command_completion = {
    .name = "completion",
    .usage = "bash|zsh|fish",
    .summary = "print the shell completion script",
    .examples = "source <(coldswarm completion bash) # enable completion in this bash\n"
                "source <(coldswarm completion zsh) # the same in zsh, after compinit\n"
                "coldswarm completion fish | source # the same in fish",
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
