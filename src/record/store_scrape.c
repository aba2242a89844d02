#include "record/store_scrape.h"

#include <errno.h>
#include <sqlite3.h>

#include "record/db.h"
#include "record/sample.h"

void store_scrape_done(struct store_scrape *x) {
    sqlite3_finalize(x->series);
    sqlite3_finalize(x->point);
    *x = (struct store_scrape){0};
}

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **st, struct err *e) {
    if (*st != NULL ||
        sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL) == SQLITE_OK)
        return 0;
    return db_error(db, e);
}

static int run(sqlite3 *db, sqlite3_stmt *st, struct err *e) {
    errno = 0; /* so that db_error() finds none but this call's */
    sqlite3_step(st);
    return sqlite3_reset(st) == SQLITE_OK ? 0 : db_error(db, e);
}

int store_scrape_series(struct store_scrape *x, sqlite3 *db, const struct record_series *s,
                        struct err *e) {
    const char *sql = "INSERT INTO scrape_series(id, metric, label, kind) VALUES (?, ?, ?, ?)";
    if (prepare(db, sql, &x->series, e) != 0)
        return -1;
    sqlite3_bind_int64(x->series, 1, s->id);
    sqlite3_bind_text(x->series, 2, s->metric, -1, SQLITE_STATIC);
    sqlite3_bind_text(x->series, 3, s->label, -1, SQLITE_STATIC);
    sqlite3_bind_text(x->series, 4, s->cumulative ? "cumulative" : "gauge", -1, SQLITE_STATIC);
    return run(db, x->series, e);
}

int store_scrape_points(struct store_scrape *x, sqlite3 *db, int64_t at_ns,
                        const struct record_point *points, size_t n, struct err *e) {
    if (prepare(db, "REPLACE INTO scrape_point(series, at_us, value) VALUES (?, ?, ?)", &x->point,
                e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        sqlite3_bind_int64(x->point, 1, points[i].series);
        sqlite3_bind_int64(x->point, 2, sample_us(at_ns));
        sqlite3_bind_double(x->point, 3, points[i].value);
        if (run(db, x->point, e) != 0)
            return -1;
    }
    return 0;
}
