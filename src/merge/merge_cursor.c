#include "merge/merge_cursor.h"

#include <stdio.h>

#define TAKE_ROW "coldswarm_merge_row"

/* The SQL function that takes a row; true ends the block. */
static void take_row(sqlite3_context *context, int n, sqlite3_value **v) {
    struct merge_cursor *c = sqlite3_user_data(context);
    /* In a damaged file `id` may not be the row's number. Then SQLite sorts, and returns late. */
    if (c->count == MERGE_CURSOR_ROWS) {
        sqlite3_result_error(context, "the file is damaged: its rows are not in order of id", -1);
        return;
    }
    struct merge_row *row = &c->rows[c->count];
    for (int i = 0; i < n && i < MERGE_COLUMNS_MAX; i++)
        row->v[i] =
            sqlite3_value_type(v[i]) == SQLITE_NULL ? READER_NO_VALUE : sqlite3_value_int64(v[i]);
    sqlite3_result_int(context, ++c->count == MERGE_CURSOR_ROWS);
}

int merge_cursor_init(struct merge_cursor *c, const struct merge_part *part, size_t place,
                      const struct merge_table *table, struct err *e) {
    char sql[320];
    c->part = part;
    c->place = place;
    c->table = table;
    c->st = NULL;
    c->count = c->next = 0;
    c->over = false;
    c->end_us = INT64_MIN;
    /* Not for what a file brings along: views and triggers may not call it. */
    if (sqlite3_create_function(part->db.db, TAKE_ROW, -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, c,
                                take_row, NULL, NULL) != SQLITE_OK)
        return merge_fail(&part->db, e);
    snprintf(sql, sizeof sql, "SELECT 1 FROM %s WHERE " TAKE_ROW "(id, %s) ORDER BY id",
             table->name, table->columns);
    return merge_prepare(&part->db, sql, &c->st, e);
}

void merge_cursor_done(struct merge_cursor *c) {
    sqlite3_finalize(c->st);
    c->st = NULL;
}

static int fill(struct merge_cursor *c, struct err *e) {
    c->count = c->next = 0;
    if (c->over)
        return 0;
    int rc = sqlite3_step(c->st);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return merge_fail(&c->part->db, e);
    c->over = rc == SQLITE_DONE;
    return c->count > 0;
}

/* A file may hold any number. */
static int64_t plus(int64_t a, int64_t b) {
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

int merge_cursor_next(struct merge_cursor *c, struct err *e) {
    if (c->count == 0 || ++c->next == c->count) {
        int more = fill(c, e);
        if (more <= 0)
            return more;
    }
    const int64_t *v = c->rows[c->next].v;
    int64_t at = v[c->table->at], took = v[c->table->took];
    if (at != READER_NO_VALUE)
        c->end_us = plus(at, took == READER_NO_VALUE ? 0 : took);
    return 1;
}
