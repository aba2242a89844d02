/*
 * db: what the record, the reader and the merge share about SQLite: the ID and schema version of a
 * run file, paths, and SQLite's errors in plain words.
 *
 * Only for record and merge. Thread: any, each with its own connection.
 */
#ifndef RECORD_DB_H
#define RECORD_DB_H

#include <sqlite3.h>

#include "util/err.h"

#define DB_APPLICATION_ID 0x6373776d /* "cswm" */
#define DB_SCHEMA_VERSION 7
/* What an older version lacks, besides what the versions above it lack:
 *
 *   6  streams
 *   5  time series of the target's metrics
 *   4  resent_us, http_version and how connections ended
 *   3  iterations and checks
 *   2  sent_again and the server side
 *   1  `client` */

/* Returns the path in a form that SQLite never takes for a URI or ":memory:". The caller frees it.
 * NULL: no memory. */
char *db_path(const char *path);

/* Removes a run file and the files that SQLite keeps next to it. None of them has to exist. */
void db_remove(const char *path);

/* Sets e to the reason why the last call on db failed, and what to do about it. Returns -1. */
int db_error(sqlite3 *db, struct err *e);

#endif
