/*
 * reader_internal: what the files of the reader share. Internal to this folder.
 *
 * Thread: as the reader.
 */
#ifndef RECORD_READER_INTERNAL_H
#define RECORD_READER_INTERNAL_H

#include <sqlite3.h>

#include "record/reader.h"

/* The schema's version that came with resent_us and the ends of connections. */
#define READER_CONNECTIONS_VERSION 5

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
    enum http_version http_version;
    enum connection_end previous_end;
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
    struct catalog catalog;
    const char **errors; /* by number; NULL if there is none */
    size_t error_count;
    struct result *results;
    size_t result_count;

    struct reader_scan *scan; /* the innermost one that is in progress */

    bool is_cut;
    struct reader_cut cut;
    bool *cut_endpoints; /* by endpoint: it is of the cut; NULL: all are */
    int64_t *cold;       /* ids, in order */
    size_t cold_count;
};

/* The schema's version of the file. */
int64_t reader_version(const struct reader *r);

int reader_prepare(struct reader *r, const char *sql, sqlite3_stmt **out, struct err *e);

/* One more than the largest id of a table, so that ids are indexes; at most `most`, which bounds
 * what a damaged file can make us allocate. */
int reader_count_ids(struct reader *r, const char *sql, int64_t most, size_t *out, struct err *e);

int reader_load_catalog(struct reader *r, struct err *e);

/* Ends a loop over a statement, whose last step gave rc: 0 where it came to its end or was left on
 * purpose. */
int reader_finish(struct reader *r, sqlite3_stmt *st, int rc, struct err *e);

/* A copy that lives as long as the reader; NULL where memory runs out. */
const char *reader_keep(struct reader *r, const char *bytes);

/* The same of a column, "" for NULL. */
const char *reader_keep_column(struct reader *r, sqlite3_stmt *st, int column);

/* The single number that a query gives, 0 where it gives NULL. */
int reader_number(struct reader *r, const char *sql, int64_t *out, struct err *e);

/* READER_NO_VALUE for NULL. */
int64_t reader_column(sqlite3_stmt *st, int at);

/* So that reader_scan() works; an SQLite result code. */
int reader_scan_init(struct reader *r);

int reader_damaged(struct reader *r, const char *what, int64_t id, struct err *e);
int reader_no_memory(struct reader *r, struct err *e);

/* What SQLite says of its last failure. */
int reader_fail_db(struct reader *r, struct err *e);

/* Whether a row is of the cut; puts its times on the cut's clock. at_us is the row's own column. */
bool reader_cut_takes(const struct reader *r, struct request *row, int64_t at_us);

/* The same for a second of the run, and for the users by second (returns how many are left). */
bool reader_cut_second(const struct reader *r, uint32_t *second);
size_t reader_cut_users(const struct reader *r, struct reader_second *all, size_t n);
void reader_cut_done(struct reader *r);

/* Status (0: none) and outcome of a row of `result`; false if there is none. */
bool reader_result(const struct reader *r, int64_t result, int *status, enum outcome *outcome);

#endif
