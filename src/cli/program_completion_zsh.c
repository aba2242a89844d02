/* Completion for zsh: a function that zsh loads for the name coldswarm, with a call of _arguments
 * for each command. How a specification is written: zshcompsys(1), "_arguments". */
#include <string.h>

#include "cli/command_internal.h"
#include "cli/program.h"

/* In single quotes, inside brackets or between colons of a specification. */
static void put_text(struct buf *out, const char *text) {
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'')
            buf_str(out, "'\\''");
        else {
            if (strchr("[]:\\", *p) != NULL)
                buf_char(out, '\\');
            buf_char(out, *p);
        }
    }
}

/* What follows the option's name: ":N: " and so on. */
static void put_value(struct buf *out, const struct opt_def *d) {
    if (d->type == OPT_FLAG)
        return;
    buf_char(out, ':');
    put_text(out, d->meta);
    buf_char(out, ':');
    if (d->type == OPT_CHOICE) {
        buf_char(out, '(');
        completion_choices(out, d);
        buf_char(out, ')');
    } else if (d->type == OPT_FILE)
        buf_str(out, "_files");
    else
        buf_char(out, ' ');
}

static void put_option(struct buf *out, const struct opt_def *d, bool with_letter) {
    buf_str(out, "            '");
    if (d->repeat)
        buf_char(out, '*');
    else if (d->letter != 0)
        buf_printf(out, "(-%c --%s)", d->letter, d->name);
    if (with_letter)
        buf_printf(out, "-%c%s", d->letter, d->type == OPT_FLAG ? "" : "+");
    else
        buf_printf(out, "--%s%s", d->name, d->type == OPT_FLAG ? "" : "=");
    buf_char(out, '[');
    put_text(out, d->help);
    buf_char(out, ']');
    put_value(out, d);
    buf_str(out, "' \\\n");
}

static void put_options(struct buf *out, const struct opt_def *opts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (opts[i].letter != 0)
            put_option(out, &opts[i], true);
        put_option(out, &opts[i], false);
    }
}

static void put_command(struct buf *out, const struct command *c) {
    buf_printf(out, "    %s)\n        _arguments -s -S : \\\n", c->name);
    put_options(out, c->opts, c->opt_count);
    put_options(out, args_common, args_common_count);
    if (strcmp(c->name, "help") == 0)
        buf_str(out, "            '1:command:_coldswarm_commands'\n");
    else if (strcmp(c->name, "completion") == 0) {
        buf_str(out, "            '1:shell:(" COMPLETION_SHELLS ")'\n");
    } else if (c->positional_max != 0)
        buf_str(out, "            '*:file:_files'\n");
    else
        buf_str(out, "            && return\n");
    buf_str(out, "        ;;\n");
}

void completion_zsh(struct buf *out, const struct program *p) {
    buf_str(out,
            "#compdef coldswarm\n"
            "# zsh completion for coldswarm; `coldswarm completion zsh` prints it. A folder of "
            "$fpath has it\n"
            "# under the name _coldswarm.\n"
            "_coldswarm_commands() {\n"
            "    local -a commands=(\n");
    for (size_t i = 0; i < p->count; i++) {
        buf_printf(out, "        '%s:", p->commands[i]->name);
        put_text(out, p->commands[i]->summary);
        buf_str(out, "'\n");
    }
    buf_str(out, "    )\n"
                 "    _describe command commands\n"
                 "}\n"
                 "\n"
                 "_coldswarm() {\n"
                 "    local curcontext=$curcontext state line\n"
                 "    local -A opt_args\n"
                 "    if ((CURRENT == 2)); then\n"
                 "        _arguments \\\n");
    put_options(out, args_common, args_common_count);
    buf_str(out, "            '1:command:_coldswarm_commands'\n"
                 "        return\n"
                 "    fi\n"
                 "    local command=$words[2]\n"
                 "    shift words\n"
                 "    ((CURRENT--))\n"
                 "    case $command in\n");
    for (size_t i = 0; i < p->count; i++)
        put_command(out, p->commands[i]);
    buf_str(out, "    esac\n"
                 "}\n"
                 "\n"
                 "# Loaded by zsh it completes at once; sourced, it says what it completes.\n"
                 "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
                 "    _coldswarm \"$@\"\n"
                 "else\n"
                 "    compdef _coldswarm coldswarm\n"
                 "fi\n");
}
