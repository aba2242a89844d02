/* The server's side of runs made by hand, with the numbers worked out by hand. Larger ones are held
 * against Python in tests/cli/server_report.bats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "near.h"
#include "report/platform.h"
#include "report/platform_figures.h"
#include "report/platform_tables.h"
#include "support/scratch.h"

extern const char embed_record_reconnections_sql[], embed_record_requests_sql[],
    embed_record_schema_sql[], embed_record_server_sql[], embed_record_scrape_sql[];

static void exec(sqlite3 *db, const char *sql) {
    char *text = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
        fail_msg("%s: %s", sql, text);
}

/* A run of 6 s whose server's clock is 1000 s ahead, with what `rows` adds. */
static void make(const char *path, const char *rows) {
    sqlite3 *db = NULL;
    unlink(path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL), SQLITE_OK);
    exec(db, "PRAGMA application_id = 0x6373776d; PRAGMA user_version = 3");
    exec(db, embed_record_schema_sql);
    exec(db, embed_record_reconnections_sql);
    exec(db, embed_record_requests_sql);
    exec(db, embed_record_server_sql);
    exec(db, embed_record_scrape_sql);
    exec(db, "INSERT INTO run VALUES ('x', '2025-11-24T16:00:00.000Z', 6000000, 1, '{}', "
             "'http://x', 1, '0', 'VALID',"
             " '', 0);"
             "INSERT INTO endpoint VALUES (0, '/', 'GET');"
             "INSERT INTO outcome VALUES (0, 'ok', 1, 1, 0), (1, 'http_error', 1, 1, 1), (7, "
             "'reset', 1, 1, 1);"
             "INSERT INTO result(id, endpoint, status, outcome, error, new_connection, sent_again)"
             " VALUES (0, 0, 200, 0, NULL, 0, 0), (1, 0, 429, 1, NULL, 0, 0), (2, 0, "
             "NULL, 7, NULL, 0, 0);"
             "INSERT INTO server_side VALUES (1, 's', 5000000000, 1000000000, 999999000, "
             "1000002000, 4, 'joined', 4, 0,"
             " 0, 900000000, 1000000);"
             "INSERT INTO server_name VALUES (1, 'one'), (2, 'two'), (9, 'rev')");
    exec(db, rows);
    sqlite3_close(db);
}

static struct platform *read_platform(const char *path, bool figures, struct reader **reader) {
    struct platform *s = NULL;
    struct err e = {""};
    if (reader_open(path, reader, &e) != 0 || platform_new(*reader, figures, 6, &s, &e) != 0)
        fail_msg("%s", e.text);
    return s;
}

/* One instance: told to start at 1.0 s, ready at 3.0 s. The server's clock shows 6000 s at the
 * run's 0. A and B wait for it, C and D overlap, E is turned away; the client has A to E and one
 * that was reset. */
static const char small[] =
    "INSERT INTO server_instance VALUES (1, 9, 6001000000, 'log', 6003000000, 6005000000, "
    "'AUTOSCALING', 'memory', 4);"
    "INSERT INTO request(id, result, user, at_us, lag_us, took_us, rest_us, dns_us, connect_us,"
    " tls_us, bytes_sent, bytes_received) VALUES"
    " (1, 0, 0, 890000, NULL, 2320000, 5000, NULL, NULL, NULL, 1, 1),"
    " (2, 0, 0, 1990000, NULL, 1330000, 0, NULL, NULL, NULL, 1, 1),"
    " (3, 0, 0, 3990000, NULL, 220000, 0, NULL, NULL, NULL, 1, 1),"
    " (4, 0, 0, 4090000, NULL, 299000, 0, NULL, NULL, NULL, 1, 1),"
    " (5, 1, 0, 4990000, NULL, 20000, 0, NULL, NULL, NULL, 1, 1),"
    " (6, 2, 0, 5000000, NULL, 20000, NULL, NULL, NULL, NULL, 1, 1);"
    "INSERT INTO server_request VALUES"
    " (1, 11, 6004000000, 200000, 200, 'GET', '/', 1, 9, NULL, 1, 1, NULL, 3),"
    " (2, 12, 6004100000, 300000, 200, 'GET', '/', 1, 9, NULL, 1, 1, NULL, 4),"
    " (3, 13, 6000900000, 2300000, 200, 'GET', '/', 1, 9, NULL, 1, 1, NULL, 1),"
    " (4, 14, 6002000000, 1300000, 200, 'GET', '/', 1, 9, NULL, 1, 1, NULL, 2),"
    " (5, 15, 6005000000, 1000, 429, 'GET', '/', NULL, 9, NULL, 1, 1, NULL, 5)";

