/*
 * program: what the help, the man pages and the completion say about the program as a whole, and
 * all of them as text.
 *
 * Every view is made from the tables of command.h and appended to a buffer; nothing here prints.
 *
 * Ownership: the caller's buffer, the tables' texts. Thread: any.
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include "cli/command.h"
#include "util/buf.h"

#define PROGRAM_TEXT_MAX_BYTES ((size_t)1 << 20) /* ceiling for a view */

struct program_exit {
    const char *code;
    const char *text;
};

extern const char program_summary[];     /* one line */
extern const char program_description[]; /* paragraphs, a blank line between */
extern const char program_examples[];    /* lines "command # what it does" */
extern const struct program_exit program_exits[];
extern const size_t program_exit_count;

/* A list of commands, as in commands[]: a view can be made of any. */
struct program {
    const struct command *const *commands;
    size_t count;
};

/* "coldswarm 0.1.0", and a second line with the versions of the libraries. */
void program_version(struct buf *out);

/* `brief` stops after the commands: what a call without any argument gets. `width` is in
 * columns. */
void help_overview(struct buf *out, const struct program *p, bool brief, size_t width);
void help_command(struct buf *out, const struct command *c, size_t width);

/* The manual pages as roff, with the man macros: coldswarm(1), and coldswarm-NAME(1) of a
 * command. */
void manpage_render(struct buf *out, const struct program *p);
void manpage_render_command(struct buf *out, const struct command *c);

/* A script for bash to source. */
void completion_bash(struct buf *out, const struct program *p);

#endif
