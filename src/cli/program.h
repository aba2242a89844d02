/*
 * program: texts about the program as a whole, and the help, man pages and completion as text.
 *
 * Every view is made from the tables of command.h and appended to a buffer. Nothing is printed
 * here.
 * Ownership: the caller's buffer, the tables' texts. Thread: any.
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include "cli/command.h"
#include "util/buf.h"

#define PROGRAM_TEXT_MAX_BYTES ((size_t)1 << 20) /* size limit of a view */

struct program_exit {
    const char *code;
    const char *text;
};

extern const char program_summary[];     /* one line */
extern const char program_description[]; /* paragraphs, separated by a blank line */
extern const char program_examples[];    /* lines "command # what it does" */
extern const struct program_exit program_exits[];
extern const size_t program_exit_count;

/* A list of commands, in the form of commands[]. */
struct program {
    const struct command *const *commands;
    size_t count;
};

/* Appends "coldswarm 0.1.0", and a second line with the versions of the libraries. */
void program_version(struct buf *out);

/* `brief` stops after the list of commands: shown without any argument. `width` is in columns. */
void help_overview(struct buf *out, const struct program *p, bool brief, size_t width);
void help_command(struct buf *out, const struct command *c, size_t width);

/* The man pages as roff, with the man macros: coldswarm(1), and coldswarm-NAME(1) of a command. */
void manpage_render(struct buf *out, const struct program *p);
void manpage_render_command(struct buf *out, const struct command *c);

/* A script to source in bash. */
void completion_bash(struct buf *out, const struct program *p);

#endif
