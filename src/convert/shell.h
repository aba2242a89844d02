/*
 * shell: splits a command line into words like sh and bash, without running anything.
 *
 * It handles quotes ('', "", $'' and $""), backslashes, line continuation, comments, ends of
 * commands, subshells, and redirections with their here-documents (POSIX 2.2 to 2.7; bash's manual,
 * "Redirections"). The words of a redirection are not part of the command. shell_value.h gives
 * variables and command substitutions a value. Process substitution and globs are kept unchanged.
 * Internal to convert/.
 * Ownership: words belong to the draft. Thread: any.
 */
#ifndef CONVERT_SHELL_H
#define CONVERT_SHELL_H

#include "convert/draft.h"
#include "convert/shell_value.h"

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
    /* What the command reads: a here-document, "<<< text", or the file of "<"; NULL: neither. */
    const char *input, *input_file;
    size_t input_bytes;
    struct shell_redirect redirects[SHELL_REDIRECTS_MAX];
    size_t redirect_count;
    /* Private: state that continues after the command. */
    struct shell_document documents[SHELL_DOCUMENTS_MAX];
    size_t document_count, depth;
};

/* Reads the command that begins at `at`. *out is the previous command, or zeroed. */
int shell_read(struct shell_variables *v, const char *name, const char *text, size_t bytes,
               size_t at, struct shell_command *out, struct err *e);

#endif
