/* Completion for bash: the tables as a shell function with a case for each command and option. */
#include <string.h>

#include "cli/command_internal.h"
#include "cli/program.h"

/* What stays the same: finding the command, the word before, and undoing bash's split of
 * "--name=value". */
static const char head[] =
    "# bash completion for coldswarm; `coldswarm completion bash` prints it.\n"
    "_coldswarm_words() {\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
    "}\n"
    "\n"
    "_coldswarm_files() {\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "}\n"
    "\n"
    "_coldswarm() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} "
    "command=${COMP_WORDS[1]}\n"
    "    COMPREPLY=()\n"
    "    if [[ $cur == = ]]; then\n"
    "        cur=\n"
    "    elif [[ $prev == = ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n";

static const char tail[] = "}\n"
                           "\n"
                           "complete -F _coldswarm coldswarm\n";

void completion_choices(struct buf *out, const struct opt_def *d) {
    for (const char *p = d->choices; *p != '\0'; p++)
        buf_char(out, *p == '|' ? ' ' : *p);
}

static void option_names(struct buf *out, const struct opt_def *opts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (opts[i].letter != 0)
            buf_printf(out, "-%c ", opts[i].letter);
        buf_printf(out, "--%s ", opts[i].name);
    }
}

static void command_names(struct buf *out, const struct program *p) {
    for (size_t i = 0; i < p->count; i++)
        buf_printf(out, "%s ", p->commands[i]->name);
}

/* The case that completes an option's value; a flag has none. */
static void value_case(struct buf *out, const struct opt_def *d) {
    if (d->type == OPT_FLAG)
        return;
    buf_str(out, "        ");
    if (d->letter != 0)
        buf_printf(out, "-%c | ", d->letter);
    buf_printf(out, "--%s)\n", d->name);
    if (d->type == OPT_CHOICE) {
        buf_str(out, "            _coldswarm_words \"");
        completion_choices(out, d);
        buf_str(out, "\"\n");
    } else if (d->type == OPT_FILE) {
        buf_str(out, "            _coldswarm_files\n");
    }
    buf_str(out, "            return\n            ;;\n");
}

static bool has_values(const struct command *c) {
    for (size_t i = 0; i < c->opt_count; i++) {
        if (c->opts[i].type != OPT_FLAG)
            return true;
    }
    return false;
}

static void command_case(struct buf *out, const struct program *p, const struct command *c) {
    buf_printf(out, "    %s)\n", c->name);
    if (has_values(c)) {
        buf_str(out, "        case $prev in\n");
        for (size_t i = 0; i < c->opt_count; i++)
            value_case(out, &c->opts[i]);
        buf_str(out, "        esac\n");
    }
    buf_str(out, "        if [[ $cur == -* ]]; then\n            _coldswarm_words \"");
    option_names(out, c->opts, c->opt_count);
    option_names(out, args_common, args_common_count);
    buf_str(out, "\"\n            return\n        fi\n");
    if (strcmp(c->name, "help") == 0) {
        buf_str(out, "        _coldswarm_words \"");
        command_names(out, p);
        buf_str(out, "\"\n");
    } else if (strcmp(c->name, "completion") == 0) {
        buf_str(out, "        _coldswarm_words \"" COMPLETION_SHELLS "\"\n");
    } else if (c->positional_max != 0) {
        buf_str(out, "        _coldswarm_files\n");
    }
    buf_str(out, "        ;;\n");
}

void completion_bash(struct buf *out, const struct program *p) {
    buf_str(out, head);
    buf_str(out, "    if ((COMP_CWORD == 1)); then\n        _coldswarm_words \"");
    command_names(out, p);
    option_names(out, args_common, args_common_count);
    buf_str(out, "\"\n        return\n    fi\n    case $command in\n");
    for (size_t i = 0; i < p->count; i++)
        command_case(out, p, p->commands[i]);
    buf_str(out, "    esac\n");
    buf_str(out, tail);
}
