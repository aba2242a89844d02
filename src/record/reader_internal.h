/*
 * reader_internal: shared by the files of the reader. Internal to this folder.
 *
 * Thread: as the reader.
 */
#ifndef RECORD_READER_INTERNAL_H
#define RECORD_READER_INTERNAL_H

#include <sqlite3.h>

#include "record/db.h"
#include "record/reader.h"

/* The schema version that added resent_us and how connections ended, and the one that gave their
 * times a table. */
#define READER_CONNECTIONS_VERSION 5
#define READER_RECONNECTION_VERSION 9
/* The one that added grpc_status, and the one that came with streams. */
#define READER_GRPC_VERSION 10
#define READER_STREAMS_VERSION 7

struct text {
    struct text *next;
    char bytes[];
};

/* A row of `result`. The index is its id. */
struct result {
    uint32_t endpoint, error;
    int status, grpc_status;
    enum outcome outcome;
    bool new_connection;
    enum http_version http_version;
    enum connection_end previous_end;
    bool known;
};

/* What the file has. Known from the start, so that these questions cannot fail later. */
struct reader_has {
    bool iterations, checks, failed_bodies, steps, client_limits, streams;
};

/* One read transaction is open from reader_open() to reader_close(), so that all scans see the same
 * rows. While it is open, a writer cannot restart its write-ahead log. So do not keep a reader open
 * for long. */
struct reader {
    const char *path;
    sqlite3 *db;
    struct db_budget budget;
    struct text *texts; /* all strings returned to callers */
    uint64_t kept_bytes;
    int64_t version; /* of the schema */
    struct reader_has has;
    struct reader_run run;
    struct catalog catalog;
    const char **errors; /* by number; NULL: no such error */
    size_t error_count;
    struct result *results;
    size_t result_count;

    struct reader_scan *scan; /* the innermost one in progress */

    bool is_cut;
    struct reader_cut cut;
    bool *cut_endpoints; /* by endpoint: it is in the cut; NULL: all are */
    int64_t *cold;       /* ids of cold requests, sorted */
    size_t cold_count;
};

/* The schema version of the file. */
int64_t reader_version(const struct reader *r);

int reader_prepare(struct reader *r, const char *sql, sqlite3_stmt **out, struct err *e);

/* Largest id of a table, plus one, so that ids can be indexes. An error above `most`, and above the
 * number of bytes of the file: both limit how much memory a damaged file can make us allocate. */
int reader_count_ids(struct reader *r, const char *sql, int64_t most, size_t *out, struct err *e);

/* Whether the first column of a row is an index below a count of reader_count_ids(). It always is
 * in a file of ours; elsewhere an id can be a text, and a row need not be in its place. */
bool reader_is_id(sqlite3_stmt *st, size_t count);

int reader_load_has(struct reader *r, struct err *e);
int reader_load_catalog(struct reader *r, struct err *e);

/* Ends a loop over a statement, given the result `rc` of its last step. Returns 0 if the loop
 * reached the end or was left on purpose. */
int reader_finish(struct reader *r, sqlite3_stmt *st, int rc, struct err *e);

/* A copy that lives as long as the reader. NULL if memory runs out, or if the copies need much more
 * of it than the file has bytes; reader_no_memory() says which. */
const char *reader_keep(struct reader *r, const char *bytes);

/* As reader_keep(), for a column. "" for NULL. */
const char *reader_keep_whole(struct reader *r, sqlite3_stmt *st, int column);

/* The same, but not more than the first 1 MiB: names are shown many times. */
const char *reader_keep_column(struct reader *r, sqlite3_stmt *st, int column);

/* The single number that a query returns; 0 for NULL. */
int reader_number(struct reader *r, const char *sql, int64_t *out, struct err *e);

/* Returns READER_NO_VALUE for NULL. */
int64_t reader_column(sqlite3_stmt *st, int at);

/* Prepares what reader_scan() needs. Returns an SQLite result code. */
int reader_scan_init(struct reader *r);

int reader_damaged(struct reader *r, const char *what, int64_t id, struct err *e);
int reader_no_memory(struct reader *r, struct err *e);

/* Sets e to SQLite's message about the last failure. */
int reader_fail_db(struct reader *r, struct err *e);

/* Returns whether a row is in the cut, and moves its times to the clock of the cut. at_us is the
 * row's own column. */
bool reader_cut_takes(const struct reader *r, struct request *row, int64_t at_us);

/* The same for a second of the run, and for the users by second. reader_cut_users() returns how
 * many entries are left. */
bool reader_cut_second(const struct reader *r, uint32_t *second);
size_t reader_cut_users(const struct reader *r, struct reader_second *all, size_t n);
void reader_cut_done(struct reader *r);

/* Status (0: none) and outcome of a row of `result`. Returns false if there is no such row. */
bool reader_result(const struct reader *r, int64_t result, int *status, enum outcome *outcome);

#endif
