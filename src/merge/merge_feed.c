#include "merge/merge_feed.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/reader.h"

#define MODULE "coldswarm_merge_feed"

struct feed {
    merge_feed_fn *next;
    void *context;
    const int64_t *row; /* NULL: there are no more */
    int64_t number;     /* of the row */
    bool failed;        /* next() did, and err has the reason */
    struct err *err;
};

/* The members that SQLite fills come first. */
struct table {
    sqlite3_vtab base;
    struct feed *feed;
};

static int connect(sqlite3 *db, void *feed, int argc, const char *const *argv, sqlite3_vtab **out,
                   char **message) {
    static const char declare[] = "CREATE TABLE x(v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10,"
                                  " v11, v12, v13, v14, v15)";
    (void)argc, (void)argv, (void)message;
    int rc = sqlite3_declare_vtab(db, declare);
    struct table *t = rc == SQLITE_OK ? calloc(1, sizeof *t) : NULL;
    if (t == NULL)
        return rc == SQLITE_OK ? SQLITE_NOMEM : rc;
    t->feed = feed;
    *out = &t->base;
    return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *t) {
    free(t);
    return SQLITE_OK;
}

static int best_index(sqlite3_vtab *t, sqlite3_index_info *info) {
    (void)t;
    info->estimatedCost = 1;
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *t, sqlite3_vtab_cursor **out) {
    (void)t;
    *out = calloc(1, sizeof **out);
    return *out == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *c) {
    free(c);
    return SQLITE_OK;
}

static struct feed *feed_of(sqlite3_vtab_cursor *c) {
    return ((struct table *)c->pVtab)->feed;
}

static int next(sqlite3_vtab_cursor *c) {
    struct feed *f = feed_of(c);
    f->row = NULL;
    f->number++;
    f->failed = f->next(f->context, &f->row, f->err) < 0;
    return f->failed ? SQLITE_ABORT : SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *c, int index, const char *text, int argc,
                  sqlite3_value **argv) {
    (void)index, (void)text, (void)argc, (void)argv;
    return next(c);
}

static int is_over(sqlite3_vtab_cursor *c) {
    return feed_of(c)->row == NULL;
}

static int column(sqlite3_vtab_cursor *c, sqlite3_context *out, int i) {
    int64_t value = feed_of(c)->row[i];
    if (value != READER_NO_VALUE) /* else it is NULL */
        sqlite3_result_int64(out, value);
    return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *out) {
    *out = feed_of(c)->number;
    return SQLITE_OK;
}

static const sqlite3_module module = {.iVersion = 0,
                                      .xConnect = connect,
                                      .xBestIndex = best_index,
                                      .xDisconnect = disconnect,
                                      .xOpen = open_cursor,
                                      .xClose = close_cursor,
                                      .xFilter = filter,
                                      .xNext = next,
                                      .xEof = is_over,
                                      .xColumn = column,
                                      .xRowid = rowid};

int merge_feed(const struct merge_db *out, const char *table, const char *columns, int count,
               merge_feed_fn *next_row, void *context, struct err *e) {
    struct feed f = {.next = next_row, .context = context, .err = e};
    sqlite3_stmt *st = NULL;
    char sql[512];
    int used = snprintf(sql, sizeof sql, "INSERT INTO %s(%s) SELECT", table, columns);
    for (int i = 0; i < count; i++)
        used += snprintf(sql + used, sizeof sql - (size_t)used, "%s v%d", i == 0 ? "" : ",", i);
    snprintf(sql + used, sizeof sql - (size_t)used, " FROM " MODULE);
    if (sqlite3_create_module_v2(out->db, MODULE, &module, &f, NULL) != SQLITE_OK)
        return merge_fail(out, e);
    int result = merge_prepare(out, sql, &st, e);
    if (result == 0 && sqlite3_step(st) != SQLITE_DONE)
        result = f.failed ? -1 : merge_fail(out, e);
    sqlite3_finalize(st);
    /* `f` ends here, and so does the module. */
    sqlite3_create_module_v2(out->db, MODULE, NULL, NULL, NULL);
    return result;
}
