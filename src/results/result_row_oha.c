/* oha's results in SQLite (--db-url): the table `oha`. Its columns changed: url and run came with
 * release 1.7, first_byte in place of start_latency_correction later (src/db.rs). Requests that
 * failed without a response are not in it. */
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "record/db.h"
#include "results/result_row.h"
#include "util/buf.h"

#define SECONDS_MAX (366.0 * 86400)
/* A later run's number is the time of its start, in seconds since 1970. */
#define RUN_IS_A_TIME 1000000000

struct oha {
    sqlite3 *db;
    struct db_budget budget;
    sqlite3_stmt *rows;
    struct buf url;
};

static int fail(const struct result_source *s, sqlite3 *db, struct err *e) {
    return err_set(e, "%s: %s", s->path, sqlite3_errmsg(db));
}

static bool has_column(sqlite3 *db, const char *name) {
    sqlite3_stmt *st = NULL;
    bool found = false;
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_table_info('oha') WHERE name = ?", -1, &st,
                           NULL) == SQLITE_OK) {
        sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
        found = sqlite3_step(st) == SQLITE_ROW;
    }
    sqlite3_finalize(st);
    return found;
}

static int open_oha(struct result_source *s, struct err *e) {
    static const char *const needed[] = {"start", "duration", "status", "len_bytes"};
    static const char *const table = "oha";
    struct oha *o = calloc(1, sizeof *o);
    s->own = o;
    if (o == NULL)
        return err_memory(e, NULL);
    buf_init(&o->url, (size_t)1 << 20);
    if (db_check_path(s->path, e) != 0)
        return -1;
    if (sqlite3_open_v2(s->path, &o->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        return fail(s, o->db, e);
    db_distrust(o->db, s->path, &o->budget);
    if (sqlite3_exec(o->db, "SELECT 1 FROM sqlite_schema", NULL, NULL, NULL) != SQLITE_OK)
        return fail(s, o->db, e);
    if (db_inspect(o->db, &table, 1, e) != 0)
        return err_prefix(e, "%s", s->path);
    if (!db_is_table(o->db, table)) /* a view could run what someone else wrote */
        return err_set(e, "%s has no table \"oha\", so it is not %s", s->path, s->format->what);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!has_column(o->db, needed[i]))
            return err_set(e, "%s: its table \"oha\" has no column \"%s\"", s->path, needed[i]);
    char sql[256];
    snprintf(sql, sizeof sql,
             "SELECT start, duration, status, len_bytes, %s, %s, %s FROM oha ORDER BY rowid",
             has_column(o->db, "url") ? "url" : "NULL", has_column(o->db, "run") ? "run" : "NULL",
             has_column(o->db, "first_byte") ? "first_byte" : "NULL");
    return sqlite3_prepare_v2(o->db, sql, -1, &o->rows, NULL) != SQLITE_OK ? fail(s, o->db, e) : 0;
}

static void close_oha(struct result_source *s) {
    struct oha *o = s->own;
    if (o != NULL) {
        sqlite3_finalize(o->rows);
        sqlite3_close(o->db);
        buf_done(&o->url);
    }
    free(o);
    s->own = NULL;
}

static int rewind_oha(struct result_source *s, struct err *e) {
    struct oha *o = s->own;
    (void)e;
    sqlite3_reset(o->rows);
    s->table.number = 0;
    return 0;
}

static bool seconds(sqlite3_stmt *st, int column, int64_t *us) {
    double value = sqlite3_column_double(st, column);
    bool good =
        sqlite3_column_type(st, column) != SQLITE_NULL && value >= 0 && value <= SECONDS_MAX;
    *us = good ? (int64_t)llround(value * 1e6) : 0;
    return good;
}

static int next_oha(struct result_source *s, struct result_row *row, struct err *e) {
    struct oha *o = s->own;
    int rc = sqlite3_step(o->rows);
    int64_t first_us;
    if (rc == SQLITE_DONE)
        return 0;
    if (rc != SQLITE_ROW)
        return fail(s, o->db, e);
    s->table.number++;
    int64_t status = sqlite3_column_int64(o->rows, 2), bytes = sqlite3_column_int64(o->rows, 3),
            run = sqlite3_column_int64(o->rows, 5);
    if (!seconds(o->rows, 0, &row->start_us) || !seconds(o->rows, 1, &row->took_us))
        return result_bad(s, e, "start or duration is not a number of seconds");
    if (status < 100 || status > 999)
        return result_bad(s, e, "status is not a status of HTTP");
    row->received = bytes < 0 || (uint64_t)bytes > RESULT_RECEIVED_MAX ? 0 : (uint64_t)bytes;
    if (seconds(o->rows, 6, &first_us) && first_us >= row->start_us)
        row->ttfb_us = first_us - row->start_us;
    if (run >= RUN_IS_A_TIME && run < INT64_C(253402300799))
        row->start_us += run * 1000000;
    buf_clear(&o->url);
    const char *url = (const char *)sqlite3_column_text(o->rows, 4);
    buf_str(&o->url, url == NULL ? "" : url);
    if (!buf_ok(&o->url))
        return result_bad(s, e, "its URL is larger than 1 MiB");
    row->url = (struct bytes){buf_text(&o->url), o->url.len};
    row->name = row->url.len > 0 ? result_name(row->url) : (struct bytes){"/", 1};
    result_judge(row, (int)status, status < 400, (struct bytes){"", 0});
    return 1;
}

const struct result_format result_oha = {
    .word = "oha-sqlite",
    .what = "oha's results (--db-url)",
    .lacks = "users, methods, requests without a response, bytes sent, intended times",
    .open = open_oha,
    .rewind = rewind_oha,
    .next = next_oha,
    .close = close_oha};
