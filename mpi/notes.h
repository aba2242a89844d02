/*
 * notes: what happened to the whole load while it was sent: a rank was silent, a receiver of metrics
 * failed. They are shown with the status, and become rows of `event` in the merged file.
 *
 * Each part has its own events in its own file; these are those that only rank 0 knows.
 *
 * Ownership: heap, notes_free(NULL) is allowed; texts are copied. Thread: notes_add() any, the rest one.
 */
#ifndef MPI_NOTES_H
#define MPI_NOTES_H

#include <stdint.h>

#include "control/whole.h"
#include "util/err.h"

struct notes;

int notes_new(struct notes **out, struct err *e);
void notes_free(struct notes *n);

/* A record_event_fn with the struct notes as context; at_ns is from the start. If there are too many,
 * or memory runs out, they are only counted. */
void notes_add(void *notes, int64_t at_ns, const char *kind, const char *text);

/* Adds the new ones to the status of the whole. */
void notes_show(struct notes *n, struct whole *w);

/* Adds all to a run file that nobody has open. */
int notes_write(struct notes *n, const char *path, struct err *e);

#endif
