/* What a report says about the client, from a real run file whose seconds were put in by hand. */
#include "report/fixture.h"

#include <cjson/cJSON.h>

#include "report/emitting.h"
#include "report/model.h"

static void put(const char *path, const char *statements) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, statements, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", statements, sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* Two seconds whose sums, means and maxima can be told at a glance. */
static const char two_seconds[] = "INSERT INTO client_second VALUES"
                                  " (0, 0.25, 0.5, 0.06, 100, 900, 17, 0, 40, 12, 3),"
                                  " (1, 0.75, 0.8, 0.03, 300, 700, 5, 2, 38, 14, 4),"
                                  " (2, 0.5, 0.5, 0.01, NULL, NULL, 1, 2, NULL, NULL, NULL);";
static const char more[] =
    "INSERT INTO manifest VALUES ('dispatch_scheduled', '1000'), ('dispatch_waited_for_user', '7'),"
    " ('dispatch_late', '4'), ('dispatch_not_sent', '1'), ('dispatch_p50_us', '55'),"
    " ('dispatch_p99_us', '310'), ('dispatch_max_us', '12000'), ('calibration_p50_us', '61'),"
    " ('calibration_p99_us', '240'), ('calibration_requests_per_second', '998');";

struct report {
    struct reader *reader;
    struct model *model;
    struct buf table, markdown, bare, json;
};

static void read_report(struct report *x, const char *path) {
    struct err e = {""};
    assert_ok(reader_open(path, &x->reader, &e), e);
    assert_ok(model_new(x->reader, &(struct model_options){.locust = false}, &x->model, &e), e);
    buf_init(&x->table, 1 << 20);
    buf_init(&x->markdown, 1 << 20);
    buf_init(&x->bare, 1 << 20);
    buf_init(&x->json, 1 << 20);
    as_table(&x->table, x->model, false);
    as_markdown(&x->markdown, x->model, false);
    as_table(&x->bare, x->model, true);
    as_json(&x->json, x->model);
}

static void done(struct report *x) {
    buf_done(&x->table);
    buf_done(&x->markdown);
    buf_done(&x->bare);
    buf_done(&x->json);
    model_free(x->model);
    reader_close(x->reader);
}

static void has(const struct buf *b, const char *part) {
    if (strstr(buf_text(b), part) == NULL)
        fail_msg("does not have \"%s\":\n%s", part, buf_text(b));
}

static double json_number(const cJSON *root, const char *part, const char *key) {
    const cJSON *o = cJSON_GetObjectItemCaseSensitive(root, "client");
    o = part == NULL ? o : cJSON_GetObjectItemCaseSensitive(o, part);
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(o, key);
    if (!cJSON_IsNumber(n))
        fail_msg("no number %s", key);
    return n->valuedouble;
}

static void test_the_whole_client(void **state) {
    (void)state;
    const char *path = in_dir("client.db");
    struct report x;
    make_run(path, 100, true);
    put(path, two_seconds);
    put(path, more);
    read_report(&x, path);
    has(&x.table, "75 % of one core; writer: 6 %\n");
    has(&x.table, "average 200 us, maximum 900 us\n");
    has(&x.table, "maximum 17 requests; lost: 2\n");
    has(&x.table, "maximum 40\n");
    has(&x.table, "maximum 14 ports in use, 7 segments retransmitted\n");
    has(&x.table, "p50 55 us, p99 310 us, maximum 12000 us; over 10 ms: 4 of 1000\n");
    has(&x.table, "7 requests, not counted above\n");
    has(&x.table, "the client adds 61 (p50) to 240 (p99) microseconds at 998 requests/s\n");
    has(&x.markdown, "## Client\n");
    has(&x.markdown, "| Client CPU (peak) | 75 % of one core");
    assert_null(strstr(buf_text(&x.bare), "Client CPU (peak)"));
    cJSON *root = cJSON_Parse(buf_text(&x.json));
    assert_non_null(root);
    assert_true(json_number(root, NULL, "busiest_core") == 0.75);
    assert_true(json_number(root, NULL, "loop_lag_mean_us") == 200);
    assert_true(json_number(root, NULL, "lost") == 2);
    assert_true(json_number(root, NULL, "retransmits") == 7);
    assert_true(json_number(root, "dispatch", "p99_us") == 310);
    assert_true(json_number(root, "dispatch", "not_sent") == 1);
    assert_true(json_number(root, "calibration", "p50_us") == 61);
    cJSON_Delete(root);
    done(&x);
}

static void test_what_is_not_known_is_left_out(void **state) {
    (void)state;
    const char *path = in_dir("little.db");
    struct report x;
    make_run(path, 100, false);
    put(path, "INSERT INTO client_second VALUES"
              " (0, 0, 0, 0, NULL, NULL, 0, 0, NULL, NULL, NULL)");
    read_report(&x, path);
    has(&x.table, "Client CPU (peak)");
    static const char *const absent[] = {"Loop lag", "Open files", "TCP", "schedule", "adds"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_null(strstr(strstr(buf_text(&x.table), "Client CPU (peak)"), absent[i]));
    cJSON *root = cJSON_Parse(buf_text(&x.json));
    const cJSON *client = cJSON_GetObjectItemCaseSensitive(root, "client");
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(client, "loop_lag_max_us")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(client, "dispatch")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(client, "calibration")));
    cJSON_Delete(root);
    done(&x);
}

static void test_a_file_of_before_has_no_client(void **state) {
    (void)state;
    const char *path = in_dir("before.db");
    struct report x;
    make_run(path, 100, false);
    put(path, "DROP VIEW client; DROP TABLE client_second; DROP TABLE dispatch_second;"
              "PRAGMA user_version = 1");
    read_report(&x, path);
    assert_null(strstr(buf_text(&x.table), "Client"));
    assert_null(strstr(buf_text(&x.markdown), "Client"));
    assert_null(strstr(buf_text(&x.json), "\"client\""));
    done(&x);
}

static void test_absurd_numbers_do_no_harm(void **state) {
    (void)state;
    const char *path = in_dir("absurd.db");
    struct report x;
    make_run(path, 10, false);
    put(path,
        "INSERT INTO client_second VALUES"
        " (0, 1e308, -1, 9e999, 9223372036854775807, -5, -1, 'x', x'00', 1, 9223372036854775807),"
        " (1, -1, 'many', 0, 9223372036854775807, -5, -1, 0, 1, 1, 9223372036854775807);"
        "INSERT INTO manifest VALUES ('dispatch_scheduled', '1e9\x1b[31m'),"
        " ('calibration_p50_us', '-'), ('calibration_p99_us', '99999999999999999999')");
    read_report(&x, path);
    assert_true(buf_ok(&x.table) && buf_ok(&x.json));
    assert_null(strchr(buf_text(&x.table), 0x1b));
    cJSON *root = cJSON_Parse(buf_text(&x.json));
    assert_non_null(root);
    cJSON_Delete(root);
    done(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_whole_client),
        cmocka_unit_test(test_what_is_not_known_is_left_out),
        cmocka_unit_test(test_a_file_of_before_has_no_client),
        cmocka_unit_test(test_absurd_numbers_do_no_harm),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
