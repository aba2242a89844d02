/*
 * db: what record and reader share about SQLite: the marks of a run file, paths, and SQLite's
 * errors in plain words.
 *
 * Internal to this folder. Thread: any, each with its own connection.
 */
#ifndef RECORD_DB_H
#define RECORD_DB_H

#include <sqlite3.h>

#include "util/err.h"

#define DB_APPLICATION_ID 0x6373776d /* "cswm" */
#define DB_SCHEMA_VERSION 7
/* 6: without streams; 5: nor scraped series; 4: without resent_us, http_version and the ends of
 * connections; 3: without iterations and checks; 2: nor sent_again and the server's side; 1: nor
 * `client` */

/* The path as SQLite must be told it, so that none is a URI or ":memory:"; the caller frees it;
 * NULL: no memory. */
char *db_path(const char *path);

/* Removes a run file, and what SQLite keeps next to it. There need not be any. */
void db_remove(const char *path);

/* Puts why the last call on db failed into e, with what to do about it; returns -1. */
int db_error(sqlite3 *db, struct err *e);

#endif
