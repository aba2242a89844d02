/* The help in a terminal: the tables as text, wrapped to a width. */
#include <stdio.h>
#include <string.h>

#include "cli/command_internal.h"
#include "cli/optvalue.h"
#include "cli/program.h"
#include "util/text.h"

#define OPTION_COLUMN 28 /* where the text of an option begins */

/* Ends the line and begins the next at a column. */
static void line(struct buf *out, size_t column) {
    buf_printf(out, "\n%*s", (int)column, "");
}

/* How much of a word (n bytes) stands on a line of `room`: all, or as many whole choices of "a|b|c"
 * as there is room for. */
static size_t fitting(const char *word, size_t n, size_t room) {
    const char *bar = n > room ? memrchr(word, '|', room) : NULL;
    return bar == NULL ? n : (size_t)(bar - word) + 1;
}

/* Words of `text` (n bytes), wrapped at `width`, each line beginning at `column`; the first line
 * stands there already. */
static void wrap(struct buf *out, const char *text, size_t n, size_t column, size_t width) {
    size_t at = column;
    for (size_t i = 0; i < n;) {
        size_t blanks = strspn(text + i, " \n");
        if (i + blanks >= n)
            break;
        const char *word = text + i + blanks;
        size_t len = strcspn(word, " \n");
        if (len > n - i - blanks)
            len = n - i - blanks;
        if (at > column && at + 1 + len > width) {
            line(out, column);
            at = column;
        } else if (at > column) {
            buf_char(out, ' ');
            at++;
        }
        len = at == column ? fitting(word, len, width - column) : len;
        buf_add(out, word, len);
        at += len;
        i += blanks + len;
    }
}

/* Paragraphs with a blank line between; one that begins with a blank is kept as it stands. */
static void paragraphs(struct buf *out, const char *text, size_t width) {
    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        size_t n = end == NULL ? strlen(text) : (size_t)(end - text);
        if (*text == ' ')
            buf_add(out, text, n);
        else
            wrap(out, text, n, 0, width);
        buf_str(out, "\n\n");
        text += n + strspn(text + n, "\n");
    }
}

/* A left part and a text beside it, or below it where the left part is too long. */
static void row(struct buf *out, const char *left, const char *text, size_t column, size_t width) {
    size_t columns = 2 + text_columns(left);
    buf_printf(out, "  %s", left);
    if (columns + 2 > column)
        line(out, column);
    else
        buf_printf(out, "%*s", (int)(column - columns), "");
    wrap(out, text, strlen(text), column, width);
    buf_char(out, '\n');
}

static void option(struct buf *out, const struct opt_def *d, size_t width) {
    char expected[OPTVALUE_EXPECTED_BYTES];
    struct buf left, text;
    buf_init(&left, PROGRAM_TEXT_MAX_BYTES);
    buf_init(&text, PROGRAM_TEXT_MAX_BYTES);
    if (d->letter != 0)
        buf_printf(&left, "-%c, ", d->letter);
    else
        buf_str(&left, "    ");
    buf_printf(&left, "--%s", d->name);
    if (d->meta != NULL)
        buf_printf(&left, " %s", d->meta);
    buf_str(&text, d->help);
    optvalue_expected(d, expected);
    if (*expected != '\0')
        buf_printf(&text, "; %s", expected);
    if (d->repeat)
        buf_str(&text, "; may be repeated");
    if (d->def != NULL)
        buf_printf(&text, " [default: %s]", d->def);
    if (d->env != NULL)
        buf_printf(&text, " [env: %s]", d->env);
    if (!buf_ok(&left) || !buf_ok(&text))
        out->failed = true;
    row(out, buf_text(&left), buf_text(&text), OPTION_COLUMN, width);
    buf_done(&left);
    buf_done(&text);
}

/* "command # what it does" becomes a comment line and a command line that can be pasted. */
static void examples(struct buf *out, const char *text) {
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        const char *hash = memmem(text, n, " # ", 3);
        size_t command = hash == NULL ? n : (size_t)(hash - text);
        while (command > 0 && text[command - 1] == ' ')
            command--;
        if (hash != NULL)
            buf_printf(out, "  # %.*s\n", (int)(text + n - hash - 3), hash + 3);
        buf_printf(out, "  %.*s\n", (int)command, text);
        text += n + strspn(text + n, "\n");
        if (*text != '\0')
            buf_char(out, '\n');
    }
}

static void options(struct buf *out, const struct opt_def *opts, size_t count, size_t width) {
    for (size_t i = 0; i < count; i++)
        option(out, &opts[i], width);
}

static void usage(struct buf *out, const struct command *c) {
    buf_printf(out, "usage: %s %s%s%s\n\n", c->program == NULL ? "coldswarm" : c->program, c->name,
               c->usage == NULL ? "" : " ", c->usage == NULL ? "" : c->usage);
}

void help_overview(struct buf *out, const struct program *p, bool brief, size_t width) {
    buf_printf(out, "coldswarm: %s\n\nusage: coldswarm COMMAND [arguments] [options]\n\n",
               program_summary);
    if (!brief)
        paragraphs(out, program_description, width);
    buf_str(out, "commands:\n");
    for (size_t i = 0; i < p->count; i++)
        row(out, p->commands[i]->name, p->commands[i]->summary, 14, width);
    if (brief) {
        buf_str(out, "\n"
                     "Run 'coldswarm help' for an overview, 'coldswarm help COMMAND' for the "
                     "options of a command.\n");
        return;
    }
    buf_str(out, "\noptions:\n");
    options(out, args_common, args_common_count, width);
    buf_str(out, "\nexamples:\n");
    examples(out, program_examples);
    buf_str(out, "\nexit status:\n");
    for (size_t i = 0; i < program_exit_count; i++)
        row(out, program_exits[i].code, program_exits[i].text, 14, width);
    buf_str(out, "  If several apply, the exit code is the first of 3, 129 to 143, 4, 99, 1.\n"
                 "\n"
                 "Run 'coldswarm help COMMAND' for the options of a command.\n");
}

void help_command(struct buf *out, const struct command *c, size_t width) {
    usage(out, c);
    wrap(out, c->summary, strlen(c->summary), 0, width);
    buf_str(out, "\n\n");
    if (c->details != NULL)
        paragraphs(out, c->details, width);
    buf_str(out, "options:\n");
    options(out, c->opts, c->opt_count, width);
    options(out, args_common, args_common_count, width);
    if (c->examples != NULL) {
        buf_str(out, "\nexamples:\n");
        examples(out, c->examples);
    }
}