static void test_a_small_run_by_hand(void **state) {
    (void)state;
    struct reader *r = NULL;
    make(in_dir("small.db"), small);
    struct platform *s = read_platform(in_dir("small.db"), true, &r);
    assert_int_equal(s->log[PLATFORM_COLD].count, 2);
    assert_near(s->log[PLATFORM_COLD].median, 1800000, 0);
    assert_int_equal(s->log[PLATFORM_WARM].count, 2);
    assert_near(s->client[PLATFORM_WARM].median, 259500, 0);
    assert_int_equal(s->log[PLATFORM_UNKNOWN].count, 1);
    assert_near(s->times[PLATFORM_WAIT].median, (2100000 + 1000000) / 2.0, 0);
    assert_near(s->times[PLATFORM_CONTAINER].max, 300000, 0);
    assert_near(s->times[PLATFORM_CONTAINER].min, 200000, 0);
    /* 20, 30, 20 and 19 ms, and one by which the client was faster than the log: 0. */
    assert_int_equal(s->times[PLATFORM_NETWORK].count, 5);
    assert_near(s->times[PLATFORM_NETWORK].max, 30000, 0);
    assert_near(s->times[PLATFORM_NETWORK].min, 0, 0);
    assert_int_equal(s->counts.early, 1);
    assert_near(s->phases[PLATFORM_SPAWN].median, 100000, 0);
    assert_near(s->phases[PLATFORM_LISTENING].median, 2000000, 0);
    assert_near(s->phases[PLATFORM_FIRST_BYTE].median, 195000, 0);

    const struct platform_instance *x = &s->instances[0];
    assert_int_equal(s->instance_count, 1);
    assert_int_equal(x->requests, 4);
    assert_int_equal(x->cold, 2);
    assert_int_equal(x->busy_us, 700000);
    assert_int_equal(x->in_us, 1000000);
    assert_int_equal(x->concurrency_max, 2);
    assert_int_equal(x->billable_us, 2700000); /* 1.0 to 3.3 and 4.0 to 4.4 */
    assert_true(x->crashed);
    assert_int_equal(s->instance_us, 4000000);
    assert_int_equal(s->billable_instance_us, 60000000); /* a minute at least */

    assert_int_equal(s->counts.sent, 6);
    assert_int_equal(s->counts.answered, 5);
    assert_int_equal(s->counts.lost, 1);
    assert_int_equal(s->counts.no_instance, 1);
    assert_int_equal(s->counts.unexplained, 0);
    assert_int_equal(s->status[429].client, 1);
    assert_int_equal(s->status[429].server, 1);
    assert_int_equal(s->status[0].client, 1);

    assert_near(s->figures[PLATFORM_LATENCY].first[3], 2250, 1e-9); /* 95 % from 1300 to 2300 ms */
    assert_near(s->figures[PLATFORM_LATENCY].second[3], 295, 1e-9);
    assert_true(isnan(s->figures[PLATFORM_LATENCY].first[5])); /* only the one turned away */
    assert_near(s->figures[PLATFORM_REQUEST_COUNT].second[5], 1, 0);
    assert_null(s->figures[PLATFORM_CPU].first);
    assert_int_equal(s->points->count, 4);
    platform_free(s);
    reader_close(r);
}

/* SIGTERM to exit is billed where it is known. */
static void test_a_shutdown_is_billed(void **state) {
    (void)state;
    char rows[4096];
    struct reader *r = NULL;
    snprintf(rows, sizeof rows,
             "%s; INSERT INTO server_event VALUES (1, 1, 6004630000, 1, 9, 'lifetime_term', NULL, "
             "NULL, '')",
             small);
    make(in_dir("term.db"), rows);
    struct platform *s = read_platform(in_dir("term.db"), false, &r);
    assert_int_equal(s->instances[0].billable_us, 2700000 + 400000); /* 4.63 to 5.0, rounded up */
    platform_free(s);
    reader_close(r);
}

/* An instance that was ended while it started was starting until then: 1.0 to 2.04 s, rounded
 * up. */
static void test_a_start_that_came_to_nothing_is_billed(void **state) {
    (void)state;
    struct reader *r = NULL;
    make(in_dir("never.db"),
         "INSERT INTO server_instance VALUES (1, 9, 6001000000, 'log', NULL, 6002040000, "
         "'AUTOSCALING', 'shutdown', 0)");
    struct platform *s = read_platform(in_dir("never.db"), false, &r);
    assert_int_equal(s->instances[0].billable_us, 1100000);
    platform_free(s);
    reader_close(r);
}

