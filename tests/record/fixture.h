/* What the tests of record share: a directory of their own, a small run, and plain SQL to look at
 * it with. */
#ifndef TESTS_RECORD_FIXTURE_H
#define TESTS_RECORD_FIXTURE_H

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

#include "record/record.h"
#include "support/scratch.h"
#include "util/clock.h"
#include "util/outcome.h"

static const struct catalog two_endpoints = {
    .endpoints = (struct endpoint[]){{"/", "GET"}, {"/predict", "POST"}}, .endpoint_count = 2};

static inline struct record_run small_run(size_t workers) {
    return (struct record_run){.name = "paper",
                               .started_real_ns = INT64_C(1764000000123000000),
                               .users_max = 10,
                               .scenario = "{ \"name\": \"paper\" }",
                               .target = "http://127.0.0.1:8080",
                               .seed = 7,
                               .version = "0.1.0",
                               .catalog = &two_endpoints,
                               .worker_count = workers};
}

static const struct record_end valid_end = {.duration_ns = INT64_C(4500000000),
                                            .verdict = "VALID",
                                            .verdict_reason = "nothing was missed",
                                            .exit_code = 0};

/* A request like those of the paper: 48 bytes come back on a kept connection. */
static inline struct sample ok_sample(int64_t sent_ns, int64_t took_ns) {
    return (struct sample){.intended_ns = SAMPLE_NO_TIME,
                           .sent_ns = sent_ns,
                           .end_ns = sent_ns + took_ns,
                           .bytes_received = 48,
                           .bytes_sent = 300,
                           .ttfb_us = (uint32_t)(took_ns / 1000),
                           .status = 200,
                           .outcome = OUTCOME_OK};
}

#define assert_ok(call, e)                                                                         \
    do {                                                                                           \
        if ((call) != 0)                                                                           \
            fail_msg("%s: %s", #call, (e).text);                                                   \
    } while (0)

#define assert_has(text, part)                                                                     \
    do {                                                                                           \
        if (strstr((text), (part)) == NULL)                                                        \
            fail_msg("\"%s\" does not say \"%s\"", (text), (part));                                \
    } while (0)

/* All rows that a query gives, as "a|b|NULL" lines, through nothing but SQLite; the caller frees.
 */
static inline char *query(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(st); i++) {
            const unsigned char *value = sqlite3_column_text(st, i);
            fprintf(out, "%s%s", i == 0 ? "" : "|", value == NULL ? "NULL" : (const char *)value);
        }
        fputc('\n', out);
    }
    if (rc != SQLITE_DONE)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_finalize(st);
    sqlite3_close(db);
    fclose(out);
    return text;
}

static inline void assert_query(const char *path, const char *sql, const char *expected) {
    char *got = query(path, sql);
    assert_string_equal(got, expected);
    free(got);
}

static inline int64_t query_number(const char *path, const char *sql) {
    char *got = query(path, sql);
    int64_t n = strtoll(got, NULL, 10);
    free(got);
    return n;
}

#endif
