/* Completion for fish: a call of complete(1) for each command and option. */
#include <string.h>

#include "cli/command_internal.h"
#include "cli/program.h"

/* In fish's single quotes only these two are escaped. */
static void put_quoted(struct buf *out, const char *text) {
    buf_char(out, '\'');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'' || *p == '\\')
            buf_char(out, '\\');
        buf_char(out, *p);
    }
    buf_char(out, '\'');
}

static void put_option(struct buf *out, const char *condition, const struct opt_def *d) {
    buf_printf(out, "complete -c coldswarm -n '%s' -l %s", condition, d->name);
    if (d->letter != 0)
        buf_printf(out, " -s %c", d->letter);
    if (d->type == OPT_FILE)
        buf_str(out, " -r -F");
    else if (d->type != OPT_FLAG)
        buf_str(out, " -x");
    if (d->type == OPT_CHOICE) {
        buf_str(out, " -a '");
        completion_choices(out, d);
        buf_char(out, '\'');
    }
    buf_str(out, " -d ");
    put_quoted(out, d->help);
    buf_char(out, '\n');
}

static void put_options(struct buf *out, const char *condition, const struct opt_def *opts,
                        size_t count) {
    for (size_t i = 0; i < count; i++)
        put_option(out, condition, &opts[i]);
}

static void put_command_names(struct buf *out, const char *condition, const struct program *p) {
    for (size_t i = 0; i < p->count; i++) {
        buf_printf(out, "complete -c coldswarm -n '%s' -a %s -d ", condition, p->commands[i]->name);
        put_quoted(out, p->commands[i]->summary);
        buf_char(out, '\n');
    }
}

static void put_command(struct buf *out, const struct program *p, const struct command *c) {
    char condition[64];
    snprintf(condition, sizeof condition, "__coldswarm_is %s", c->name);
    put_options(out, condition, c->opts, c->opt_count);
    put_options(out, condition, args_common, args_common_count);
    if (strcmp(c->name, "help") == 0)
        put_command_names(out, condition, p);
    else if (strcmp(c->name, "completion") == 0) {
        buf_printf(out, "complete -c coldswarm -n '%s' -a '" COMPLETION_SHELLS "'\n", condition);
    } else if (c->positional_max != 0)
        buf_printf(out, "complete -c coldswarm -n '%s' -F\n", condition);
}

void completion_fish(struct buf *out, const struct program *p) {
    buf_str(out, "# fish completion for coldswarm; `coldswarm completion fish` prints it.\n"
                 "function __coldswarm_is\n"
                 "    set -l words (commandline -opc)\n"
                 "    test (count $words) -ge 2; and test $words[2] = $argv[1]\n"
                 "end\n"
                 "function __coldswarm_first\n"
                 "    test (count (commandline -opc)) -eq 1\n"
                 "end\n"
                 "complete -c coldswarm -f\n");
    put_command_names(out, "__coldswarm_first", p);
    put_options(out, "__coldswarm_first", args_common, args_common_count);
    for (size_t i = 0; i < p->count; i++)
        put_command(out, p, p->commands[i]);
}
