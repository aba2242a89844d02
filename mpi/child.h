/*
 * child: the load process of a rank, `coldswarm run --control FD`, in a session of its own.
 *
 * So neither a signal to the rank nor its death ends the load process at once: the end of the
 * socket tells it, and it ends in order. What it says on stderr is kept, so that it can be passed
 * on. Nothing here waits.
 *
 * Ownership: embedded; child_done() frees, and closes the socket. Thread: one.
 */
#ifndef MPI_CHILD_H
#define MPI_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/err.h"

#define CHILD_CONTROL_FD 3 /* of the load process */

struct child {
    pid_t pid; /* 0: not started */
    int fd, errors;
    struct buf out;
    size_t sent;
    bool deaf; /* it takes no more */
    bool exited;
    int code;   /* exit code; -1: it was killed */
    int signal; /* that killed it; 0: none */
};

/* `program` is a path, or a name in PATH. */
int child_start(struct child *c, const char *program, char *const *argv, struct err *e);

void child_say(struct child *c, const void *bytes, size_t n);

/* Writes what can be written, and adds what can be read to `in`, up to `max` bytes. */
void child_turn(struct child *c, struct buf *in, size_t max);

/* The last lines that it wrote on stderr, without "coldswarm: ". */
void child_errors(const struct child *c, struct buf *out);

void child_kill(struct child *c);
void child_done(struct child *c);

#endif
