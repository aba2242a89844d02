/* Reads the server side in the order in which series and instances are derived from it, and writes
 * what was derived. */
#include <string.h>

#include "record/server_internal.h"

static const char *text_column(sqlite3_stmt *st, int at) {
    return (const char *)sqlite3_column_text(st, at);
}

/* Ends a loop over rows that stopped with `step`, or by a call-back that returned `stopped`. */
static int end(struct server_file *f, sqlite3_stmt *st, int step, int stopped, struct err *e) {
    if (stopped == 0 && step != SQLITE_DONE)
        stopped = server_fail(f, e);
    sqlite3_finalize(st);
    return stopped;
}

int server_facts(struct server_file *f, server_fact_fn *fn, void *context, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (server_prepare(f,
                       "SELECT instance, revision, at_us, latency_us, NULL, NULL"
                       " FROM server_request WHERE instance IS NOT NULL"
                       " UNION ALL SELECT instance, revision, at_us, NULL, kind, reason"
                       " FROM server_event WHERE instance IS NOT NULL"
                       " ORDER BY 1, 3",
                       &st, e) != 0)
        return -1;
    int step = SQLITE_DONE, stopped = 0;
    while (stopped == 0 && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct server_fact x = {.instance = sqlite3_column_int64(st, 0),
                                .revision = server_column(st, 1),
                                .at_us = sqlite3_column_int64(st, 2),
                                .latency_us = server_column(st, 3),
                                .event = text_column(st, 4),
                                .reason = text_column(st, 5)};
        stopped = fn(context, &x);
    }
    return end(f, st, step, stopped, e);
}

int server_served(struct server_file *f, server_served_fn *fn, void *context, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (server_prepare(f,
                       "SELECT r.at_us, r.latency_us, r.status, i.ready_us"
                       " FROM server_request AS r"
                       " LEFT JOIN server_instance AS i ON i.instance = r.instance"
                       " WHERE r.instance IS NOT NULL AND r.latency_us IS NOT NULL"
                       " ORDER BY r.at_us + r.latency_us",
                       &st, e) != 0)
        return -1;
    int step = SQLITE_DONE, stopped = 0;
    while (stopped == 0 && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct server_served x = {.at_us = sqlite3_column_int64(st, 0),
                                  .latency_us = sqlite3_column_int64(st, 1),
                                  .status = server_column(st, 2),
                                  .ready_us = server_column(st, 3)};
        stopped = fn(context, &x);
    }
    return end(f, st, step, stopped, e);
}

int server_distributions(struct server_file *f, server_distribution_fn *fn, void *context,
                         struct err *e) {
    sqlite3_stmt *st = NULL;
    if (server_prepare(f,
                       "SELECT m.metric, m.label, m.kind, d.start_us, d.end_us, d.count, d.mean,"
                       " d.buckets FROM server_metric AS m"
                       " CROSS JOIN server_distribution AS d ON d.metric = m.id"
                       " ORDER BY m.metric, m.label, d.end_us, m.id",
                       &st, e) != 0)
        return -1;
    int step = SQLITE_DONE, stopped = 0;
    while (stopped == 0 && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct server_distribution x = {.metric = text_column(st, 0),
                                        .label = text_column(st, 1),
                                        .kind = text_column(st, 2),
                                        .start_us = server_column(st, 3),
                                        .end_us = sqlite3_column_int64(st, 4),
                                        .count = sqlite3_column_int64(st, 5),
                                        .mean = sqlite3_column_double(st, 6),
                                        .buckets = text_column(st, 7)};
        stopped = fn(context, &x);
    }
    return end(f, st, step, stopped, e);
}

int server_span(struct server_file *f, int64_t *first_us, int64_t *last_us, struct err *e) {
    return server_number(f,
                         "SELECT min(x) FROM (SELECT min(at_us) AS x FROM server_request"
                         " UNION ALL SELECT min(at_us) FROM server_event)",
                         first_us, e) != 0
               ? -1
               : server_number(
                     f,
                     "SELECT max(x) FROM (SELECT max(at_us + coalesce(latency_us, 0)) AS x"
                     " FROM server_request UNION ALL SELECT max(at_us) FROM server_event)",
                     last_us, e);
}

