#include "record/reader_server.h"

#include <stdlib.h>
#include <string.h>

#include "record/reader_internal.h"

/* The version of the schema that came with the server's side. An older file may have got it by an
 * import all the same, which raises the version. */
#define FIRST_VERSION 3

/* No run is that long; beyond it a sum of times might not fit. */
#define TIME_MAX_US (INT64_C(1) << 50)
#define LATENCY_MAX_US (INT64_C(1) << 45)

/* PLATFORM_COLD_RULE of report/platform.h, in SQL. */
#define COLD_SQL                                                                                   \
    "SELECT s.request FROM server_request AS s JOIN server_instance AS i"                          \
    " ON i.instance = s.instance WHERE s.request NOT NULL AND s.at_us < i.ready_us"                \
    " ORDER BY s.request"

/* A time as a file may have it, cut to what can be reckoned with. */
static int64_t time_of(sqlite3_stmt *st, int at) {
    int64_t us = reader_column(st, at);
    if (us == READER_NO_VALUE)
        return us;
    return us > TIME_MAX_US ? TIME_MAX_US : us < -TIME_MAX_US ? -TIME_MAX_US : us;
}

int reader_cold(struct reader *r, int64_t **out, size_t *count, struct err *e) {
    sqlite3_stmt *st = NULL;
    int64_t *all = NULL;
    size_t n = 0, cap = 0;
    int rc;
    if (reader_prepare(r, COLD_SQL, &st, e) != 0)
        return -1;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        if (n == cap) {
            cap = cap == 0 ? 256 : cap * 2;
            int64_t *grown = realloc(all, cap * sizeof *grown);
            if (grown == NULL) {
                free(all);
                sqlite3_finalize(st);
                return reader_no_memory(r, e);
            }
            all = grown;
        }
        all[n++] = sqlite3_column_int64(st, 0);
    }
    if (reader_finish(r, st, rc, e) != 0) {
        free(all);
        return -1;
    }
    *out = all;
    *count = n;
    return 0;
}

int reader_server(struct reader *r, struct reader_server *out, struct err *e) {
    struct reader_server s = {.service = "", .join_state = ""};
    sqlite3_stmt *st = NULL;
    if (reader_version(r) < FIRST_VERSION) {
        *out = s;
        return 0;
    }
    if (reader_prepare(r,
                       "SELECT service, offset_us, lower_us, upper_us, pairs, join_state, joined,"
                       " astray, repeated, idle_limit_us, (SELECT count(*) FROM server_request),"
                       " EXISTS (SELECT 1 FROM server_series WHERE source <> 'scrape')"
                       " FROM server_side",
                       &st, e) != 0)
        return -1;
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        s = (struct reader_server){
            .any = true,
            .service = reader_keep_column(r, st, 0),
            .offset_us = reader_column(st, 1),
            .lower_us = reader_column(st, 2),
            .upper_us = reader_column(st, 3),
            .pairs = reader_column(st, 4),
            .join_state = reader_keep_column(r, st, 5),
            .joined = reader_column(st, 6),
            .astray = reader_column(st, 7),
            .repeated = reader_column(st, 8),
            .idle_limit_us = reader_column(st, 9),
            .requests = (uint64_t)sqlite3_column_int64(st, 10),
            .series = sqlite3_column_int(st, 11) != 0,
        };
    }
    if (reader_finish(r, st, rc, e) != 0)
        return -1;
    if (s.service == NULL || s.join_state == NULL)
        return reader_no_memory(r, e);
    *out = s;
    return 0;
}

static int grow(struct reader *r, struct reader_instance **all, size_t n, size_t *cap,
                struct err *e) {
    if (n < *cap)
        return 0;
    size_t more = *cap == 0 ? 64 : *cap * 2;
    struct reader_instance *grown = realloc(*all, more * sizeof *grown);
    if (grown == NULL) {
        reader_no_memory(r, e);
        return -1;
    }
    *all = grown;
    *cap = more;
    return 0;
}

