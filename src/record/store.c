#include "record/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/db.h"
#include "record/result_ids.h"
#include "record/schema.h"
#include "record/store_scrape.h"
#include "record/store_stream.h"
#include "record/stream_row.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/fits.h"
#include "util/outcome.h"
#include "util/text.h"

/* Of one stream: no more than SQLite takes. */
#define GAPS_BYTES_MAX ((size_t)1000000000)

/* Parameters of the statement for a request, in its order. */
enum {
    P_RESULT = 1,
    P_USER,
    P_AT,
    P_LAG,
    P_TOOK,
    P_REST,
    P_DNS,
    P_CONNECT,
    P_TLS,
    P_SENT,
    P_RECEIVED
};

struct store {
    char *path; /* as SQLite knows it */
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *request, *reconnection, *result, *error, *event, *users, *client,
        *dispatch, *iteration, *check, *body, *stream;
    struct store_scrape scrape;
    struct errors *errors;
    struct result_ids result_ids;
    struct buf gaps; /* of the stream that is being written */
};

/* Binds text as valid UTF-8, which what comes from outside need not be. */
static int bind_text(sqlite3_stmt *st, int at, const char *text) {
    if (text == NULL)
        text = "";
    size_t n = strlen(text);
    struct buf b;
    buf_init(&b, n > SIZE_MAX / 3 ? SIZE_MAX : 3 * n);
    text_repair(&b, text, n);
    int rc = buf_ok(&b)
                 ? sqlite3_bind_text64(st, at, buf_text(&b), b.len, SQLITE_TRANSIENT, SQLITE_UTF8)
                 : SQLITE_NOMEM;
    buf_done(&b);
    return rc;
}

/* Runs a statement that gives no rows and makes it ready for the next time. */
static int run(struct store *s, sqlite3_stmt *st, struct err *e) {
    errno = 0; /* so that db_error() finds none but this call's */
    sqlite3_step(st);
    return sqlite3_reset(st) == SQLITE_OK ? 0 : db_error(s->db, e);
}

static int exec(struct store *s, const char *sql, struct err *e) {
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_error(s->db, e);
}

static int prepare(struct store *s, const char *sql, sqlite3_stmt **out, struct err *e) {
    int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK ? 0 : db_error(s->db, e);
}

