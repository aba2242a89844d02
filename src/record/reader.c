#include "record/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/db.h"
#include "record/reader_internal.h"
#include "record/sample.h"
#include "util/array.h"
#include "util/buf.h"

#define LOCK_MS 5000

/* Opens the file and the read transaction; an SQLite result code. */
static int connect(struct reader *r, const char *name, int flags) {
    sqlite3_close(r->db);
    r->db = NULL;
    int rc =
        sqlite3_open_v2(name, &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | flags, NULL);
    if (rc != SQLITE_OK)
        return rc;
    db_distrust(r->db, r->path, &r->budget);
    sqlite3_busy_timeout(r->db, LOCK_MS);
    return sqlite3_exec(r->db, "BEGIN; SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
}

/* The path as a URI that tells SQLite that nobody writes the file; the caller frees it. */
static char *immutable_uri(const char *path) {
    struct buf b;
    buf_init(&b, 3 * strlen(path) + 64);
    buf_str(&b, "file:");
    for (; *path != '\0'; path++) {
        if (*path == '%' || *path == '?' || *path == '#')
            buf_printf(&b, "%%%02X", (unsigned)*path);
        else
            buf_char(&b, *path);
    }
    buf_str(&b, "?immutable=1");
    return buf_take(&b);
}

/* SQLite wants to write beside a file that is, or was left, in WAL mode. In a place where we may
 * not that is only needed when there is a log to read. */
static int connect_read_only(struct reader *r, const char *name, struct err *e) {
    if (db_has_log(r->path))
        return err_set(e,
                       "cannot read %s: its newest requests are in %s-wal, and reading that needs "
                       "write access to the directory (copy both files to your own directory)",
                       r->path, r->path);
    char *uri = immutable_uri(name);
    if (uri == NULL)
        return reader_no_memory(r, e);
    int rc = connect(r, uri, SQLITE_OPEN_URI);
    free(uri);
    return rc == SQLITE_OK ? 0 : reader_fail_db(r, e);
}

static int open_file(struct reader *r, struct err *e) {
    char *name = db_path(r->path);
    if (name == NULL)
        return reader_no_memory(r, e);
    int rc = connect(r, name, 0), result = 0;
    if (rc == SQLITE_NOTADB)
        result = err_set(e, "cannot read %s: it is not a run file (not even SQLite)", r->path);
    else if (rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY)
        result = connect_read_only(r, name, e);
    else if (rc != SQLITE_OK)
        result = reader_fail_db(r, e);
    free(name);
    return result == 0 && reader_scan_init(r) != SQLITE_OK ? reader_fail_db(r, e) : result;
}

static int check_marks(struct reader *r, struct err *e) {
    int64_t application, version;
    if (reader_number(r, "PRAGMA application_id", &application, e) != 0 ||
        reader_number(r, "PRAGMA user_version", &version, e) != 0)
        return -1;
    if (application != DB_APPLICATION_ID || version < 1)
        return err_set(e, "cannot read %s: it is an SQLite file, but coldswarm did not make it",
                       r->path);
    if (version > DB_SCHEMA_VERSION)
        return err_set(e,
                       "cannot read %s: a newer coldswarm made it (schema %" PRId64
                       ", this version supports %d); use the newer version",
                       r->path, version, DB_SCHEMA_VERSION);
    r->version = version;
    return 0;
}

static int inspect(struct reader *r, struct err *e) {
    static const char *const tables[] = {"check_name",
                                         "check_second",
                                         "client_second",
                                         "dispatch_second",
                                         "endpoint",
                                         "error",
                                         "event",
                                         "failed_body",
                                         "imported",
                                         "iteration",
                                         "manifest",
                                         "outcome",
                                         "part",
                                         "reconnection",
                                         "request",
                                         "result",
                                         "run",
                                         "scrape_point",
                                         "scrape_series",
                                         "server_derived",
                                         "server_derived_point",
                                         "server_distribution",
                                         "server_event",
                                         "server_instance",
                                         "server_metric",
                                         "server_name",
                                         "server_point",
                                         "server_request",
                                         "server_side",
                                         "shard_manifest",
                                         "stream",
                                         "task",
                                         "user_count"};
    return db_inspect(r->db, tables, COUNT_OF(tables), e) == 0
               ? 0
               : err_prefix(e, "cannot read %s", r->path);
}

static int load_run(struct reader *r, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (reader_prepare(
            r,
            "SELECT name, started_utc, scenario, target, version, verdict, verdict_reason,"
            " duration_us, users_max, seed, exit_code FROM run",
            &st, e) != 0)
        return -1;
    int rc = sqlite3_step(st);
    if (rc == SQLITE_DONE) {
        sqlite3_finalize(st);
        return reader_damaged(r, "run", 1, e);
    }
    bool ok = true;
    if (rc == SQLITE_ROW) {
        struct reader_run *run = &r->run;
        const char **texts[] = {&run->name,          &run->started_utc, NULL,
                                &run->target,        &run->version,     &run->verdict,
                                &run->verdict_reason};
        for (int i = 0; i < 7; i++)
            ok = (texts[i] == NULL || (*texts[i] = reader_keep_column(r, st, i)) != NULL) && ok;
        ok = (run->scenario = reader_keep_whole(r, st, 2)) != NULL && ok;
        run->complete = sqlite3_column_type(st, 5) != SQLITE_NULL;
        run->duration_us = sqlite3_column_int64(st, 7);
        run->users_max = (uint32_t)sqlite3_column_int64(st, 8);
        if (sqlite3_column_type(st, 9) == SQLITE_INTEGER)
            run->seed = (uint64_t)sqlite3_column_int64(st, 9);
        else if (sqlite3_column_text(st, 9) != NULL)
            run->seed = strtoull((const char *)sqlite3_column_text(st, 9), NULL, 10);
        run->exit_code = run->complete ? sqlite3_column_int(st, 10) : -1;
    }
    if (reader_finish(r, st, rc, e) != 0)
        return -1;
    if (!ok)
        return reader_no_memory(r, e);
    return r->run.complete
               ? 0
               : reader_number(r,
                               "SELECT max(x) FROM ("
                               "SELECT max(at_us + coalesce(took_us, 0)) AS x FROM request"
                               " UNION ALL SELECT max(at_us) FROM event"
                               " UNION ALL SELECT max(second) * 1000000 FROM user_count)",
                               &r->run.duration_us, e);
}

static int load_errors(struct reader *r, struct err *e) {
    if (reader_count_ids(r, "SELECT max(id) + 1 FROM error", UINT16_MAX + 1, &r->error_count, e) !=
        0)
        return -1;
    r->errors = calloc(r->error_count + 1, sizeof *r->errors);
    if (r->errors == NULL)
        return reader_no_memory(r, e);
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r, "SELECT id, text FROM error WHERE id >= 0", &st, e) != 0)
        return -1;
    bool ok = true, in_order = true;
    int rc = SQLITE_DONE;
    while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW &&
           (in_order = reader_is_id(st, r->error_count)))
        ok = (r->errors[sqlite3_column_int64(st, 0)] = reader_keep_column(r, st, 1)) != NULL;
    int64_t id = in_order ? 0 : sqlite3_column_int64(st, 0);
    if (reader_finish(r, st, rc, e) != 0)
        return -1;
    if (!in_order)
        return reader_damaged(r, "error", id, e);
    return ok ? 0 : reader_no_memory(r, e);
}

