/*
 * schema: makes the tables and views of a run file in an empty database, and marks it as one.
 *
 * It fills only the table `outcome`, which is the same in every file. Only for record and merge.
 * Ownership: the connection is the caller's. Thread: that of the connection.
 */
#ifndef RECORD_SCHEMA_H
#define RECORD_SCHEMA_H

#include <sqlite3.h>

#include "util/err.h"

/* Call it in a transaction. */
int schema_make(sqlite3 *db, struct err *e);

#endif