/* Seen first at 1.0 s, no probe in the log: what came after an answer is warm, the rest unknown. */
static void test_an_instance_from_before_the_log(void **state) {
    (void)state;
    struct reader *r = NULL;
    make(in_dir("before.db"),
         "INSERT INTO server_instance VALUES (1, 9, 6001000000, 'first_seen', NULL, NULL, NULL, "
         "'open', 3);"
         "INSERT INTO server_request VALUES"
         " (1, 11, 6001000000, 500000, 200, 'GET', '/', 1, 9, NULL, 1, 1, NULL, NULL),"
         " (2, 12, 6001400000, 300000, 200, 'GET', '/', 1, 9, NULL, 1, 1, NULL, NULL),"
         " (3, 13, 6001500000, 100000, 200, 'GET', '/', 1, 9, NULL, 1, 1, NULL, NULL)");
    struct platform *s = read_platform(in_dir("before.db"), false, &r);
    assert_int_equal(s->log[PLATFORM_UNKNOWN].count, 2);
    assert_int_equal(s->log[PLATFORM_WARM].count, 1);
    assert_int_equal(s->started, 0);
    assert_int_equal(s->phases[PLATFORM_LISTENING].count, 0);
    assert_int_equal(s->instances[0].billable_us, 700000);
    platform_free(s);
    reader_close(r);
}

/* Whatever numbers a file has, they are counted or left out; nothing overflows. */
static void test_odd_rows(void **state) {
    (void)state;
    struct reader *r = NULL;
    make(in_dir("odd.db"),
         "INSERT INTO server_instance VALUES (1, NULL, 6001000000, 'log', 6000500000, 6000000000, "
         "NULL, '', 0);"
         "INSERT INTO server_request VALUES"
         " (1, 11, 6001000000, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL),"
         " (2, 12, 6001000000, -5, 200, 'GET', '/', 1, 9, NULL, 1, 1, NULL, 77),"
         " (3, 13, 9223372036854775807, 9223372036854775807, 99999, 'GET', '/', 2, 9, NULL, 1, 1, "
         "NULL, NULL),"
         " (4, 14, 0, 10, -7, 'GET', '/', 1, 9, NULL, 1, 1, NULL, NULL),"
         " (5, 15, 6001000000, 600000000000, 200, 'GET', '/', 55, 9, NULL, 1, 1, NULL, NULL);"
         "INSERT INTO server_metric VALUES (1, 'container/instance_count', '', 'active', 'gauge', "
         "'sum', '1');"
         "INSERT INTO server_point VALUES (1, 9223372036854775807, NULL, 1e308), (1, 6002000000, "
         "6003000000, 2),"
         " (1, 0, NULL, -1)");
    struct platform *s = read_platform(in_dir("odd.db"), true, &r);
    uint64_t labelled = 0;
    for (int i = 0; i < PLATFORM_LABELS; i++)
        labelled += s->log[i].count;
    assert_int_equal(s->side.requests, 5);
    assert_int_equal(labelled, 3); /* two have no latency */
    struct platform_cost cost;
    struct platform_shape shape = {.cpus = 0};
    struct table tables[PLATFORM_TABLES_MAX];
    struct err e = {""};
    assert_int_equal(platform_price(s, &shape, &cost, &e), 0);
    size_t n = platform_tables(s, &cost, tables);
    for (size_t i = 0; i < n; i++) {
        assert_true(table_ok(&tables[i]));
        assert_int_equal(tables[i].cell_count % tables[i].column_count, 0);
        table_done(&tables[i]);
    }
    platform_free(s);
    reader_close(r);
}

