#include "record/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/db.h"
#include "record/reader.h"
#include "record/record.h"
#include "record/server_internal.h"

#define LOCK_MS 5000
#define CACHE "PRAGMA cache_size = -32768"
/* They would be computed for each row that is added. */
#define NO_CHECKS "PRAGMA ignore_check_constraints = ON"
#define COMPUTED_INDEXES                                                                           \
    "SELECT count(*) FROM (VALUES ('imported'), ('server_derived'), ('server_derived_point'),"     \
    " ('server_distribution'), ('server_event'), ('server_instance'), ('server_metric'),"          \
    " ('server_name'), ('server_point'), ('server_request'), ('server_side')) AS t"                \
    " CROSS JOIN pragma_index_list(t.column1) AS i CROSS JOIN pragma_index_xinfo(i.name) AS x"     \
    " WHERE i.partial OR x.cid = -2"

extern const char embed_record_reconnections_sql[], embed_record_requests_sql[],
    embed_record_server_sql[], embed_record_flows_sql[], embed_record_streams_sql[],
    embed_record_scrape_sql[];

static const char *const sql_of[SERVER_STATEMENTS] = {
    [SERVER_NAME_FIND] = "SELECT id FROM server_name WHERE text = ?",
    [SERVER_NAME_ADD] = "INSERT INTO server_name(text) VALUES (?)",
    [SERVER_REQUEST] =
        "INSERT OR IGNORE INTO server_request(key, at_us, latency_us, status, method,"
        " path, instance, revision, trace, request_bytes, response_bytes, text)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SERVER_EVENT] = "INSERT OR IGNORE INTO server_event(key, at_us, instance, revision, kind,"
                     " severity, reason, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [SERVER_METRIC_FIND] = "SELECT id FROM server_metric WHERE metric = ? AND labels = ?",
    [SERVER_METRIC_ADD] = "INSERT INTO server_metric(metric, labels, label, kind, fold, unit)"
                          " VALUES (?, ?, ?, ?, ?, ?)",
    [SERVER_POINT_ADD] = "INSERT OR IGNORE INTO server_point VALUES (?, ?, ?, ?)",
    [SERVER_POINT_SET] = "REPLACE INTO server_point VALUES (?, ?, ?, ?)",
    [SERVER_DISTRIBUTION_ADD] =
        "INSERT OR IGNORE INTO server_distribution VALUES (?, ?, ?, ?, ?, ?)",
    [SERVER_DISTRIBUTION_SET] = "REPLACE INTO server_distribution VALUES (?, ?, ?, ?, ?, ?)",
    [SERVER_INSTANCE] = "INSERT INTO server_instance VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SERVER_DERIVED_FIND] = "SELECT id FROM server_derived WHERE metric = ? AND label = ?",
    [SERVER_DERIVED_ADD] = "INSERT INTO server_derived(metric, label, kind, source)"
                           " VALUES (?, ?, ?, ?)",
    [SERVER_DERIVED_POINT] = "REPLACE INTO server_derived_point VALUES (?, ?, ?, ?)",
};

int server_fail(struct server_file *f, struct err *e) {
    db_error(f->db, e);
    return err_prefix(e, "cannot write %s", f->path);
}

int server_exec(struct server_file *f, const char *sql, struct err *e) {
    db_budget_renew(&f->budget);
    return sqlite3_exec(f->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : server_fail(f, e);
}

int server_prepare(struct server_file *f, const char *sql, sqlite3_stmt **out, struct err *e) {
    db_budget_renew(&f->budget);
    return sqlite3_prepare_v2(f->db, sql, -1, out, NULL) == SQLITE_OK ? 0 : server_fail(f, e);
}

sqlite3_stmt *server_statement(struct server_file *f, enum server_statement which, struct err *e) {
    sqlite3_stmt **st = &f->statements[which];
    db_budget_renew(&f->budget);
    if (*st == NULL && sqlite3_prepare_v3(f->db, sql_of[which], -1, SQLITE_PREPARE_PERSISTENT, st,
                                          NULL) != SQLITE_OK) {
        server_fail(f, e);
        return NULL;
    }
    sqlite3_reset(*st);
    return *st;
}

int server_number(struct server_file *f, const char *sql, int64_t *out, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (server_prepare(f, sql, &st, e) != 0)
        return -1;
    int rc = sqlite3_step(st);
    int64_t value = rc == SQLITE_ROW ? server_column(st, 0) : SERVER_NONE;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        server_fail(f, e);
    sqlite3_finalize(st);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return -1;
    *out = value;
    return 0;
}

void server_bind(sqlite3_stmt *st, int at, int64_t number) {
    if (number == SERVER_NONE)
        sqlite3_bind_null(st, at);
    else
        sqlite3_bind_int64(st, at, number);
}

void server_bind_text(sqlite3_stmt *st, int at, const char *text) {
    sqlite3_bind_text(st, at, text, -1, SQLITE_STATIC); /* NULL for NULL */
}

int64_t server_column(sqlite3_stmt *st, int at) {
    return sqlite3_column_type(st, at) == SQLITE_NULL ? SERVER_NONE : sqlite3_column_int64(st, at);
}

static void take_pair(void *context, const char *key, const char *value) {
    struct server_run *run = context;
    if (strcmp(key, "trace_run") == 0 && strlen(value) + 1 == sizeof run->trace_run)
        memcpy(run->trace_run, value, sizeof run->trace_run);
}

/* The reader knows best what is no run file, and why. */
static int look(const char *path, struct server_run *run, struct err *e) {
    struct reader *r = NULL;
    if (reader_open(path, &r, e) != 0)
        return -1;
    const struct reader_run *x = reader_run(r);
    run->duration_us = x->duration_us;
    run->lost = strstr(x->verdict_reason, RECORD_LOST_WORDS) != NULL;
    int rc = reader_manifest(r, take_pair, run, e);
    reader_close(r);
    return rc;
}

/* A run that is in progress keeps its file in WAL mode, and SQLite leaves that mode only where
 * nobody else has the file open. After a kill it also folds in what the log beside the file
 * holds. */
static int take_over(struct server_file *f, struct err *e) {
    sqlite3_busy_timeout(f->db, 0);
    int rc = sqlite3_exec(f->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    sqlite3_busy_timeout(f->db, LOCK_MS);
    if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
        return err_set(
            e, "cannot import into %s: another program has it open; import after the run has ended",
            f->path);
    if (rc != SQLITE_OK)
        return server_fail(f, e);
    return server_exec(f, CACHE ";" NO_CHECKS ";BEGIN IMMEDIATE", e);
}

static int check_indexes(struct server_file *f, struct err *e) {
    int64_t computed;
    if (server_number(f, COMPUTED_INDEXES, &computed, e) != 0)
        return -1;
    return computed == 0
               ? 0
               : err_set(e, "cannot import into %s: it has an index that is computed (drop it)",
                         f->path);
}

static int upgrade(struct server_file *f, struct err *e) {
    int64_t version;
    char sql[64];
    if (server_number(f, "PRAGMA user_version", &version, e) != 0)
        return -1;
    if (version >= DB_SCHEMA_VERSION)
        return 0;
    if (version < 2)
        return err_set(e,
                       "cannot import into %s: a coldswarm version before the first release made "
                       "it (repeat the run)",
                       f->path);
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", DB_SCHEMA_VERSION);
    /* Older ones have no such table yet. */
    int64_t from_3 = version >= 3 ? 6 : 0, from_4 = version == 4 ? 5 : 0,
            from_5 = version >= 5 ? 9 : 0, from_7 = version == 7 ? 8 : 0;
    const struct {
        int64_t before;
        const char *sql;
    } steps[] = {
        {INT64_MAX, "DROP VIEW requests"},
        {3, "ALTER TABLE result ADD COLUMN sent_again INTEGER NOT NULL DEFAULT 0"},
        {5, "ALTER TABLE result ADD COLUMN http_version TEXT;"
            "ALTER TABLE result ADD COLUMN previous_end TEXT"},
        {10, "ALTER TABLE result ADD COLUMN grpc_status INTEGER"},
        {9, embed_record_reconnections_sql},
        {from_5, "INSERT INTO reconnection SELECT id, resent_us, previous_idle_us FROM request"
                 " WHERE resent_us IS NOT NULL OR previous_idle_us IS NOT NULL"},
        {INT64_MAX, embed_record_requests_sql},
        {3, embed_record_server_sql},
        {4, embed_record_flows_sql},
        {from_4, "ALTER TABLE check_second ADD COLUMN not_judged INTEGER NOT NULL DEFAULT 0;"
                 "DROP VIEW checks;"
                 "CREATE VIEW checks AS SELECT s.second AS second, e.name AS request,"
                 " c.name AS name, s.passes AS passes, s.fails AS fails,"
                 " s.not_judged AS not_judged FROM check_second AS s"
                 " LEFT JOIN check_name AS c ON c.id = s.id"
                 " LEFT JOIN endpoint AS e ON e.id = c.endpoint"},
        {from_4, "ALTER TABLE failed_body ADD COLUMN seen TEXT;"
                 "DROP VIEW failed_bodies;"
                 "CREATE VIEW failed_bodies AS SELECT b.at_us AS at_us, b.user AS user,"
                 " e.name AS request, e.method AS method, b.status AS status, b.error AS error,"
                 " b.bytes AS bytes, b.body AS body, b.seen AS seen FROM failed_body AS b"
                 " LEFT JOIN endpoint AS e ON e.id = b.endpoint"},
        {from_3, "DROP VIEW server_series"},
        {6, embed_record_scrape_sql},
        {7, embed_record_streams_sql},
        {from_7, "ALTER TABLE stream ADD COLUMN asked_tokens INTEGER;"
                 "ALTER TABLE stream ADD COLUMN asked_words INTEGER; DROP VIEW streams"},
        {from_7, strstr(embed_record_streams_sql, "CREATE VIEW streams")},
        {INT64_MAX, sql},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (version < steps[i].before && server_exec(f, steps[i].sql, e) != 0)
            return -1;
    return 0;
}

static int load_service(struct server_file *f, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (server_prepare(f, "SELECT service FROM server_side", &st, e) != 0)
        return -1;
    f->run.imported = sqlite3_step(st) == SQLITE_ROW;
    const unsigned char *text = f->run.imported ? sqlite3_column_text(st, 0) : NULL;
    snprintf(f->run.service, sizeof f->run.service, "%s", text == NULL ? "" : (const char *)text);
    return sqlite3_finalize(st) == SQLITE_OK ? 0 : server_fail(f, e);
}

static int load_run(struct server_file *f, struct err *e) {
    int64_t lost;
    if (load_service(f, e) != 0 ||
        server_number(
            f,
            "WITH whole(ms) AS (SELECT CAST(strftime('%s', started_utc) AS INTEGER) * 1000"
            " + CAST(substr(started_utc, 21, 3) AS INTEGER) FROM run)"
            " SELECT coalesce((SELECT CAST(value AS INTEGER) FROM manifest, whole"
            " WHERE key = 'started_us' AND CAST(value AS INTEGER) / 1000 = ms), ms * 1000)"
            " FROM whole",
            &f->run.start_us, e) != 0 ||
        server_number(f, "SELECT max(lost) FROM client_second", &lost, e) != 0)
        return -1;
    f->run.lost = f->run.lost || lost > 0;
    if (f->run.start_us == SERVER_NONE)
        return err_set(e, "cannot import into %s: it is damaged: its start is not a time", f->path);
    return 0;
}

int server_open(const char *path, struct server_file **out, struct err *e) {
    struct server_file *f = calloc(1, sizeof *f);
    char *name = db_path(path);
    if (f == NULL || name == NULL || (f->path = strdup(path)) == NULL) {
        err_memory(e, "%s", path);
        goto fail;
    }
    if (look(path, &f->run, e) != 0)
        goto fail;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(name, &f->db, flags, NULL) != SQLITE_OK) {
        server_fail(f, e);
        goto fail;
    }
    db_distrust(f->db, path, &f->budget);
    if (take_over(f, e) != 0 || check_indexes(f, e) != 0 || upgrade(f, e) != 0 ||
        load_run(f, e) != 0 || server_exec(f, "SAVEPOINT opened", e) != 0)
        goto fail;
    free(name);
    *out = f;
    return 0;
fail:
    free(name);
    server_close(f);
    return -1;
}

void server_close(struct server_file *f) {
    if (f == NULL)
        return;
    for (size_t i = 0; i < SERVER_STATEMENTS; i++)
        sqlite3_finalize(f->statements[i]);
    sqlite3_close(f->db); /* rolls back what was not committed */
    free(f->path);
    free(f);
}

static void reset_all(struct server_file *f) {
    for (size_t i = 0; i < SERVER_STATEMENTS; i++)
        sqlite3_reset(f->statements[i]);
    f->instance.id = f->revision.id = 0;
}

int server_commit(struct server_file *f, struct err *e) {
    reset_all(f);
    return server_exec(f, "COMMIT", e);
}

const struct server_run *server_run(const struct server_file *f) {
    return &f->run;
}

int server_restart(struct server_file *f, struct err *e) {
    reset_all(f);
    return server_exec(f, "ROLLBACK TO opened", e);
}

int server_clear(struct server_file *f, struct err *e) {
    reset_all(f);
    return server_exec(f,
                       "DELETE FROM server_side; DELETE FROM imported; DELETE FROM server_request;"
                       "DELETE FROM server_event; DELETE FROM server_instance;"
                       "DELETE FROM server_point; DELETE FROM server_distribution;"
                       "DELETE FROM server_metric; DELETE FROM server_derived_point;"
                       "DELETE FROM server_derived;"
                       "DELETE FROM server_name",
                       e);
}

/* Runs a prepared statement that gives no rows; *changed: it did something. */
static int run(struct server_file *f, sqlite3_stmt *st, bool *changed, struct err *e) {
    sqlite3_step(st);
    if (sqlite3_reset(st) != SQLITE_OK)
        return server_fail(f, e);
    if (changed != NULL)
        *changed = sqlite3_changes(f->db) > 0;
    return 0;
}

/* The number of a name, made where it is new; SERVER_NONE for NULL. */
static int name_id(struct server_file *f, struct server_memo *memo, const char *text, int64_t *id,
                   struct err *e) {
    *id = SERVER_NONE;
    if (text == NULL)
        return 0;
    if (memo->id != 0 && strcmp(memo->text, text) == 0) {
        *id = memo->id;
        return 0;
    }
    sqlite3_stmt *st = server_statement(f, SERVER_NAME_FIND, e);
    if (st == NULL)
        return -1;
    server_bind_text(st, 1, text);
    if (sqlite3_step(st) == SQLITE_ROW)
        *id = sqlite3_column_int64(st, 0);
    /* At once: no table can be dropped while one is being read. */
    if (sqlite3_reset(st) != SQLITE_OK)
        return server_fail(f, e);
    if (*id == SERVER_NONE) {
        if ((st = server_statement(f, SERVER_NAME_ADD, e)) == NULL)
            return -1;
        server_bind_text(st, 1, text);
        if (run(f, st, NULL, e) != 0)
            return -1;
        *id = sqlite3_last_insert_rowid(f->db);
    }
    bool fits = strlen(text) < sizeof memo->text;
    memo->id = fits ? *id : 0;
    if (fits)
        memcpy(memo->text, text, strlen(text) + 1);
    return 0;
}

int server_add_request(struct server_file *f, const struct server_request *r, bool *is_new,
                       struct err *e) {
    int64_t instance, revision;
    if (name_id(f, &f->instance, r->instance, &instance, e) != 0 ||
        name_id(f, &f->revision, r->revision, &revision, e) != 0)
        return -1;
    sqlite3_stmt *st = server_statement(f, SERVER_REQUEST, e);
    if (st == NULL)
        return -1;
    sqlite3_bind_int64(st, 1, (int64_t)r->key);
    sqlite3_bind_int64(st, 2, r->at_us);
    server_bind(st, 3, r->latency_us);
    server_bind(st, 4, r->status);
    server_bind_text(st, 5, r->method);
    sqlite3_bind_text(st, 6, r->path, r->path == NULL ? 0 : (int)r->path_len, SQLITE_STATIC);
    server_bind(st, 7, instance);
    server_bind(st, 8, revision);
    sqlite3_bind_blob(st, 9, r->trace, r->trace == NULL ? 0 : 16, SQLITE_STATIC);
    server_bind(st, 10, r->request_bytes);
    server_bind(st, 11, r->response_bytes);
    server_bind_text(st, 12, r->text);
    return run(f, st, is_new, e);
}

int server_add_event(struct server_file *f, const struct server_event *x, bool *is_new,
                     struct err *e) {
    int64_t instance, revision;
    if (name_id(f, &f->instance, x->instance, &instance, e) != 0 ||
        name_id(f, &f->revision, x->revision, &revision, e) != 0)
        return -1;
    sqlite3_stmt *st = server_statement(f, SERVER_EVENT, e);
    if (st == NULL)
        return -1;
    sqlite3_bind_int64(st, 1, (int64_t)x->key);
    sqlite3_bind_int64(st, 2, x->at_us);
    server_bind(st, 3, instance);
    server_bind(st, 4, revision);
    server_bind_text(st, 5, x->kind);
    server_bind_text(st, 6, x->severity);
    server_bind_text(st, 7, x->reason);
    server_bind_text(st, 8, x->text == NULL ? "" : x->text);
    return run(f, st, is_new, e);
}

int server_add_metric(struct server_file *f, const struct server_metric *m, int64_t *id,
                      struct err *e) {
    sqlite3_stmt *st = server_statement(f, SERVER_METRIC_FIND, e);
    if (st == NULL)
        return -1;
    server_bind_text(st, 1, m->metric);
    server_bind_text(st, 2, m->labels);
    int64_t found = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    if (sqlite3_reset(st) != SQLITE_OK)
        return server_fail(f, e);
    if (found != 0) {
        *id = found;
        return 0;
    }
    if ((st = server_statement(f, SERVER_METRIC_ADD, e)) == NULL)
        return -1;
    const char *texts[] = {m->metric, m->labels, m->label, m->kind, m->fold, m->unit};
    for (int i = 0; i < 6; i++)
        server_bind_text(st, i + 1, texts[i]);
    if (run(f, st, NULL, e) != 0)
        return -1;
    *id = sqlite3_last_insert_rowid(f->db);
    return 0;
}

static int put_point(struct server_file *f, enum server_statement which,
                     const struct server_point *p, bool *changed, struct err *e) {
    sqlite3_stmt *st = server_statement(f, which, e);
    if (st == NULL)
        return -1;
    sqlite3_bind_int64(st, 1, p->metric);
    sqlite3_bind_int64(st, 2, p->end_us);
    server_bind(st, 3, p->start_us);
    if (p->buckets == NULL) {
        sqlite3_bind_double(st, 4, p->value);
    } else {
        sqlite3_bind_int64(st, 4, p->count);
        sqlite3_bind_double(st, 5, p->value);
        server_bind_text(st, 6, p->buckets);
    }
    return run(f, st, changed, e);
}

int server_add_point(struct server_file *f, const struct server_point *p, bool *is_new,
                     struct err *e) {
    bool number = p->buckets == NULL, added = false;
    if (put_point(f, number ? SERVER_POINT_ADD : SERVER_DISTRIBUTION_ADD, p, &added, e) != 0)
        return -1;
    if (!added &&
        put_point(f, number ? SERVER_POINT_SET : SERVER_DISTRIBUTION_SET, p, NULL, e) != 0)
        return -1;
    if (is_new != NULL)
        *is_new = added;
    return 0;
}

int server_add_source(struct server_file *f, const struct server_source *s, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (server_prepare(f, "REPLACE INTO imported VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", &st,
                       e) != 0)
        return -1;
    server_bind_text(st, 1, s->kind);
    server_bind_text(st, 2, s->file);
    const uint64_t counts[] = {s->entries, s->used,    s->output, s->elsewhere,
                               s->outside, s->unknown, s->bad};
    for (int i = 0; i < 7; i++)
        sqlite3_bind_int64(st, 3 + i, (int64_t)counts[i]);
    server_bind_text(st, 10, s->complaint);
    sqlite3_bind_int(st, 11, s->cut_short);
    int rc = run(f, st, NULL, e);
    sqlite3_finalize(st);
    return rc;
}
