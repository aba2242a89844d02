/*
 * shell_value: what a shell would put in for "$NAME", "${NAME}", "$(command)" and "`command`".
 *
 * A variable that the source sets has its value. Any other becomes a variable of the environment
 * with the same name, as the shell would have it. Nothing is run: the output of a command is a
 * variable too, which the user sets. It does not handle arrays and patterns ("${NAME%/}").
 *
 * Internal to convert/. Ownership: all is the draft's. Thread: any.
 */
#ifndef CONVERT_SHELL_VALUE_H
#define CONVERT_SHELL_VALUE_H

#include "convert/draft.h"

struct shell_variable {
    const char *name, *value; /* plain text with references */
    size_t bytes;
    struct shell_variable *next;
};

struct shell_variables {
    struct draft *d;
    struct shell_variable *first;
};

/* Remembers NAME=value. A value that is secret by its name, or that only a command knows, stays a
 * variable of the environment. */
void shell_set(struct shell_variables *v, const char *name, size_t name_bytes, const char *value,
               size_t bytes);

/* Appends the value of an expansion, which is all of text[0..n), as plain text with references. */
void shell_value(struct shell_variables *v, const char *text, size_t n, struct buf *out);

/* Remembers the variable of "for NAME in WORDS", with one of the words at random. Returns false if
 * that cannot be written. */
bool shell_set_any(struct shell_variables *v, const char *name, const char *const *words,
                   size_t count);

#endif