/* Without a log, the metrics say what a service costs. */
static void test_metrics_have_a_price_if_they_can_be(void **state) {
    (void)state;
    static const struct {
        const char *seconds, *requests;
        bool can_be;
    } cases[] = {{"100", "2000000", true}, {"9e9", "0", true},   {"1e10", "0", false},
                 {"1e308", "0", false},    {"-1", "0", false},   {"9e999", "0", false},
                 {"0", "-1", false},       {"0", "1e19", false}, {"0", "9e999", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rows[600], name[16];
        struct reader *r = NULL;
        struct platform_cost cost;
        struct platform_shape shape = {.cpus = 1, .memory_bytes = 536870912};
        struct err e = {""};
        snprintf(rows, sizeof rows,
                 "INSERT INTO server_metric VALUES (1, 'container/billable_instance_time', '', '', "
                 "'delta', 'sum', 's'), (2, 'request_count', '', '', 'delta', 'sum', '1');"
                 "INSERT INTO server_point VALUES (1, 6001000000, 6060000000, %s), (2, 6001000000, "
                 "6060000000, %s)",
                 cases[i].seconds, cases[i].requests);
        snprintf(name, sizeof name, "price%zu.db", i);
        make(in_dir(name), rows);
        struct platform *s = read_platform(in_dir(name), false, &r);
        if (cases[i].can_be) {
            assert_int_equal(platform_price(s, &shape, &cost, &e), 0);
            assert_int_equal(cost.requests, strtoull(cases[i].requests, NULL, 10));
        } else {
            assert_int_not_equal(platform_price(s, &shape, &cost, &e), 0);
            assert_non_null(strstr(e.text, "which cannot be"));
        }
        platform_free(s);
        reader_close(r);
    }
}

/* Instance-based billing goes by the lives of the instances, in the figure, too: 1.0 s to 5.0 s, in
 * which the log's own rule has a gap. */
static void test_a_life_is_billed_whole(void **state) {
    (void)state;
    struct reader *r = NULL;
    struct err e = {""};
    make(in_dir("life.db"), small);
    struct platform *s = read_platform(in_dir("life.db"), true, &r);
    const struct platform_shape shape = {.gpu = GPU_L4, .billing = BILLING_INSTANCE};
    struct platform_cost cost;
    assert_int_equal(platform_price(s, &shape, &cost, &e), 0);
    assert_near(cost.shape.cpus, 4, 0);
    assert_int_equal(cost.shape.memory_bytes, INT64_C(16) << 30);
    assert_near(cost.cost.gpu_s, 60, 0);
    assert_true(isnan(cost.cost.full.total));
    assert_int_equal(s->instances[0].life_us, 4000000);
    assert_int_equal(platform_figures_bill_lives(s, &e), 0);
    static const double want[] = {0, 1, 1, 1, 1, 0};
    for (size_t i = 0; i < 6; i++)
        assert_near(s->figures[PLATFORM_BILLABLE_TIME].first[i], want[i], 1e-12);
    platform_free(s);
    reader_close(r);
}

/* The body of a response took 200 and 240 ms, and for one of them the log has no room for it. */
static void test_a_log_that_stops_at_the_headers(void **state) {
    (void)state;
    struct reader *r = NULL;
    char rows[4096];
    snprintf(rows, sizeof rows,
             "%s; UPDATE request SET rest_us = 200000 WHERE id = 3;"
             "UPDATE request SET rest_us = 240000 WHERE id = 4;"
             "UPDATE server_request SET latency_us = 5000 WHERE request = 4",
             small);
    make(in_dir("head.db"), rows);
    struct platform *s = read_platform(in_dir("head.db"), false, &r);
    assert_int_equal(s->counts.long_bodies, 2);
    assert_int_equal(s->counts.log_to_head, 1);
    struct lines remarks;
    struct platform_cost none = {.cost.instance_s = 0};
    const char *key, *text;
    size_t at = 0;
    lines_init(&remarks, NULL);
    platform_remarks(s, &none, &remarks);
    assert_true(lines_next(&remarks, &at, &key, &text));
    assert_string_equal(key, "log_latency_to_headers");
    assert_non_null(strstr(text, "In 1 of 2 responses whose body took 100 ms or longer"));
    assert_false(lines_next(&remarks, &at, &key, &text));
    lines_done(&remarks);
    platform_free(s);
    reader_close(r);
}

static void test_without_an_import_there_is_none(void **state) {
    (void)state;
    struct reader *r = NULL;
    make(in_dir("none.db"), "DELETE FROM server_side");
    assert_null(read_platform(in_dir("none.db"), true, &r));
    reader_close(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_small_run_by_hand),
        cmocka_unit_test(test_a_shutdown_is_billed),
        cmocka_unit_test(test_a_start_that_came_to_nothing_is_billed),
        cmocka_unit_test(test_an_instance_from_before_the_log),
        cmocka_unit_test(test_odd_rows),
        cmocka_unit_test(test_metrics_have_a_price_if_they_can_be),
        cmocka_unit_test(test_a_life_is_billed_whole),
        cmocka_unit_test(test_a_log_that_stops_at_the_headers),
        cmocka_unit_test(test_without_an_import_there_is_none),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
