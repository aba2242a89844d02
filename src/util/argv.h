/*
 * argv: a command line that is made word by word, or comes as bytes, for exec or a parser.
 *
 * The words are in a buffer, each followed by NUL. It does not quote, and it starts nothing.
 * Ownership: the caller has the buffer. Thread: any.
 */
#ifndef UTIL_ARGV_H
#define UTIL_ARGV_H

#include "util/buf.h"
#include "util/err.h"

void argv_add(struct buf *words, const char *word);

/* "--NAME=VALUE"; a value of "" is a flag: "--NAME". */
void argv_option(struct buf *words, const char *name, const char *value);

/* The words, and NULL behind them. The caller frees the array; the words are those of the buffer.
 * NULL if there is no memory, or was none for the buffer. */
char **argv_split(struct buf *words, size_t *count, struct err *e);

#endif
