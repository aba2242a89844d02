/* The counts' JSON and table, against numbers added up by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "target/counts.h"

static void a_few_requests(struct counts *c) {
    counts_init(c);
    counts_connection(c);
    counts_connection(c);
    for (uint64_t n = 0; n < 6; n++)
        assert_int_equal(counts_received(c, METHOD_POST, ROUTE_PREDICT), n);
    assert_int_equal(counts_received(c, METHOD_GET, ROUTE_ROOT), 6);
    counts_answered(c, METHOD_POST, ROUTE_PREDICT, 200, 100, 48);
    counts_answered(c, METHOD_POST, ROUTE_PREDICT, 200, 100, 48);
    counts_answered(c, METHOD_POST, ROUTE_PREDICT, 413, 5, 30);
    counts_fault(c, METHOD_POST, ROUTE_PREDICT, FAULT_RESET, 100);
    counts_aborted(c, METHOD_POST, ROUTE_PREDICT, 7);
    counts_answered(c, METHOD_GET, ROUTE_ROOT, 200, 0, 48);
    counts_unanswered(c, METHOD_GET, ROUTE_ROOT, 200, 48);
    /* POST: 6 received, 2 x 200, 1 x 413, 1 reset, 1 aborted: 1 in flight. GET: its answer could
     * not be sent. */
}

static int number(const cJSON *o, const char *key) {
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(o, key);
    if (!cJSON_IsNumber(n))
        fail_msg("no number %s", key);
    return n->valueint;
}

static void json_has_every_end_of_a_request(void **state) {
    (void)state;
    struct counts c;
    struct buf out;
    a_few_requests(&c);
    buf_init(&out, 1 << 20);
    counts_json(&c, &(struct counts_more){.cold_starts = 3, .streams = 5, .tokens = 70}, &out);
    assert_true(buf_ok(&out));
    cJSON *root = cJSON_Parse(buf_text(&out));
    assert_non_null(root);
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(root, "requests");
    assert_int_equal(cJSON_GetArraySize(rows), 2);
    const cJSON *get = cJSON_GetArrayItem(rows, 0), *post = cJSON_GetArrayItem(rows, 1);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(post, "method")->valuestring, "POST");
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(post, "path")->valuestring, "/predict");
    const cJSON *answered = cJSON_GetObjectItemCaseSensitive(post, "answered");
    assert_int_equal(cJSON_GetArraySize(answered), 2);
    assert_int_equal(number(answered, "200"), 2);
    assert_int_equal(number(answered, "413"), 1);
    assert_int_equal(number(post, "received"), 6);
    assert_int_equal(number(post, "reset"), 1);
    assert_int_equal(number(post, "hang"), 0);
    assert_int_equal(number(post, "aborted"), 1);
    assert_int_equal(number(post, "in_flight"), 1);
    assert_int_equal(number(post, "bytes_in"), 100 + 100 + 5 + 100 + 7);
    assert_int_equal(number(post, "bytes_out"), 48 + 48 + 30);
    assert_int_equal(number(get, "aborted"), 1);
    assert_int_equal(number(get, "in_flight"), 0);
    assert_int_equal(number(get, "bytes_out"), 0);
    const cJSON *total = cJSON_GetObjectItemCaseSensitive(root, "total");
    assert_int_equal(number(total, "received"), 7);
    assert_int_equal(number(total, "aborted"), 2);
    assert_int_equal(number(root, "connections"), 2);
    assert_int_equal(number(root, "cold_starts"), 3);
    assert_int_equal(number(root, "streams"), 5);
    assert_int_equal(number(root, "tokens"), 70);
    cJSON_Delete(root);
    buf_done(&out);
    counts_done(&c);
}

static void the_table_shows_the_columns_that_have_something(void **state) {
    (void)state;
    struct counts c;
    struct buf out;
    a_few_requests(&c);
    buf_init(&out, 1 << 20);
    counts_table(&c, &(struct counts_more){.cold_starts = 1}, &out);
    assert_string_equal(buf_text(&out), "Method   Path        received       200       413     "
                                        "reset   aborted      bytes in     bytes out\n"
                                        "GET      /                  1         0         0         "
                                        "0         1             0             0\n"
                                        "POST     /predict           6         2         1         "
                                        "1         1           312           126\n"
                                        "         Total              7         2         1         "
                                        "1         2           312           126\n"
                                        "2 connections, 1 cold start\n");
    buf_done(&out);
    counts_done(&c);
}

static void a_long_path_widens_its_column_and_tokens_are_said_where_there_are_some(void **state) {
    (void)state;
    struct counts c;
    struct buf out;
    counts_init(&c);
    counts_received(&c, METHOD_POST, ROUTE_LLM + LLM_CHAT);
    counts_answered(&c, METHOD_POST, ROUTE_LLM + LLM_CHAT, 200, 10, 20);
    buf_init(&out, 1 << 20);
    counts_table(&c, &(struct counts_more){.streams = 1, .tokens = 4}, &out);
    assert_string_equal(
        buf_text(&out),
        "Method   Path                   received       200      bytes in     bytes out\n"
        "POST     /v1/chat/completions          1         1            10            20\n"
        "         Total                         1         1            10            20\n"
        "0 connections, 0 cold starts, 1 stream, 4 tokens\n");
    buf_done(&out);
    counts_done(&c);
}

static void unknown_methods_and_paths_share_a_row(void **state) {
    (void)state;
    assert_int_equal(method_of("GET"), METHOD_GET);
    assert_int_equal(method_of("OPTIONS"), METHOD_OPTIONS);
    assert_int_equal(method_of("get"), METHOD_OTHER);
    assert_int_equal(method_of("BREW"), METHOD_OTHER);
    assert_int_equal(route_of("/healthz"), ROUTE_HEALTHZ);
    assert_int_equal(route_of("/health/"), ROUTE_OTHER);
    assert_int_equal(route_of("/v1/chat/completions"), ROUTE_LLM + LLM_CHAT);
    assert_int_equal(route_of("/api/generate"), ROUTE_LLM + LLM_OLLAMA_GENERATE);
    assert_int_equal(route_of("/v1/models"), ROUTE_MODELS);
    assert_int_equal(route_of(""), ROUTE_OTHER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_every_end_of_a_request),
        cmocka_unit_test(the_table_shows_the_columns_that_have_something),
        cmocka_unit_test(a_long_path_widens_its_column_and_tokens_are_said_where_there_are_some),
        cmocka_unit_test(unknown_methods_and_paths_share_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