int reader_instances(struct reader *r, struct reader_instance **out, size_t *count, struct err *e) {
    struct reader_instance *all = NULL;
    size_t n = 0, cap = 0;
    sqlite3_stmt *st = NULL;
    bool ok = true;
    int rc = SQLITE_DONE, result = -1;
    if (reader_prepare(r,
                       "SELECT n.id, i.instance, i.revision, i.reason, i.start_kind, i.end_kind,"
                       " i.started_us, i.ready_us, i.ended_us, v.at_us FROM instances AS i"
                       " JOIN server_name AS n ON n.text = i.instance"
                       " LEFT JOIN (SELECT instance, max(at_us) AS at_us FROM server_events"
                       " WHERE kind = 'lifetime_term' GROUP BY instance) AS v"
                       " ON v.instance = i.instance ORDER BY n.id",
                       &st, e) != 0)
        return -1;
    while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        if (grow(r, &all, n, &cap, e) != 0)
            goto out;
        struct reader_instance *x = &all[n++];
        *x = (struct reader_instance){.id = sqlite3_column_int64(st, 0),
                                      .name = reader_keep_column(r, st, 1),
                                      .revision = reader_keep_column(r, st, 2),
                                      .reason = reader_keep_column(r, st, 3),
                                      .start_kind = reader_keep_column(r, st, 4),
                                      .end_kind = reader_keep_column(r, st, 5),
                                      .started_us = time_of(st, 6),
                                      .ready_us = time_of(st, 7),
                                      .ended_us = time_of(st, 8),
                                      .term_us = time_of(st, 9)};
        x->start_known = x->start_kind != NULL && strcmp(x->start_kind, "first_seen") != 0;
        ok = x->name != NULL && x->revision != NULL && x->reason != NULL && x->start_kind != NULL &&
             x->end_kind != NULL;
    }
    result = ok ? 0 : reader_no_memory(r, e);
out:
    if (reader_finish(r, st, rc, result == 0 ? e : NULL) != 0)
        result = -1;
    if (result != 0) {
        free(all);
        return -1;
    }
    *out = all;
    *count = n;
    return 0;
}

static int64_t plus(int64_t a, int64_t b) {
    int64_t sum;
    if (a == READER_NO_VALUE || b == READER_NO_VALUE || __builtin_add_overflow(a, b, &sum))
        return READER_NO_VALUE;
    return sum;
}

static void set_row(const struct reader *r, sqlite3_stmt *st, struct reader_server_row *row) {
    *row = (struct reader_server_row){.at_us = time_of(st, 0),
                                      .latency_us = reader_column(st, 1),
                                      .status = sqlite3_column_int(st, 2),
                                      .instance = reader_column(st, 3),
                                      .sent_us = time_of(st, 5),
                                      .end_us = READER_NO_VALUE,
                                      .ttfb_us = READER_NO_VALUE};
    if (row->latency_us < 0)
        row->latency_us = READER_NO_VALUE;
    if (row->latency_us > LATENCY_MAX_US)
        row->latency_us = LATENCY_MAX_US;
    if (row->at_us == READER_NO_VALUE)
        row->at_us = 0;
    /* A request that is not there any more has no result: it is shown as one that did not join. */
    row->joined = reader_result(r, reader_column(st, 4), &row->client_status, &row->outcome);
    if (!row->joined)
        return;
    int64_t took = time_of(st, 6), rest = time_of(st, 7);
    row->end_us = plus(row->sent_us, took);
    row->ttfb_us = rest == READER_NO_VALUE ? rest : plus(took, -rest);
}

