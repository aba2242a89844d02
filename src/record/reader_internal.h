/*
 * reader_internal: what the files of the reader share. Internal to this folder.
 *
 * Thread: as the reader.
 */
#ifndef RECORD_READER_INTERNAL_H
#define RECORD_READER_INTERNAL_H

#include <sqlite3.h>

#include "record/reader.h"

struct text {
    struct text *next;
    char bytes[];
};

/* A row of `result`, by its id. */
struct result {
    uint32_t endpoint, error;
    int status;
    enum outcome outcome;
    bool new_connection;
    bool known;
};

/* One read transaction is open from reader_open() to reader_close(): that is what makes all scans
 * see the same rows. While it is open a writer's log cannot start over, so a reader should not be
 * kept. */
struct reader {
    const char *path;
    sqlite3 *db;
    struct text *texts; /* all strings handed out */
    int64_t version;    /* of the schema */
    struct reader_run run;
    struct reader_endpoint *endpoints;
    size_t endpoint_count;
    const char **errors; /* by number; NULL where there is none */
    size_t error_count;
    struct result *results;
    size_t result_count;

    bool is_cut;
    struct reader_cut cut;
    bool *cut_endpoints; /* by endpoint: it is of the cut; NULL: all are */
    int64_t *cold;       /* ids, in order */
    size_t cold_count;
};

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

/* Whether a row is of the cut; puts its times on the cut's clock. at_us is the row's own column. */
bool reader_cut_takes(const struct reader *r, struct reader_row *row, int64_t at_us);

/* The same for a second of the run, and for the users by second (returns how many are left). */
bool reader_cut_second(const struct reader *r, uint32_t *second);
size_t reader_cut_users(const struct reader *r, struct reader_second *all, size_t n);
void reader_cut_done(struct reader *r);

/* Status (0: none) and outcome of a row of `result`; false where there is none. */
bool reader_result(const struct reader *r, int64_t result, int *status, enum outcome *outcome);

#endif
