/*
 * child: runs a program to its end, with an input, and collects what it prints.
 *
 * The program is searched in PATH. It gets no signal mask and no ignored signals from us. Its time
 * and its output are limited: a child that exceeds them is killed. It does not keep a program that
 * goes on, and knows no shell.
 *
 * Ownership: none taken. Thread: any; it waits for the child.
 */
#ifndef UTIL_CHILD_H
#define UTIL_CHILD_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define CHILD_ARGUMENTS_MAX 32

enum child_end {
    CHILD_ENDED,   /* *status is that of waitpid() */
    CHILD_MISSING, /* there is no such program */
    CHILD_FAILED,  /* it could not be started; *status is errno */
    CHILD_LIMIT    /* it was killed: its time or the room of `out` ran out */
};

/* arguments[0] is the program; NULL ends them. Appends stdout to `out` and stderr to `said`, of
 * which only the first bytes are kept if its limit is reached. */
enum child_end child_run(const char *const *arguments, const void *input, size_t bytes,
                         int64_t most_ns, struct buf *out, struct buf *said, int *status);

#endif