static int prepare_all(struct store *s, struct err *e) {
    const struct {
        sqlite3_stmt **to;
        const char *sql;
    } all[] = {
        {&s->begin, "BEGIN IMMEDIATE"},
        {&s->commit, "COMMIT"},
        {&s->request, "INSERT INTO request(result, user, at_us, lag_us, took_us, rest_us, dns_us,"
                      " connect_us, tls_us, bytes_sent, bytes_received)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&s->reconnection, "INSERT INTO reconnection(request, resent_us, previous_idle_us)"
                           " VALUES (?, ?, ?)"},
        {&s->result, "INSERT INTO result(id, endpoint, status, outcome, error, new_connection,"
                     " sent_again, http_version, previous_end, grpc_status)"
                     " VALUES (?, ?, nullif(?, 0), ?, nullif(?, 0), ?, ?, ?, ?, nullif(?, -1))"},
        {&s->error, "INSERT OR IGNORE INTO error(id, text) VALUES (?, ?)"},
        {&s->event, "INSERT INTO event(at_us, kind, text) VALUES (?, ?, ?)"},
        {&s->users, "INSERT OR REPLACE INTO user_count(second, users) VALUES (?, ?)"},
        {&s->client, "INSERT OR REPLACE INTO client_second"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&s->iteration, "INSERT INTO iteration(task, user, at_us, took_us, ok)"
                        " VALUES (?, ?, ?, ?, ?)"},
        {&s->check, "INSERT INTO check_second VALUES (?, ?, ?, ?, ?) ON CONFLICT(second, id)"
                    " DO UPDATE SET passes = passes + excluded.passes,"
                    " fails = fails + excluded.fails,"
                    " not_judged = not_judged + excluded.not_judged"},
        {&s->body, "INSERT INTO failed_body(endpoint, user, at_us, status, error, bytes, body,"
                   " seen) VALUES (?, ?, ?, ?, ?, ?, ?, nullif(?, ''))"},
        {&s->stream, STORE_STREAM_INSERT},
        {&s->dispatch, "INSERT OR REPLACE INTO dispatch_second VALUES (?, ?, ?, ?, ?, ?)"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (prepare(s, all[i].sql, all[i].to, e) != 0)
            return -1;
    }
    return 0;
}

static int insert_endpoints(struct store *s, const struct catalog *c, struct err *e) {
    sqlite3_stmt *st = NULL;
    int rc = prepare(s, "INSERT INTO endpoint(id, name, method) VALUES (?, ?, ?)", &st, e);
    for (size_t i = 0; rc == 0 && i < c->endpoint_count; i++) {
        sqlite3_bind_int64(st, 1, (int64_t)i);
        if (bind_text(st, 2, c->endpoints[i].name) != SQLITE_OK ||
            bind_text(st, 3, c->endpoints[i].method) != SQLITE_OK)
            rc = err_memory(e, NULL);
        else
            rc = run(s, st, e);
    }
    sqlite3_finalize(st);
    return rc;
}

static int insert_tasks(struct store *s, const struct catalog *c, struct err *e) {
    sqlite3_stmt *st = NULL;
    int rc = prepare(s, "INSERT INTO task(id, name, endpoint) VALUES (?, ?, ?)", &st, e);
    for (size_t i = 0; rc == 0 && i < c->task_count; i++) {
        sqlite3_bind_int64(st, 1, (int64_t)i);
        if (c->tasks[i].endpoint < 0)
            sqlite3_bind_null(st, 3);
        else
            sqlite3_bind_int64(st, 3, c->tasks[i].endpoint);
        rc = bind_text(st, 2, c->tasks[i].name) == SQLITE_OK ? run(s, st, e) : err_memory(e, NULL);
    }
    sqlite3_finalize(st);
    return rc;
}

/* A capture's name in the file is "capture NAME". */
static int insert_checks(struct store *s, const struct catalog *c, struct err *e) {
    sqlite3_stmt *st = NULL;
    int rc = prepare(s, "INSERT INTO check_name(id, endpoint, name) VALUES (?, ?, ? || ?)", &st, e);
    for (size_t i = 0; rc == 0 && i < c->check_count; i++) {
        sqlite3_bind_int64(st, 1, (int64_t)i);
        sqlite3_bind_int64(st, 2, c->checks[i].endpoint);
        sqlite3_bind_text(st, 3, c->checks[i].capture ? "capture " : "", -1, SQLITE_STATIC);
        rc = bind_text(st, 4, c->checks[i].name) == SQLITE_OK ? run(s, st, e) : err_memory(e, NULL);
    }
    sqlite3_finalize(st);
    return rc;
}

static int insert_catalog(struct store *s, const struct catalog *c, struct err *e) {
    if (insert_endpoints(s, c, e) != 0 || insert_tasks(s, c, e) != 0)
        return -1;
    return insert_checks(s, c, e);
}

/* SQLite's integers end at 2^63 - 1: a larger seed is kept as text, which says the same to whoever
 * reads it. */
static void bind_seed(sqlite3_stmt *st, int at, uint64_t seed) {
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, seed);
    if (seed <= INT64_MAX)
        sqlite3_bind_int64(st, at, (int64_t)seed);
    else
        sqlite3_bind_text(st, at, text, -1, SQLITE_TRANSIENT);
}

