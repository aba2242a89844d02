/*
 * mail: messages between the ranks of an MPI job, point to point.
 *
 * Messages of one rank to another arrive in the order in which they were sent. A rank may write to
 * itself. Nothing here waits: mail_turn() moves on what can be moved, so call it several times a
 * second. Only non-blocking calls of MPI are used (Isend, Improbe, Imrecv, Test). There is no
 * acknowledgement: a rank that has died or was stopped looks like a slow one.
 *
 * Ownership: heap; messages are copied. Thread: the one that called MPI_Init().
 */
#ifndef MPI_MAIL_H
#define MPI_MAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"

struct mail;

int mail_new(struct mail **out, struct err *e);
/* Messages that have not left are dropped. */
void mail_free(struct mail *m);

int mail_rank(const struct mail *m);
int mail_size(const struct mail *m);

/* If memory runs out, the message is lost and mail_failed() returns true. */
void mail_send(struct mail *m, int to, const void *bytes, size_t n);
void mail_text(struct mail *m, int to, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool mail_failed(const struct mail *m);

/* Bytes to this rank, or to all (-1), that have not left yet. */
size_t mail_waiting(const struct mail *m, int to);

void mail_turn(struct mail *m);

/* The next complete message; it replaces what is in `out`. Returns false if there is none. */
bool mail_next(struct mail *m, int *from, struct buf *out);

#endif