/* The number of a word; 0 for none and for one that we do not know. */
static int number_of(const unsigned char *word, const char *text(int), int count) {
    for (int i = 1; word != NULL && i < count; i++)
        if (strcmp(text(i), (const char *)word) == 0)
            return i;
    return 0;
}

static bool set_result(struct reader *r, sqlite3_stmt *st, struct result *x) {
    int64_t endpoint = sqlite3_column_int64(st, 1), outcome = sqlite3_column_int64(st, 3);
    int64_t error = sqlite3_column_int64(st, 4);
    *x = (struct result){
        .endpoint = (uint32_t)endpoint,
        .error = (uint32_t)error,
        .status = sqlite3_column_int(st, 2),
        .outcome = (enum outcome)outcome,
        .new_connection = sqlite3_column_int(st, 5) != 0,
        .http_version = (enum http_version)number_of(sqlite3_column_text(st, 6), http_version_text,
                                                     HTTP_VERSION_COUNT),
        .previous_end = (enum connection_end)number_of(sqlite3_column_text(st, 7),
                                                       connection_end_text, CONNECTION_END_COUNT),
        .grpc_status = sqlite3_column_type(st, 8) == SQLITE_NULL ? REQUEST_NO_GRPC_STATUS
                                                                 : sqlite3_column_int(st, 8),
        .known = true};
    return endpoint >= 0 && endpoint < (int64_t)r->catalog.endpoint_count && outcome >= 0 &&
           outcome < OUTCOME_COUNT && error >= 0 &&
           (error == 0 || (error < (int64_t)r->error_count && r->errors[error] != NULL));
}

static int load_results(struct reader *r, struct err *e) {
    if (reader_count_ids(r, "SELECT max(id) + 1 FROM result", INT64_C(1) << 28, &r->result_count,
                         e) != 0)
        return -1;
    r->results = calloc(r->result_count + 1, sizeof *r->results);
    if (r->results == NULL)
        return reader_no_memory(r, e);
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r,
                       r->version < READER_CONNECTIONS_VERSION
                           ? "SELECT id, endpoint, status, outcome, error, new_connection, NULL,"
                             " NULL, NULL FROM result WHERE id >= 0"
                       : r->version < READER_GRPC_VERSION
                           ? "SELECT id, endpoint, status, outcome, error, new_connection,"
                             " http_version, previous_end, NULL FROM result WHERE id >= 0"
                           : "SELECT id, endpoint, status, outcome, error, new_connection,"
                             " http_version, previous_end, grpc_status FROM result WHERE id >= 0",
                       &st, e) != 0)
        return -1;
    bool whole = true;
    int64_t id = 0;
    int rc = SQLITE_DONE;
    while (whole && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        id = sqlite3_column_int64(st, 0);
        whole = reader_is_id(st, r->result_count) && set_result(r, st, &r->results[id]);
    }
    if (reader_finish(r, st, rc, e) != 0)
        return -1;
    return whole ? 0 : reader_damaged(r, "result", id, e);
}

