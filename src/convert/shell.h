/*
 * shell: splits a command line into words like sh and bash, without running anything.
 *
 * It handles quotes ('', "", $'' and $""), backslashes, line continuation, comments, ends of
 * commands, subshells, and redirections with their here-documents (POSIX 2.2 to 2.7; bash's manual,
 * "Redirections"). The words of a redirection are not part of the command. What needs a shell
 * (variables, command and process substitution, globs) is kept unchanged and reported. Internal to
 * convert/.
 * Ownership: words belong to the draft. Thread: any.
 */
#ifndef CONVERT_SHELL_H
#define CONVERT_SHELL_H

#include "convert/draft.h"

#define SHELL_WORDS_MAX 20000
#define SHELL_REDIRECTS_MAX 16 /* per command; further ones are silently dropped */
#define SHELL_DOCUMENTS_MAX 16 /* here-documents that start in one line */

enum shell_end { SHELL_END_TEXT, SHELL_END_COMMAND, SHELL_END_PIPE };

struct shell_word {
    const char *text; /* NUL-terminated; may contain NULs */
    size_t n;
};

/* "2>&1", "> FILE", "<<EOF": the operator with its number, and its target. */
struct shell_redirect {
    const char *op, *target; /* "" if nothing follows */
};

/* A here-document whose text was not read yet. */
struct shell_document {
    const char *end; /* the line that ends it */
    bool tabs;       /* "<<-": tabs at the start of a line are ignored */
};

struct shell_command {
    struct shell_word *words; /* NULL if there are none */
    size_t count;
    /* What follows: nothing, another command (; & && || or a line's end), or a pipe. */
    enum shell_end end;
    size_t next; /* start of the next command */
    size_t line; /* of its first word, from 1 */
    /* It contains "$x", "$(x)" or "`x`", unquoted or in double quotes. */
    bool expansion;
    struct shell_redirect redirects[SHELL_REDIRECTS_MAX];
    size_t redirect_count;
    /* Private: state that continues after the command. */
    struct shell_document documents[SHELL_DOCUMENTS_MAX];
    size_t document_count, depth;
};

/* Reads the command that begins at `at`. *out is the previous command, or zeroed. */
int shell_read(struct draft *d, const char *name, const char *text, size_t bytes, size_t at,
               struct shell_command *out, struct err *e);

#endif