static int insert_run(struct store *s, const struct record_run *r, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (prepare(s,
                "INSERT INTO run(name, started_utc, users_max, scenario, target, seed, version)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                &st, e) != 0)
        return -1;
    char utc[CLOCK_UTC_BYTES];
    clock_utc(r->started_real_ns, utc);
    sqlite3_bind_text(st, 2, utc, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(st, 3, r->users_max);
    bind_seed(st, 6, r->seed);
    int rc;
    if (bind_text(st, 1, r->name) != SQLITE_OK || bind_text(st, 4, r->scenario) != SQLITE_OK ||
        bind_text(st, 5, r->target) != SQLITE_OK || bind_text(st, 7, r->version) != SQLITE_OK)
        rc = err_memory(e, NULL);
    else
        rc = run(s, st, e);
    sqlite3_finalize(st);
    return rc;
}

/* All of it in one transaction: a file has the marks of a run file once it has the run. */
static int make_schema(struct store *s, const struct record_run *r, struct err *e) {
    if (exec(s, "BEGIN IMMEDIATE", e) != 0 || schema_make(s->db, e) != 0 ||
        (r->catalog != NULL && insert_catalog(s, r->catalog, e) != 0) || insert_run(s, r, e) != 0 ||
        exec(s, "COMMIT", e) != 0)
        return -1;
    /* So that the main file shows what it is even without its log. */
    return exec(s, "PRAGMA wal_checkpoint(TRUNCATE)", e);
}

/* WAL: readers and the writer do not wait for each other. synchronous = NORMAL: a commit costs no
 * fsync, a killed process loses nothing, and after a power cut the file is whole up to some commit.
 * The log is folded in every 4 MiB; a reader that holds on to an old state keeps it growing, and
 * once it is gone the log is cut back. */
static int configure(struct store *s, struct err *e) {
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, STORE_LOCK_OPEN_MS);
    return exec(s,
                "PRAGMA page_size = 4096;"
                "PRAGMA journal_mode = WAL;"
                "PRAGMA synchronous = NORMAL;"
                "PRAGMA wal_autocheckpoint = 1000;"
                "PRAGMA journal_size_limit = 4194304;"
                "PRAGMA cache_size = -1024;",
                e);
}

/* Makes the empty file, which must not be there: SQLite would quietly go on with one that is. */
static int make_file(const char *path, struct err *e) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST)
        return err_set(e, FILE_TAKEN);
    if (fd < 0 && (errno == EACCES || errno == EROFS))
        return err_set(e, "%s (choose a directory that you may write to)", strerror(errno));
    if (fd < 0)
        return err_set(e, "%s (choose another path)", strerror(errno));
    close(fd);
    return 0;
}

int store_create(const char *path, const struct record_run *r, struct errors *errors,
                 struct store **out, struct err *e) {
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL || (s->path = db_path(path)) == NULL) {
        free(s);
        return err_memory(e, NULL);
    }
    s->errors = errors;
    buf_init(&s->gaps, GAPS_BYTES_MAX);
    bool made = false;
    if (file_make_parent(path, e) != 0 || make_file(path, e) != 0)
        goto fail;
    made = true;
    /* Its user takes care that no two threads are in it. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK) {
        db_error(s->db, e);
        goto fail;
    }
    if (configure(s, e) != 0 || make_schema(s, r, e) != 0 || prepare_all(s, e) != 0)
        goto fail;
    sqlite3_busy_timeout(s->db, STORE_LOCK_RUN_MS);
    *out = s;
    return 0;
fail:
    store_free(s);
    if (made)
        db_remove(path);
    return -1;
}

void store_free(struct store *s) {
    if (s == NULL)
        return;
    sqlite3_stmt *all[] = {s->begin,     s->commit, s->request, s->reconnection, s->result,
                           s->error,     s->event,  s->users,   s->client,       s->dispatch,
                           s->iteration, s->check,  s->body,    s->stream};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        sqlite3_finalize(all[i]);
    store_scrape_done(&s->scrape);
    sqlite3_close(s->db);
    result_ids_done(&s->result_ids);
    buf_done(&s->gaps);
    free(s->path);
    free(s);
}

int store_manifest(struct store *s, const char *key, const char *value, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (prepare(s, "INSERT OR REPLACE INTO manifest(key, value) VALUES (?, ?)", &st, e) != 0)
        return -1;
    int rc;
    if (bind_text(st, 1, key) != SQLITE_OK || bind_text(st, 2, value) != SQLITE_OK)
        rc = err_memory(e, NULL);
    else
        rc = run(s, st, e);
    sqlite3_finalize(st);
    return rc;
}

int store_begin(struct store *s, struct err *e) {
    return run(s, s->begin, e);
}

/* Adds a row to `result`, and to `error` where its text is new to the file. */
static int insert_result(struct store *s, uint32_t id, const struct sample *x, struct err *e) {
    if (x->error != 0) {
        sqlite3_bind_int(s->error, 1, x->error);
        if (bind_text(s->error, 2, errors_text(s->errors, x->error)) != SQLITE_OK)
            return err_memory(e, NULL);
        if (run(s, s->error, e) != 0)
            return -1;
    }
    sqlite3_bind_int64(s->result, 1, id);
    sqlite3_bind_int(s->result, 2, x->endpoint);
    sqlite3_bind_int(s->result, 3, x->status);
    sqlite3_bind_int(s->result, 4, (int)x->outcome);
    sqlite3_bind_int(s->result, 5, x->error);
    sqlite3_bind_int(s->result, 6, (x->flags & SAMPLE_NEW_CONNECTION) != 0);
    sqlite3_bind_int(s->result, 7, (x->flags & SAMPLE_SENT_AGAIN) != 0);
    sqlite3_bind_text(s->result, 8, http_version_text((int)x->http_version), -1, SQLITE_STATIC);
    sqlite3_bind_text(s->result, 9, connection_end_text((int)x->previous_end), -1, SQLITE_STATIC);
    sqlite3_bind_int(s->result, 10, (int)x->grpc_status - 1);
    return run(s, s->result, e);
}

