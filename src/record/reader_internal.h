/*
 * reader_internal: what the files of the reader share. Internal to this folder.
 *
 * Thread: as the reader.
 */
#ifndef RECORD_READER_INTERNAL_H
#define RECORD_READER_INTERNAL_H

#include <sqlite3.h>

#include "record/reader.h"

/* The schema's version of the file. */
int64_t reader_version(const struct reader *r);

int reader_prepare(struct reader *r, const char *sql, sqlite3_stmt **out, struct err *e);

/* Ends a loop over a statement, whose last step gave rc: 0 where it came to its end or was left on
 * purpose. */
int reader_finish(struct reader *r, sqlite3_stmt *st, int rc, struct err *e);

/* A copy that lives as long as the reader, "" for NULL; NULL where memory runs out. */
const char *reader_keep_column(struct reader *r, sqlite3_stmt *st, int column);

/* READER_NO_VALUE for NULL. */
int64_t reader_column(sqlite3_stmt *st, int at);

int reader_no_memory(struct reader *r, struct err *e);

/* Status (0: none) and outcome of a row of `result`; false where there is none. */
bool reader_result(const struct reader *r, int64_t result, int *status, enum outcome *outcome);

#endif