int reader_server_scan(struct reader *r, enum reader_server_order order, reader_server_fn *fn,
                       void *context, struct err *e) {
    static const char *const sql[] = {
        [READER_BY_INSTANCE] =
            "SELECT s.at_us - d.run_start_us - d.offset_us, s.latency_us, s.status, s.instance,"
            " q.result, q.at_us, q.took_us, q.rest_us FROM server_side AS d CROSS JOIN"
            " server_request AS s LEFT JOIN request AS q ON q.id = s.request"
            " ORDER BY s.instance, s.at_us, s.id",
        [READER_AS_STORED] =
            "SELECT s.at_us - d.run_start_us - d.offset_us, s.latency_us, s.status, s.instance,"
            " q.result, q.at_us, q.took_us, q.rest_us FROM server_side AS d CROSS JOIN"
            " server_request AS s LEFT JOIN request AS q ON q.id = s.request"};
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r, sql[order], &st, e) != 0)
        return -1;
    int rc = SQLITE_DONE, stopped = 0;
    struct reader_server_row row;
    while (stopped == 0 && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        set_row(r, st, &row);
        stopped = fn(context, &row);
    }
    if (stopped != 0) {
        sqlite3_finalize(st);
        return stopped;
    }
    return reader_finish(r, st, rc, e);
}

/* The columns: label, at, value, start, kind, source. */
static int scan_points(struct reader *r, const char *sql, const char *metric, reader_point_fn *fn,
                       void *context, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (reader_version(r) < FIRST_VERSION)
        return 0;
    if (reader_prepare(r, sql, &st, e) != 0)
        return -1;
    sqlite3_bind_text(st, 1, metric, -1, SQLITE_STATIC);
    int rc = SQLITE_DONE, stopped = 0;
    while (stopped == 0 && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        const char *label = (const char *)sqlite3_column_text(st, 0);
        const char *kind = (const char *)sqlite3_column_text(st, 4);
        const char *source = (const char *)sqlite3_column_text(st, 5);
        struct reader_point p = {.metric = metric,
                                 .label = label == NULL ? "" : label,
                                 .kind = kind == NULL ? "" : kind,
                                 .derived = source != NULL && strcmp(source, "logs") == 0,
                                 .at_us = time_of(st, 1),
                                 .value = sqlite3_column_double(st, 2),
                                 .start_us = time_of(st, 3)};
        stopped = fn(context, &p);
    }
    if (stopped != 0) {
        sqlite3_finalize(st);
        return stopped;
    }
    return reader_finish(r, st, rc, e);
}

int reader_points(struct reader *r, const char *metric, reader_point_fn *fn, void *context,
                  struct err *e) {
    return scan_points(r,
                       "SELECT label, at_us, value, start_us, kind, source FROM server_series"
                       " WHERE metric = ?1 ORDER BY label, at_us",
                       metric, fn, context, e);
}

int reader_distributions(struct reader *r, const char *metric, reader_point_fn *fn, void *context,
                         struct err *e) {
    return scan_points(r,
                       "SELECT '', d.end_us - s.run_start_us - s.offset_us,"
                       " sum(d.count * d.mean) / sum(d.count),"
                       " min(d.start_us) - s.run_start_us - s.offset_us, m.kind, 'metrics'"
                       " FROM server_side AS s CROSS JOIN server_metric AS m"
                       " JOIN server_distribution AS d ON d.metric = m.id"
                       " WHERE m.metric = ?1 AND d.count > 0 GROUP BY d.end_us ORDER BY d.end_us",
                       metric, fn, context, e);
}

int reader_distribution_mean(struct reader *r, const char *metric, double *mean, uint64_t *count,
                             struct err *e) {
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r,
                       "SELECT sum(d.count * d.mean) / sum(d.count), sum(d.count)"
                       " FROM server_distribution AS d JOIN server_metric AS m ON m.id = d.metric"
                       " WHERE m.metric = ?1 AND d.count > 0",
                       &st, e) != 0)
        return -1;
    sqlite3_bind_text(st, 1, metric, -1, SQLITE_STATIC);
    int rc = sqlite3_step(st);
    bool any = rc == SQLITE_ROW && sqlite3_column_int64(st, 1) > 0;
    double value = any ? sqlite3_column_double(st, 0) : 0;
    uint64_t n = any ? (uint64_t)sqlite3_column_int64(st, 1) : 0;
    if (reader_finish(r, st, rc, e) != 0)
        return -1;
    *mean = value;
    *count = n;
    return 0;
}