static int result_id(struct store *s, const struct sample *x, uint32_t *id, struct err *e) {
    bool is_new = false;
    *id = result_ids_of(&s->result_ids, x, &is_new);
    if (*id == 0)
        return err_memory(e, NULL);
    return is_new ? insert_result(s, *id, x, e) : 0;
}

static void bind_known(sqlite3_stmt *st, int at, int64_t value) {
    if (value == RECORD_UNKNOWN)
        sqlite3_bind_null(st, at);
    else
        sqlite3_bind_int64(st, at, value);
}

static void bind_step(sqlite3_stmt *st, int at, uint32_t us) {
    if (us == 0)
        sqlite3_bind_null(st, at);
    else
        sqlite3_bind_int64(st, at, us);
}

static void bind_time(sqlite3_stmt *st, int at, bool known, int64_t us) {
    if (known)
        sqlite3_bind_int64(st, at, us);
    else
        sqlite3_bind_null(st, at);
}

/* Each moment is cut to whole microseconds by itself, so that differences of the columns agree with
 * each other. What was never sent and has an end took no time. */
static void bind_times(sqlite3_stmt *st, const struct sample *x) {
    int64_t intended = sample_us(x->intended_ns), sent = sample_us(x->sent_ns),
            end = sample_us(x->end_ns);
    int64_t at = sent != SAMPLE_NO_TIME ? sent : end != SAMPLE_NO_TIME ? end : intended;
    bool ended = end != SAMPLE_NO_TIME, planned = intended != SAMPLE_NO_TIME;
    int64_t took = ended ? end - at : 0;
    bind_time(st, P_AT, at != SAMPLE_NO_TIME, at);
    bind_time(st, P_LAG, planned, planned ? at - intended : 0);
    bind_time(st, P_TOOK, ended, took);
    bind_time(st, P_REST, ended && x->ttfb_us != SAMPLE_NO_TTFB, took - x->ttfb_us);
}

/* After its request. */
static int insert_reconnection(struct store *s, const struct sample *x, struct err *e) {
    sqlite3_bind_int64(s->reconnection, 1, sqlite3_last_insert_rowid(s->db));
    bind_step(s->reconnection, 2, x->resent_us);
    bind_step(s->reconnection, 3, x->previous_idle_us);
    return run(s, s->reconnection, e);
}

