/*
 * bench: a whole run against a real server and a real file, for tests of the engine.
 *
 * Header-only: each test binary has its own copy. Thread: main.
 */
#ifndef TESTS_ENGINE_BENCH_H
#define TESTS_ENGINE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <sqlite3.h>

#include "engine/engine.h"
#include "scenario/check.h"
#include "support/server.h"
#include "transport/curl.h"
#include "transport/direct.h"
#include "util/clock.h"

static const struct transport_ops *transport_under_test;
static struct server server;

struct bench {
    struct scenario *scenario;
    struct record *record;
    struct engine_options options;
    struct engine_result result;
    struct record_totals totals;
    char path[64];
    sqlite3 *db;
    /* A query on the run file: the load ends as soon as it gives 1, so that a slow machine has as
     * many requests as a quick one. NULL: the load ends with its time. */
    const char *until;
};

/* `text` is a scenario with ' for " and @ for the server's port. */
static inline void setup(struct bench *b, uint32_t threads, const char *text) {
    struct err e;
    memset(b, 0, sizeof *b);
    char port[16];
    struct buf json;
    buf_init(&json, 4096);
    snprintf(port, sizeof port, "%d", server.port);
    for (const char *p = text; *p != '\0'; p++)
        buf_str(&json, *p == '@' ? port : *p == '\'' ? "\"" : (const char[]){*p, '\0'});
    if (scenario_parse("test.json", ".", buf_text(&json), json.len, NULL, NULL, &b->scenario, &e) !=
        0)
        fail_msg("%s", e.text);
    buf_done(&json);
    snprintf(b->path, sizeof b->path, "/tmp/coldswarm-engine-%d.db", (int)getpid());
    unlink(b->path);
    struct record_run run = {
        .name = "test",
        .scenario = "",
        .target = "",
        .version = "0",
        .users_max = scenario_users_max(b->scenario),
        .catalog = &b->scenario->catalog,
        .worker_count = threads,
    };
    assert_int_equal(record_open(b->path, &run, &b->record, &e), 0);
    assert_int_equal(record_start(b->record, &e), 0);
    b->options = (struct engine_options){
        .scenario = b->scenario,
        .transport = transport_under_test,
        .record = b->record,
        .threads = threads,
        .seed = 7,
        .stop_timeout_ns = 60 * NS_PER_S,
        .user_agent = "test",
    };
}

/* Whether a query gives 1, while the file is written. */
static inline bool holds(const struct bench *b, const char *sql) {
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    bool does = sqlite3_open_v2(b->path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
                sqlite3_step(st) == SQLITE_ROW && sqlite3_column_int(st, 0) == 1;
    sqlite3_finalize(st);
    sqlite3_close(db);
    return does;
}

static inline struct engine_order end_when_it_holds(void *context,
                                                    const struct engine_progress *p) {
    const struct bench *b = context;
    (void)p;
    return (struct engine_order){.wish = holds(b, b->until) ? ENGINE_FINISH : ENGINE_GO_ON};
}

static inline void run(struct bench *b) {
    struct err e = {""};
    if (b->until != NULL) {
        b->options.tick = end_when_it_holds;
        b->options.tick_context = b;
    }
    if (engine_run(&b->options, &b->result, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(record_stop(b->record, &e), 0);
    record_totals(b->record, &b->totals);
    struct record_end end = {
        .duration_ns = b->result.duration_ns, .verdict = "VALID", .verdict_reason = ""};
    assert_int_equal(record_close(b->record, &end, &e), 0);
    assert_int_equal(b->totals.lost, 0);
    assert_int_equal(sqlite3_open(b->path, &b->db), SQLITE_OK);
}

static inline int64_t number(struct bench *b, const char *sql) {
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(b->db, sql, -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(b->db));
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return value;
}

static inline void finish(struct bench *b) {
    sqlite3_close(b->db);
    scenario_free(b->scenario);
    unlink(b->path);
}

#define TARGET "'target':'http://127.0.0.1:@','load':"

static inline int start_server(void **state) {
    (void)state;
    server_start(&server, NULL);
    return transport_global_init(NULL);
}

static inline int stop_server(void **state) {
    (void)state;
    server_stop(&server);
    return 0;
}

/* The group of tests once with each transport, the failed ones added to `failed`. */
#define RUN_WITH_EACH_TRANSPORT(tests, failed)                                                     \
    do {                                                                                           \
        transport_under_test = &transport_curl;                                                    \
        (failed) += cmocka_run_group_tests_name("curl", tests, start_server, stop_server);         \
        transport_under_test = &transport_direct;                                                  \
        (failed) += cmocka_run_group_tests_name("direct", tests, start_server, stop_server);       \
    } while (0)

#endif
