/*
 * seal: makes a part's run file ready to be sent: one file, with what only the agents know.
 *
 * The file of a load process that was killed still has a WAL next to it; it becomes part of the
 * file. The rows of a part are not touched. Thread: one.
 */
#ifndef MPI_SEAL_H
#define MPI_SEAL_H

#include "util/err.h"

/* `lines` are "KEY VALUE", for the manifest. Keys that are there keep their value. */
int seal_file(const char *path, const char *lines, struct err *e);

#endif