int store_sample(struct store *s, const struct sample *x, struct err *e) {
    uint32_t id;
    if (result_id(s, x, &id, e) != 0)
        return -1;
    sqlite3_stmt *st = s->request;
    sqlite3_bind_int64(st, P_RESULT, id);
    sqlite3_bind_int64(st, P_USER, x->user);
    bind_times(st, x);
    bind_step(st, P_DNS, x->dns_us);
    bind_step(st, P_CONNECT, x->connect_us);
    bind_step(st, P_TLS, x->tls_us);
    sqlite3_bind_int64(st, P_SENT, x->bytes_sent);
    sqlite3_bind_int64(st, P_RECEIVED, (int64_t)x->bytes_received);
    if (run(s, st, e) != 0)
        return -1;
    return x->resent_us == 0 && x->previous_idle_us == 0 ? 0 : insert_reconnection(s, x, e);
}

int store_stream(struct store *s, const struct sample *x, const struct stream_record *stream,
                 struct err *e) {
    struct stream_row row;
    stream_row_of(stream, sample_us(x->sent_ns), &s->gaps, &row);
    if (buf_fits(&s->gaps, e, "limit its tokens", "the record of the gaps of a stream") != 0)
        return -1;
    store_stream_bind(s->stream, sqlite3_last_insert_rowid(s->db), &row);
    return run(s, s->stream, e);
}

int store_iteration(struct store *s, const struct sample *x, struct err *e) {
    int64_t at_us = x->sent_ns / 1000;
    sqlite3_bind_int64(s->iteration, 1, x->endpoint);
    sqlite3_bind_int64(s->iteration, 2, x->user);
    sqlite3_bind_int64(s->iteration, 3, at_us);
    sqlite3_bind_int64(s->iteration, 4, x->end_ns / 1000 - at_us);
    sqlite3_bind_int(s->iteration, 5, x->outcome == OUTCOME_OK);
    return run(s, s->iteration, e);
}

int store_check(struct store *s, uint32_t second, uint32_t id, uint32_t passes, uint32_t fails,
                uint32_t not_judged, struct err *e) {
    sqlite3_bind_int64(s->check, 1, second);
    sqlite3_bind_int64(s->check, 2, id);
    sqlite3_bind_int64(s->check, 3, passes);
    sqlite3_bind_int64(s->check, 4, fails);
    sqlite3_bind_int64(s->check, 5, not_judged);
    return run(s, s->check, e);
}

int store_body(struct store *s, const struct record_body *b, struct err *e) {
    struct buf text;
    sqlite3_bind_int64(s->body, 1, b->endpoint);
    sqlite3_bind_int64(s->body, 2, b->user);
    sqlite3_bind_int64(s->body, 3, b->at_ns / 1000);
    sqlite3_bind_int(s->body, 4, b->status);
    sqlite3_bind_int64(s->body, 6, (int64_t)b->bytes);
    buf_init(&text, 3 * b->body_bytes + 1);
    text_repair(&text, b->body, b->body_bytes);
    bool ok = bind_text(s->body, 5, b->error) == SQLITE_OK &&
              bind_text(s->body, 8, b->seen) == SQLITE_OK && buf_ok(&text) &&
              sqlite3_bind_text64(s->body, 7, buf_text(&text), text.len, SQLITE_TRANSIENT,
                                  SQLITE_UTF8) == SQLITE_OK;
    buf_done(&text);
    return ok ? run(s, s->body, e) : err_memory(e, NULL);
}

int store_start(struct store *s, int64_t real_ns, struct err *e) {
    char utc[CLOCK_UTC_BYTES];
    sqlite3_stmt *st = NULL;
    clock_utc(real_ns, utc);
    if (prepare(s, "UPDATE run SET started_utc = ?", &st, e) != 0)
        return -1;
    sqlite3_bind_text(st, 1, utc, -1, SQLITE_TRANSIENT);
    int rc = run(s, st, e);
    sqlite3_finalize(st);
    char us[32];
    snprintf(us, sizeof us, "%" PRId64, real_ns / 1000); /* what the milliseconds above leave out */
    return rc != 0 ? -1 : store_manifest(s, "started_us", us, e);
}

