/*
 * token_log: a CSV file with a line for each write of each response, with its actual time.
 *
 * Its own thread writes the file, so no token waits for the disk. For the columns see
 * docs/token-server.md, and token_log.c, which writes them as the first line. It does not decide
 * what is written.
 * Thread: token_log_add from any; the others from one.
 */
#ifndef TARGET_TOKEN_LOG_H
#define TARGET_TOKEN_LOG_H

#include <stdint.h>

#include "util/err.h"

struct token_log;

struct token_log_line {
    uint64_t request; /* number of the request */
    /* X-Request-Id of the request: letters, digits, ".", "_" and "-"; or "". */
    const char *client_id;
    const char *what;
    uint64_t first, count; /* tokens */
    /* CLOCK_MONOTONIC */
    int64_t due_ns;
    int64_t before_ns, after_ns;
    uint64_t bytes;   /* passed to the kernel, including HTTP framing */
    const char *text; /* text of the tokens, or another word; has no quotes; may be "" */
};

int token_log_open(const char *path, struct token_log **out, struct err *e);

void token_log_add(struct token_log *l, const struct token_log_line *line); /* l NULL: no-op */

/* Writes the rest and frees the log. Returns -1 if anything could not be written. */
int token_log_close(struct token_log *l, struct err *e);

#endif
