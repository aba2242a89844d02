#include "record/reader_timeline.h"

#include <stdlib.h>

#include "record/reader_internal.h"

/* Whether a query has a row, if `asked`. */
static int ask(struct reader *r, bool asked, const char *sql, bool *has, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (!asked)
        return 0;
    if (reader_prepare(r, sql, &st, e) != 0)
        return -1;
    int rc = sqlite3_step(st);
    *has = rc == SQLITE_ROW;
    return reader_finish(r, st, rc, e);
}

int reader_load_has(struct reader *r, struct err *e) {
    struct reader_has has = {.iterations = false};
    bool bodies = false;
    if (ask(r, true, "SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = 'iterations'",
            &has.iterations, e) != 0 ||
        ask(r, true, "SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = 'checks'",
            &has.checks, e) != 0 ||
        ask(r, true, "SELECT 1 FROM sqlite_master WHERE name = 'failed_body'", &bodies, e) != 0 ||
        ask(r, bodies, "SELECT 1 FROM failed_body LIMIT 1", &has.failed_bodies, e) != 0 ||
        ask(r, has.iterations, "SELECT 1 FROM task WHERE endpoint IS NULL LIMIT 1", &has.steps,
            e) != 0 ||
        ask(r, true, "SELECT 1 FROM event WHERE kind = 'client_limit' LIMIT 1", &has.client_limits,
            e) != 0 ||
        ask(r, r->version >= READER_STREAMS_VERSION, "SELECT 1 FROM stream LIMIT 1", &has.streams,
            e) != 0)
        return -1;
    r->has = has;
    return 0;
}

bool reader_has_iterations(const struct reader *r) {
    return r->has.iterations;
}

bool reader_has_checks(const struct reader *r) {
    return r->has.checks;
}

bool reader_has_failed_bodies(const struct reader *r) {
    return r->has.failed_bodies;
}

bool reader_has_steps(const struct reader *r) {
    return r->has.steps;
}

bool reader_has_client_limits(const struct reader *r) {
    return r->has.client_limits;
}

int reader_load_end(struct reader *r, int64_t *us, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r, "SELECT at_us FROM event WHERE kind = 'load_end' ORDER BY at_us LIMIT 1",
                       &st, e) != 0)
        return -1;
    int rc = sqlite3_step(st);
    *us = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : READER_NO_VALUE;
    return reader_finish(r, st, rc, e);
}

int reader_stages(struct reader *r, int64_t **out, size_t *count, struct err *e) {
    sqlite3_stmt *st = NULL;
    int64_t *all = malloc(sizeof *all);
    size_t used = 0;
    int rc = SQLITE_DONE;
    if (all == NULL)
        return reader_no_memory(r, e);
    if (reader_prepare(r, "SELECT at_us FROM event WHERE kind = 'stage' ORDER BY at_us, rowid", &st,
                       e) != 0) {
        free(all);
        return -1;
    }
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        int64_t *more = realloc(all, (used + 2) * sizeof *more);
        if (more == NULL) {
            sqlite3_finalize(st);
            free(all);
            return reader_no_memory(r, e);
        }
        all = more;
        all[used++] = sqlite3_column_int64(st, 0);
    }
    if (reader_finish(r, st, rc, e) != 0)
        goto fail;
    if (reader_load_end(r, &all[used], e) != 0)
        goto fail;
    if (all[used] == READER_NO_VALUE)
        all[used] = r->run.duration_us;
    *out = all;
    *count = used;
    return 0;
fail:
    free(all);
    return -1;
}

/* The schema's version that came with not_judged. */
#define NOT_JUDGED_VERSION 5

static const char *text(sqlite3_stmt *st, int column) {
    const unsigned char *t = sqlite3_column_text(st, column);
    return t == NULL ? "" : (const char *)t;
}

static int first_event(struct reader *r, const char *sql, int64_t *us, char *out, size_t size,
                       struct err *e) {
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r, sql, &st, e) != 0)
        return -1;
    int rc = sqlite3_step(st);
    *us = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : READER_NO_VALUE;
    snprintf(out, size, "%s", rc == SQLITE_ROW ? text(st, 1) : "");
    return reader_finish(r, st, rc, e);
}