int store_event(struct store *s, int64_t at_ns, const char *kind, const char *text, struct err *e) {
    sqlite3_bind_int64(s->event, 1, at_ns / 1000);
    if (bind_text(s->event, 2, kind) != SQLITE_OK || bind_text(s->event, 3, text) != SQLITE_OK)
        return err_memory(e, NULL);
    return run(s, s->event, e);
}

int store_users(struct store *s, uint32_t second, uint32_t users, struct err *e) {
    sqlite3_bind_int64(s->users, 1, second);
    sqlite3_bind_int64(s->users, 2, users);
    return run(s, s->users, e);
}

/* Four digits: more would be noise. */
static void bind_share(sqlite3_stmt *st, int at, double share) {
    sqlite3_bind_double(st, at, round(share * 1e4) / 1e4);
}

int store_client(struct store *s, const struct record_client *c, struct err *e) {
    sqlite3_stmt *st = s->client;
    sqlite3_bind_int64(st, 1, c->second);
    bind_share(st, 2, c->cpu_max);
    bind_share(st, 3, c->cpu_sum);
    bind_share(st, 4, c->cpu_writer);
    bind_known(st, 5, c->loop_lag_mean_us);
    bind_known(st, 6, c->loop_lag_max_us);
    sqlite3_bind_int64(st, 7, (int64_t)c->queued_max);
    sqlite3_bind_int64(st, 8, (int64_t)c->lost);
    bind_known(st, 9, c->open_files);
    bind_known(st, 10, c->ports);
    bind_known(st, 11, c->retransmits);
    return run(s, st, e);
}

int store_dispatch(struct store *s, const struct record_dispatch *d, struct err *e) {
    sqlite3_stmt *st = s->dispatch;
    sqlite3_bind_int64(st, 1, d->second);
    sqlite3_bind_int64(st, 2, (int64_t)d->sent);
    sqlite3_bind_int64(st, 3, (int64_t)d->late);
    sqlite3_bind_int64(st, 4, d->p50_us);
    sqlite3_bind_int64(st, 5, d->p99_us);
    sqlite3_bind_int64(st, 6, d->max_us);
    return run(s, st, e);
}

int store_series(struct store *s, const struct record_series *x, struct err *e) {
    return store_scrape_series(&s->scrape, s->db, x, e);
}

int store_points(struct store *s, int64_t at_ns, const struct record_point *points, size_t n,
                 struct err *e) {
    return store_scrape_points(&s->scrape, s->db, at_ns, points, n, e);
}

int store_commit(struct store *s, struct err *e) {
    return run(s, s->commit, e);
}

void store_rollback(struct store *s) {
    /* SQLite has rolled back by itself after some errors; then there is nothing to do. */
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

int store_finish(struct store *s, const struct record_end *end, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (prepare(s,
                "UPDATE run SET duration_us = ?, verdict = ?, verdict_reason = ?, exit_code = ?,"
                " users_max = max(users_max, ?)",
                &st, e) != 0)
        return -1;
    sqlite3_bind_int64(st, 1, end->duration_ns / 1000);
    sqlite3_bind_int(st, 4, end->exit_code);
    sqlite3_bind_int64(st, 5, end->users_max);
    int rc;
    if (bind_text(st, 2, end->verdict) != SQLITE_OK ||
        bind_text(st, 3, end->verdict_reason) != SQLITE_OK)
        rc = err_memory(e, NULL);
    else
        rc = run(s, st, e);
    sqlite3_finalize(st);
    /* Out of WAL, so that the finished file is one file and reads from a place that cannot be
     * written. A reader that is there now prevents it; then the file stays as it is, as good to
     * read. */
    sqlite3_busy_timeout(s->db, 100);
    sqlite3_exec(s->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    return rc;
}

sqlite3 *store_db(struct store *s) {
    return s->db;
}
