/*
 * shell: splits a command line into words as sh and bash do, without running anything.
 *
 * Quotes ('', "", $'' and $""), backslashes, line continuation, comments, and the ends of commands are understood. What would need a
 * shell (variables, command substitution, globs) is kept as it stands and reported. Internal to convert/.
 *
 * Ownership: words belong to the draft. Thread: any.
 */
#ifndef CONVERT_SHELL_H
#define CONVERT_SHELL_H

#include "convert/draft.h"

#define SHELL_WORDS_MAX 20000

enum shell_end { SHELL_END_TEXT, SHELL_END_COMMAND, SHELL_END_PIPE };

struct shell_word {
    const char *text; /* NUL-terminated; may hold others */
    size_t n;
};

struct shell_command {
    struct shell_word *words; /* NULL where there are none */
    size_t count;
    enum shell_end
        end; /* what followed: nothing, another command (; & && || or a line's end), or a pipe */
    size_t next;    /* where the next begins */
    size_t line;    /* of its first word, from 1 */
    bool expansion; /* "$x", "$(x)" or "`x`" stood in it, unquoted or in double quotes */
};

/* Reads the command that begins at `at`. */
int shell_read(struct draft *d, const char *name, const char *text, size_t bytes, size_t at,
               struct shell_command *out, struct err *e);

#endif