int reader_feeder_empty(struct reader *r, int64_t *us, char *out, size_t size, struct err *e) {
    return first_event(r,
                       "SELECT at_us, text FROM event WHERE kind = 'feeder_empty'"
                       " AND text NOT LIKE '%: the run%' ORDER BY at_us, rowid LIMIT 1",
                       us, out, size, e);
}

int reader_stream_limit(struct reader *r, int64_t *us, char *out, size_t size, struct err *e) {
    return first_event(r,
                       "SELECT at_us, text FROM event WHERE kind = 'stream_limit'"
                       " ORDER BY at_us, rowid LIMIT 1",
                       us, out, size, e);
}

int reader_stopped(struct reader *r, int64_t *us, char *out, size_t size, struct err *e) {
    return first_event(r,
                       "SELECT at_us, substr(text, 1, instr(text || ':', ':') - 1) || coalesce("
                       " (SELECT ' stopped the load, which was to last ' || value || ' s'"
                       " FROM manifest WHERE key = 'load_seconds'), ' stopped the load')"
                       " FROM event WHERE kind IN ('signal', 'web') ORDER BY at_us, rowid LIMIT 1",
                       us, out, size, e);
}

int reader_scrape_failed(struct reader *r, int64_t *us, char *out, size_t size, struct err *e) {
    return first_event(r,
                       "SELECT e.at_us, e.text || ' (' || f.value || ' of ' || s.value ||"
                       " ' reads failed)' FROM event AS e, manifest AS f, manifest AS s"
                       " WHERE e.kind = 'scrape' AND e.text LIKE 'cannot read%' AND f.key = "
                       "'scrapes_failed' AND s.key = 'scrapes'"
                       " AND cast(f.value AS integer) > 0 ORDER BY e.at_us, e.rowid LIMIT 1",
                       us, out, size, e);
}

int reader_iterations(struct reader *r, reader_iteration_fn *fn, void *context, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r,
                       "SELECT name, end_us, duration_us, ok FROM iterations WHERE end_us NOT NULL",
                       &st, e) != 0)
        return -1;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        fn(context, text(st, 0), sqlite3_column_int64(st, 1), reader_column(st, 2),
           sqlite3_column_int(st, 3) != 0);
    return reader_finish(r, st, rc, e);
}

int reader_steps(struct reader *r, reader_steps_fn *fn, void *context, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r,
                       "SELECT task, at_us + took_us, took_us FROM iteration"
                       " WHERE task BETWEEN 0 AND 4294967295 ORDER BY id",
                       &st, e) != 0)
        return -1;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        fn(context, (uint32_t)sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
           sqlite3_column_int64(st, 2));
    return reader_finish(r, st, rc, e);
}

int reader_checks(struct reader *r, reader_check_fn *fn, void *context, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r,
                       "SELECT second, id, passes, fails FROM check_second WHERE passes + fails > 0"
                       " AND id BETWEEN 0 AND 4294967295",
                       &st, e) != 0)
        return -1;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        fn(context, sqlite3_column_int64(st, 0), (uint32_t)sqlite3_column_int64(st, 1),
           (uint64_t)sqlite3_column_int64(st, 2), (uint64_t)sqlite3_column_int64(st, 3));
    return reader_finish(r, st, rc, e);
}

int reader_check_totals(struct reader *r, reader_check_total_fn *fn, void *context, struct err *e) {
    sqlite3_stmt *st = NULL;
    char sql[256];
    snprintf(sql, sizeof sql,
             "SELECT request, name, sum(passes), sum(fails), sum(%s) AS n FROM checks"
             " GROUP BY 1, 2 HAVING sum(passes) + sum(fails) + n > 0 ORDER BY 1, 2",
             reader_version(r) < NOT_JUDGED_VERSION ? "0" : "not_judged");
    if (reader_prepare(r, sql, &st, e) != 0)
        return -1;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        fn(context, text(st, 0), text(st, 1), (uint64_t)sqlite3_column_int64(st, 2),
           (uint64_t)sqlite3_column_int64(st, 3), (uint64_t)sqlite3_column_int64(st, 4));
    return reader_finish(r, st, rc, e);
}
