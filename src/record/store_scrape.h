/*
 * store_scrape: the part of a store that writes time series of the target's metrics.
 *
 * Internal to this folder. Ownership: embedded; zeros mean that no statement is prepared. Thread:
 * as the store.
 */
#ifndef RECORD_STORE_SCRAPE_H
#define RECORD_STORE_SCRAPE_H

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"
#include "util/err.h"

struct sqlite3;
struct sqlite3_stmt;

struct store_scrape {
    struct sqlite3_stmt *series, *point;
};

void store_scrape_done(struct store_scrape *x);

/* Texts are converted to valid UTF-8. A point of the same time is replaced. */
int store_scrape_series(struct store_scrape *x, struct sqlite3 *db, const struct record_series *s,
                        struct err *e);
int store_scrape_points(struct store_scrape *x, struct sqlite3 *db, int64_t at_ns,
                        const struct record_point *points, size_t n, struct err *e);

#endif