int server_totals(struct server_file *f, uint64_t *requests, uint64_t *events, uint64_t *points,
                  struct err *e) {
    int64_t r, x, p;
    if (server_number(f, "SELECT count(*) FROM server_request", &r, e) != 0 ||
        server_number(f, "SELECT count(*) FROM server_event", &x, e) != 0 ||
        server_number(f,
                      "SELECT (SELECT count(*) FROM server_point)"
                      " + (SELECT count(*) FROM server_distribution)",
                      &p, e) != 0)
        return -1;
    *requests = (uint64_t)r;
    *events = (uint64_t)x;
    *points = (uint64_t)p;
    return 0;
}

int server_has_metric(struct server_file *f, const char *metric, bool *out, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (server_prepare(f, "SELECT 1 FROM server_metric WHERE metric = ? LIMIT 1", &st, e) != 0)
        return -1;
    server_bind_text(st, 1, metric);
    int step = sqlite3_step(st);
    bool found = step == SQLITE_ROW;
    if (end(f, st, found ? SQLITE_DONE : step, 0, e) != 0)
        return -1;
    *out = found;
    return 0;
}

int server_no_instance(struct server_file *f, int64_t at_us, int64_t *out, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (server_prepare(f,
                       "SELECT min(end_us) FROM (SELECT p.end_us AS end_us, sum(p.value) AS n"
                       " FROM server_metric AS m CROSS JOIN server_point AS p ON p.metric = m.id"
                       " WHERE m.metric = 'container/instance_count' AND p.end_us >= ?"
                       " GROUP BY p.end_us) WHERE n = 0",
                       &st, e) != 0)
        return -1;
    sqlite3_bind_int64(st, 1, at_us);
    int step = sqlite3_step(st);
    int64_t found = step == SQLITE_ROW ? server_column(st, 0) : SERVER_NONE;
    if (end(f, st, step == SQLITE_ROW ? SQLITE_DONE : step, 0, e) != 0)
        return -1;
    *out = found;
    return 0;
}

int server_clear_derived(struct server_file *f, struct err *e) {
    return server_exec(f,
                       "DELETE FROM server_instance; DELETE FROM server_derived_point;"
                       "DELETE FROM server_derived",
                       e);
}

static int run(struct server_file *f, sqlite3_stmt *st, struct err *e) {
    sqlite3_step(st);
    return sqlite3_reset(st) == SQLITE_OK ? 0 : server_fail(f, e);
}

int server_add_instance(struct server_file *f, const struct server_instance *x, struct err *e) {
    sqlite3_stmt *st = server_statement(f, SERVER_INSTANCE, e);
    if (st == NULL)
        return -1;
    sqlite3_bind_int64(st, 1, x->instance);
    server_bind(st, 2, x->revision);
    sqlite3_bind_int64(st, 3, x->started_us);
    server_bind_text(st, 4, x->start_kind);
    server_bind(st, 5, x->ready_us);
    server_bind(st, 6, x->ended_us);
    server_bind_text(st, 7, x->reason);
    server_bind_text(st, 8, x->end_kind);
    sqlite3_bind_int64(st, 9, x->requests);
    return run(f, st, e);
}

static int derived_id(struct server_file *f, const struct server_derived *d, int64_t *id,
                      struct err *e) {
    sqlite3_stmt *st = server_statement(f, SERVER_DERIVED_FIND, e);
    if (st == NULL)
        return -1;
    server_bind_text(st, 1, d->metric);
    server_bind_text(st, 2, d->label);
    int64_t found = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    if (found == 0) {
        if ((st = server_statement(f, SERVER_DERIVED_ADD, e)) == NULL)
            return -1;
        const char *texts[] = {d->metric, d->label, d->kind, d->source};
        for (int i = 0; i < 4; i++)
            server_bind_text(st, i + 1, texts[i]);
        if (run(f, st, e) != 0)
            return -1;
        found = sqlite3_last_insert_rowid(f->db);
    }
    *id = found;
    return 0;
}

int server_add_derived(struct server_file *f, const struct server_derived *d, struct err *e) {
    int64_t id;
    if (derived_id(f, d, &id, e) != 0)
        return -1;
    sqlite3_stmt *st = server_statement(f, SERVER_DERIVED_POINT, e);
    if (st == NULL)
        return -1;
    sqlite3_bind_int64(st, 1, id);
    sqlite3_bind_int64(st, 2, d->end_us);
    server_bind(st, 3, d->start_us);
    sqlite3_bind_double(st, 4, d->value);
    return run(f, st, e);
}

int server_set_step(struct server_file *f, int64_t step_us, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (server_prepare(f, "UPDATE server_side SET step_us = ?", &st, e) != 0)
        return -1;
    sqlite3_bind_int64(st, 1, step_us);
    return end(f, st, sqlite3_step(st), 0, e);
}