static int open_reader(const char *path, bool rows, struct reader **out, struct err *e) {
    if (db_check_path(path, e) != 0)
        return -1;
    struct reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return err_memory(e, "%s", path);
    r->path = path; /* until there is a copy, for error texts */
    const char *copy = reader_keep(r, path);
    if (copy == NULL) {
        reader_no_memory(r, e);
        goto fail;
    }
    r->path = copy;
    if (open_file(r, e) != 0 || check_marks(r, e) != 0 || (rows && inspect(r, e) != 0) ||
        load_run(r, e) != 0 || reader_load_has(r, e) != 0 || reader_load_catalog(r, e) != 0 ||
        load_errors(r, e) != 0 || load_results(r, e) != 0)
        goto fail;
    *out = r;
    return 0;
fail:
    reader_close(r);
    return -1;
}

int reader_open(const char *path, struct reader **out, struct err *e) {
    return open_reader(path, true, out, e);
}

int reader_peek(const char *path, struct reader **out, struct err *e) {
    return open_reader(path, false, out, e);
}

void reader_close(struct reader *r) {
    if (r == NULL)
        return;
    reader_cut_done(r);
    sqlite3_close(r->db);
    catalog_done(&r->catalog);
    free(r->errors);
    free(r->results);
    for (struct text *t = r->texts, *next; t != NULL; t = next) {
        next = t->next;
        free(t);
    }
    free(r);
}

const struct reader_run *reader_run(const struct reader *r) {
    return &r->run;
}

const struct catalog *reader_catalog(const struct reader *r) {
    return &r->catalog;
}

const char *reader_error(const struct reader *r, uint32_t error) {
    return error < r->error_count && r->errors[error] != NULL ? r->errors[error] : "";
}

int64_t reader_last_request(struct reader *r) {
    int64_t last = -1;
    return reader_number(r, "SELECT max(id) FROM request", &last, NULL) == 0 ? last : -1;
}

int reader_users(struct reader *r, struct reader_second **out, size_t *count, struct err *e) {
    sqlite3_stmt *st = NULL;
    struct reader_second *all = NULL;
    size_t used = 0, room = 0;
    bool ok = true;
    int rc = SQLITE_DONE;
    if (reader_prepare(r, "SELECT second, users FROM user_count ORDER BY second", &st, e) != 0)
        return -1;
    while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct reader_second *more = array_room(all, &room, used + 1, sizeof *all);
        ok = more != NULL;
        if (ok) {
            all = more;
            all[used].second = (uint32_t)sqlite3_column_int64(st, 0);
            all[used++].users = (uint32_t)sqlite3_column_int64(st, 1);
        }
    }
    if (reader_finish(r, st, rc, e) != 0 || (!ok && reader_no_memory(r, e) != 0)) {
        free(all);
        return -1;
    }
    *out = all;
    *count = reader_cut_users(r, all, used);
    return 0;
}

int reader_client(struct reader *r, reader_client_fn *fn, void *context, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (r->version < 2)
        return 0;
    if (reader_prepare(
            r,
            "SELECT second, cpu_max, cpu_sum, cpu_writer, loop_lag_mean_us, loop_lag_max_us,"
            " queued_max, lost, open_files, ports, retransmits, scheduled, late,"
            " dispatch_p50_us, dispatch_p99_us, dispatch_max_us FROM client ORDER BY second",
            &st, e) != 0)
        return -1;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct reader_client c = {
            .second = (uint32_t)sqlite3_column_int64(st, 0),
            .cpu_max = sqlite3_column_double(st, 1),
            .cpu_sum = sqlite3_column_double(st, 2),
            .cpu_writer = sqlite3_column_double(st, 3),
            .loop_lag_mean_us = reader_column(st, 4),
            .loop_lag_max_us = reader_column(st, 5),
            .queued_max = reader_column(st, 6),
            .lost = reader_column(st, 7),
            .open_files = reader_column(st, 8),
            .ports = reader_column(st, 9),
            .retransmits = reader_column(st, 10),
            .scheduled = reader_column(st, 11),
            .late = reader_column(st, 12),
            .dispatch_p50_us = reader_column(st, 13),
            .dispatch_p99_us = reader_column(st, 14),
            .dispatch_max_us = reader_column(st, 15),
        };
        if (reader_cut_second(r, &c.second))
            fn(context, &c);
    }
    return reader_finish(r, st, rc, e);
}

int reader_manifest(struct reader *r, reader_pair_fn *fn, void *context, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r, "SELECT key, value FROM manifest ORDER BY key", &st, e) != 0)
        return -1;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        const unsigned char *key = sqlite3_column_text(st, 0), *value = sqlite3_column_text(st, 1);
        if (key == NULL || value == NULL) {
            sqlite3_finalize(st);
            return reader_no_memory(r, e);
        }
        fn(context, (const char *)key, (const char *)value);
    }
    return reader_finish(r, st, rc, e);
}
