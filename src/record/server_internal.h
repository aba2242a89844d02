/*
 * server_internal: the inside of server.h, shared by its files.
 *
 * Internal to this folder. Thread: one.
 */
#ifndef RECORD_SERVER_INTERNAL_H
#define RECORD_SERVER_INTERNAL_H

#include <sqlite3.h>

#include "record/db.h"
#include "record/server.h"

enum server_statement {
    SERVER_NAME_FIND,
    SERVER_NAME_ADD,
    SERVER_REQUEST,
    SERVER_EVENT,
    SERVER_METRIC_FIND,
    SERVER_METRIC_ADD,
    SERVER_POINT_ADD,
    SERVER_POINT_SET,
    SERVER_DISTRIBUTION_ADD,
    SERVER_DISTRIBUTION_SET,
    SERVER_INSTANCE,
    SERVER_DERIVED_FIND,
    SERVER_DERIVED_ADD,
    SERVER_DERIVED_POINT,
    SERVER_STATEMENTS
};

/* The last name that was looked up. Most entries repeat it. */
struct server_memo {
    char text[512];
    int64_t id; /* 0: none */
};

struct server_file {
    char *path;
    sqlite3 *db;
    struct db_budget budget;                     /* of each statement */
    sqlite3_stmt *statements[SERVER_STATEMENTS]; /* prepared at first use */
    struct server_run run;
    struct server_memo instance, revision;
    bool committed;
};

/* Sets e to the reason why the last call failed. Returns -1. */
int server_fail(struct server_file *f, struct err *e);
int server_exec(struct server_file *f, const char *sql, struct err *e);
int server_prepare(struct server_file *f, const char *sql, sqlite3_stmt **out, struct err *e);

/* The prepared statement, after a reset. NULL with e set on failure. */
sqlite3_stmt *server_statement(struct server_file *f, enum server_statement which, struct err *e);

/* The single number that a query returns. SERVER_NONE for NULL or if there is no row. */
int server_number(struct server_file *f, const char *sql, int64_t *out, struct err *e);

/* Binds NULL for SERVER_NONE. */
void server_bind(sqlite3_stmt *st, int at, int64_t number);
/* The text must live until the statement was stepped. */
void server_bind_text(sqlite3_stmt *st, int at, const char *text);
int64_t server_column(sqlite3_stmt *st, int at);

#endif
