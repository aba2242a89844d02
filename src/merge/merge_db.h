/*
 * merge_db: SQLite calls on a part or on the merged file, with errors that name the file.
 *
 * Internal to this folder. Ownership: connection and path are the caller's. Thread: one.
 */
#ifndef MERGE_MERGE_DB_H
#define MERGE_MERGE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

struct merge_db {
    sqlite3 *db;
    const char *path; /* for error texts */
    bool writes;
};

/* Sets e to the reason why the last call failed. Returns -1. */
int merge_fail(const struct merge_db *d, struct err *e);
int merge_damaged(const struct merge_db *d, const char *what, int64_t id, struct err *e);

int merge_exec(const struct merge_db *d, const char *sql, struct err *e);
int merge_prepare(const struct merge_db *d, const char *sql, sqlite3_stmt **out, struct err *e);

/* Runs a statement that gives no rows, and makes it ready for the next time. */
int merge_step(const struct merge_db *d, sqlite3_stmt *st, struct err *e);

/* The single number that a query returns. *known is false for NULL or if there is no row. */
int merge_number(const struct merge_db *d, const char *sql, int64_t *out, bool *known,
                 struct err *e);

/* Inserts each row of a query of `from` into `to`. The parameters of `insert` are the columns of
 * `select`; one more, if there is one, is `number`. */
int merge_copy(const struct merge_db *from, const char *select, const struct merge_db *to,
               const char *insert, int64_t number, struct err *e);

#endif
