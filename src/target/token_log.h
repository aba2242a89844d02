/*
 * token_log: when each write of each answer really was made: a CSV file, a line for each.
 *
 * A thread of its own writes the file, so that no token waits for the disk. Columns: see
 * token_log.c, which writes them as the first line, and docs/token-server.md. It does not decide
 * what is written.
 *
 * Thread: token_log_add from any; the others from one.
 */
#ifndef TARGET_TOKEN_LOG_H
#define TARGET_TOKEN_LOG_H

#include <stdint.h>

#include "util/err.h"

struct token_log;

struct token_log_line {
    uint64_t request;      /* its number */
    const char *client_id; /* X-Request-Id of the request: letters, digits, ".", "_" and "-"; "" */
    const char *what;
    uint64_t first, count; /* tokens */
    /* CLOCK_MONOTONIC */
    int64_t due_ns;
    int64_t before_ns, after_ns;
    uint64_t bytes;   /* handed to the kernel, with the framing of HTTP */
    const char *text; /* of the tokens, or another word; has no quotes; may be "" */
};

int token_log_open(const char *path, struct token_log **out, struct err *e);

void token_log_add(struct token_log *l, const struct token_log_line *line); /* NULL: nothing */

/* Writes what is left; -1 where anything could not be written. The log is gone after that. */
int token_log_close(struct token_log *l, struct err *e);

#endif
