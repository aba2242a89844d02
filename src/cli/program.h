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
/* The same as JSON: {"coldswarm", "schema", "libraries": {NAME: VERSION, ...}}; "schema" is that of
 * run files. */
void program_version_json(struct buf *out);

/* `brief` stops after the list of commands: shown without any argument. `width` is in columns. */
void help_overview(struct buf *out, const struct program *p, bool brief, size_t width);
void help_command(struct buf *out, const struct command *c, size_t width);

/* The man pages as roff, with the man macros: coldswarm(1), and coldswarm-NAME(1) of a command. */
void manpage_render(struct buf *out, const struct program *p);
void manpage_render_command(struct buf *out, const struct command *c);

/* Scripts for completion, of the shells that COMPLETION_SHELLS names. Source them, or install them
 * where the shell looks: share/bash-completion/completions/coldswarm, a folder of zsh's $fpath as
 * _coldswarm, share/fish/vendor_completions.d/coldswarm.fish. */
#define COMPLETION_SHELLS "bash zsh fish"
typedef void completion_fn(struct buf *out, const struct program *p);
/* The words of an OPT_CHOICE, with blanks between them. */
void completion_choices(struct buf *out, const struct opt_def *d);
completion_fn completion_bash, completion_zsh, completion_fish;

#endif
