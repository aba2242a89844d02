/* What the tests of report share: a directory of their own, a run file made by record.h, and plain
 * SQL to look at it with. The rows are random, but the same every time. */
#ifndef TESTS_REPORT_FIXTURE_H
#define TESTS_REPORT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/reader.h"
#include "record/record.h"
#include "support/scratch.h"
#include "util/clock.h"
#include "util/outcome.h"
#include "util/rng.h"

#define RUN_SECONDS 12

#define assert_ok(call, e)                                                                         \
    do {                                                                                           \
        if ((call) != 0)                                                                           \
            fail_msg("%s: %s", #call, (e).text);                                                   \
    } while (0)

/* The single number of a query; -1 for NULL or no row. */
static inline double sql(const char *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline double sql(const char *path, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, text, -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    bool found = sqlite3_step(st) == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL;
    double value = found ? sqlite3_column_double(st, 0) : -1;
    sqlite3_finalize(st);
    sqlite3_close(db);
    return value;
}

/* "/a" stands twice: one entry of the report. "/never" is not called. */
static struct endpoint endpoints[] = {
    {"/predict", "POST"}, {"/a", "GET"}, {"/a", "GET"}, {"/a", "POST"}, {"/never", "GET"}};
/* A task of one request for each. */
static struct catalog_task tasks[] = {{"0", 0}, {"1", 1}, {"2", 2}, {"3", 3}, {"4", 4}};
static const struct catalog catalog = {
    .endpoints = endpoints, .endpoint_count = 5, .tasks = tasks, .task_count = 5};

static inline struct sample any_sample(struct rng *r, bool open_load, uint16_t error) {
    struct sample x = {.user = (uint32_t)rng_below(r, 10),
                       .endpoint = (uint16_t)rng_below(r, 4),
                       .bytes_sent = 100,
                       .bytes_received = rng_below(r, 2000) & SAMPLE_BYTES_MAX,
                       .ttfb_us = SAMPLE_NO_TTFB,
                       .intended_ns = SAMPLE_NO_TIME,
                       .status = 200};
    int64_t took = (int64_t)(1000000 * (1 + rng_below(r, 200)) + rng_below(r, 1000) * 1000);
    if (rng_below(r, 100) == 0)
        took += 2 * NS_PER_S;
    x.sent_ns = (int64_t)rng_below(r, (uint64_t)((RUN_SECONDS - 3) * NS_PER_S / 1000)) * 1000;
    x.end_ns = x.sent_ns + took;
    if (open_load)
        x.intended_ns = x.sent_ns - (int64_t)rng_below(r, 5000) * 1000;
    uint64_t fate = rng_below(r, 20);
    if (fate == 0) {
        x.outcome = OUTCOME_HTTP_ERROR;
        x.status = rng_below(r, 2) == 0 ? 500 : 503;
    } else if (fate == 1) {
        x.outcome = OUTCOME_TIMEOUT;
        x.status = 0;
        x.error = error;
    } else if (fate == 2) {
        x.outcome = OUTCOME_CANCELLED;
        x.status = 0;
    } else if (fate == 3 && open_load) {
        x.outcome = OUTCOME_NOT_SENT;
        x.status = 0;
        x.sent_ns = x.end_ns = SAMPLE_NO_TIME;
        x.bytes_sent = 0;
        x.bytes_received = 0;
    } else if (fate == 4) {
        x.outcome = OUTCOME_UNSENDABLE;
        x.status = 0;
        x.error = error;
        x.end_ns = x.sent_ns;
        x.sent_ns = SAMPLE_NO_TIME;
        x.bytes_sent = 0;
        x.bytes_received = 0;
    }
    return x;
}

/* Makes the file at `path` with n requests in it; `complete` or left as a killed run leaves it is
 * the caller's word. */
static inline void make_run(const char *path, size_t n, bool open_load) {
    struct record *r = NULL;
    struct err e = {""};
    struct rng rng;
    const struct record_run run = {.name = "test",
                                   .started_real_ns = INT64_C(1764000000123000000),
                                   .users_max = 10,
                                   .scenario = "{}",
                                   .target = "http://127.0.0.1:8080",
                                   .seed = UINT64_MAX,
                                   .version = "0.1.0",
                                   .catalog = &catalog,
                                   .worker_count = 1};
    const struct record_end end = {.duration_ns = RUN_SECONDS * NS_PER_S,
                                   .verdict = "SUSPECT",
                                   .verdict_reason = "of a test",
                                   .exit_code = 1};
    rng_seed(&rng, n, open_load);
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    uint16_t error = record_error_id(r, "no answer within 1s");
    for (size_t i = 0; i < n; i++) {
        struct sample x = any_sample(&rng, open_load, error);
        assert_true(queue_push(record_queue(r, 0), &x));
    }
    record_users(r, 0, 1);
    record_users(r, 1, 5);
    record_users(r, 4, 10);
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &end, &e), e);
}

#endif
