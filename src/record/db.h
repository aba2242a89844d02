/*
 * db: what the record, the reader and the merge share about SQLite: the ID and schema version of a
 * run file, paths, distrust of files that others made, and SQLite's errors in plain words.
 *
 * Only for record, merge and results. Thread: any, each with its own connection.
 */
#ifndef RECORD_DB_H
#define RECORD_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

#define DB_APPLICATION_ID 0x6373776d /* "cswm" */
#define DB_SCHEMA_VERSION 10
/* What an older version lacks, besides what the versions above it lack:
 *
 *   9  grpc_status
 *   8  `reconnection`: its columns were in `request`
 *   7  what a stream asked for
 *   6  streams
 *   5  time series of the target's metrics
 *   4  resent_us, http_version and how connections ended
 *   3  iterations and checks
 *   2  sent_again and the server side
 *   1  `client` */

/* Returns the path in a form that SQLite never takes for a URI or ":memory:". The caller frees it.
 * NULL: no memory. */
char *db_path(const char *path);

/* Whether there is a write-ahead log beside the file, with something in it. */
bool db_has_log(const char *path);

/* Says what is wrong with a path before SQLite is asked, which would call all of it "unable to
 * open", or would wait for a pipe. The file must not be opened for that: closing it would drop the
 * locks that this process may hold on it through SQLite. */
int db_check_path(const char *path, struct err *e);

/* Removes a run file and the files that SQLite keeps next to it. None of them has to exist. */
void db_remove(const char *path);

/* How much SQLite may still do with a file. Owned by the caller; it lives as long as the connection
 * does. */
struct db_budget {
    uint64_t bytes;      /* of the file and its log */
    uint64_t all, left;  /* instructions of SQLite's virtual machine */
    int64_t cpu_left_ns; /* CPU time of the thread */
    int64_t seen_ns;
    bool is_shared;
    bool (*stop)(void); /* NULL: nothing but the budget ends a statement */
};

/* Readies a new connection for a file that anybody may have made. Nothing in it is executed that
 * has an effect: triggers do not fire, there are no virtual tables, and views may only join and add
 * up. A value of more than 64 MiB is an error, and
 * so is more than 512 MiB of memory. Work is bounded by the size of the file and its log,
 * because views and damaged pages can have rows without end; beyond that, statements fail. */
void db_distrust(sqlite3 *db, const char *path, struct db_budget *budget);

/* Whether there is a table of this name that is no view. What sqlite_master says can be false. */
bool db_is_table(sqlite3 *db, const char *name);

/* Call in the first transaction, before rows are read. Refuses a file whose pages are part of
 * several tables, or several times of one: it could have any number of rows and bytes, in more
 * memory than the file has. Refuses computed columns in these tables, too. Reads all pages once. */
int db_inspect(sqlite3 *db, const char *const *tables, size_t n, struct err *e);

/* The next statement may do as much as all before it. */
void db_budget_renew(struct db_budget *budget);

/* For a connection that only one of many reads at a time, and that reads no views: CPU time does
 * not count, and statements end when `stop` says so. */
void db_budget_share(struct db_budget *budget, bool (*stop)(void));

/* Sets e to the reason why the last call on db failed, and what to do about it. Returns -1. */
int db_error(sqlite3 *db, struct err *e);

#endif
