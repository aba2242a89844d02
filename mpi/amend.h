/*
 * amend: adds rows to a finished run file, all or none.
 *
 * Ownership: all is borrowed. Thread: any; nobody else may have the file open.
 */
#ifndef MPI_AMEND_H
#define MPI_AMEND_H

#include <sqlite3.h>

#include "util/err.h"

/* Runs the statement, with its values bound, and resets it. Returns an SQLite code. */
int amend_row(sqlite3_stmt *st);

/* `rows` calls amend_row() of `sql` for each row; it returns an SQLite code. `after` is run behind the
 * transaction; NULL: nothing. */
int amend_file(const char *path, const char *sql, int (*rows)(void *context, sqlite3_stmt *st),
               void *context, const char *after, struct err *e);

#endif
