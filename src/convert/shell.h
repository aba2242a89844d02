/*
 * shell: splits a command line into words as sh and bash do, without running anything.
 *
 * Quotes ('', "", $'' and $""), backslashes, line continuation, comments, the ends of commands,
 * subshells and redirections with their here-documents are understood (POSIX 2.2 to 2.7; bash's
 * manual, "Redirections"). A redirection is the shell's: its words are none of the command's. What
 * would need a shell (variables, command and process substitution, globs) is kept as it stands,
 * whole, and reported. Internal to convert/.
 *
 * Ownership: words belong to the draft. Thread: any.
 */
#ifndef CONVERT_SHELL_H
#define CONVERT_SHELL_H

#include "convert/draft.h"

#define SHELL_WORDS_MAX 20000
#define SHELL_REDIRECTS_MAX 16 /* of a command; those beyond it are silently dropped */
#define SHELL_DOCUMENTS_MAX 16 /* here-documents that begin in one line */

enum shell_end { SHELL_END_TEXT, SHELL_END_COMMAND, SHELL_END_PIPE };

struct shell_word {
    const char *text; /* NUL-terminated; may hold others */
    size_t n;
};

/* "2>&1", "> FILE", "<<EOF": the operator with its number, and what it names. */
struct shell_redirect {
    const char *op, *target; /* "" where nothing follows */
};

/* A here-document that was announced and not read yet. */
struct shell_document {
    const char *end; /* the line that ends it */
    bool tabs;       /* "<<-": tabs in front of a line do not count */
};

struct shell_command {
    struct shell_word *words; /* NULL if there are none */
    size_t count;
    /* What followed: nothing, another command (; & && || or a line's end), or a pipe. */
    enum shell_end end;
    size_t next;    /* where the next begins */
    size_t line;    /* of its first word, from 1 */
    bool expansion; /* "$x", "$(x)" or "`x`" stood in it, unquoted or in double quotes */
    struct shell_redirect redirects[SHELL_REDIRECTS_MAX];
    size_t redirect_count;
    /* Private: what goes on behind the command. */
    struct shell_document documents[SHELL_DOCUMENTS_MAX];
    size_t document_count, depth;
};

/* Reads the command that begins at `at`; *out is that of the one before, or zeroed. */
int shell_read(struct draft *d, const char *name, const char *text, size_t bytes, size_t at,
               struct shell_command *out, struct err *e);

#endif
