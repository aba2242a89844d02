/* otlp: where metrics go, what a part has, and what answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/metrics.h"
#include "export/otlp.h"
#include "export/run_status.h"
#include "util/clock.h"
#include "util/json.h"

static void check_url(const char *given, const char *expected) {
    struct buf out;
    struct err e = {""};
    buf_init(&out, 4096);
    int result = otlp_url(given, &out, &e);
    if (expected == NULL) {
        if (result == 0)
            fail_msg("%s became %s", given, buf_text(&out));
        assert_true(e.text[0] != '\0');
    } else if (result != 0)
        fail_msg("%s: %s", given, e.text);
    else
        assert_string_equal(buf_text(&out), expected);
    buf_done(&out);
}

static void a_base_address_gets_the_path_of_metrics(void **state) {
    (void)state;
    check_url("http://localhost:4318", "http://localhost:4318/v1/metrics");
    check_url("http://localhost:4318/", "http://localhost:4318/v1/metrics");
    check_url("https://h/base//", "https://h/base/v1/metrics");
    check_url("https://h/base/v1/metrics", "https://h/base/v1/metrics");
    check_url("https://h/base/v1/metrics/", "https://h/base/v1/metrics");
    check_url("https://h/my base/%41", "https://h/my%20base/%41/v1/metrics");
    check_url("http://u:p@h", "http://u:p@h/v1/metrics");
    check_url("http://[::1]:4318", "http://[::1]:4318/v1/metrics");
    check_url("localhost:4318", NULL);
    check_url("h", NULL);
    check_url("", NULL);
    check_url("ftp://h", NULL);
    check_url("http://", NULL);
    check_url("http://h:0", NULL);
    check_url("http://h/?a=b", NULL);
    check_url("http://h/#a", NULL);
    check_url("http://a b", NULL);
}

static void pairs_are_decoded(void **state) {
    (void)state;
    struct labels l = {0};
    struct err e = {""};
    assert_int_equal(otlp_pairs("X", " a = b%20c , ,d=,a=e=f", &l, &e), 0);
    assert_int_equal(l.count, 2);
    assert_string_equal(l.all[0].key, "a");
    assert_string_equal(l.all[0].value, "e=f");
    assert_string_equal(l.all[1].value, "");
    labels_done(&l);
    static const char *const bad[] = {"a", "=b", "a=%", "a=%2", "a=%00", "a=b,c"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        e.text[0] = '\0';
        if (otlp_pairs("X", bad[i], &l, &e) != -1 || strncmp(e.text, "X: ", 3) != 0)
            fail_msg("%s: %s", bad[i], e.text);
        labels_done(&l);
    }
}

/* The whole of a part is JSON, whatever the names are, and has a bounded number of points. */
static void a_part_is_bounded_json(void **state) {
    (void)state;
    static struct run_status b;
    struct labels resource = {0};
    struct json_doc *doc = NULL;
    struct buf out;
    struct err e = {""};
    buf_init(&out, 64 << 20);
    run_status_init(&b, 300, "\"}\n\x1b[31m\xff\\");
    assert_int_equal(labels_set(&resource, "a\"", "b\n\xff", &e), 0);
    otlp_part(b.status, &resource, 1700000001 * NS_PER_S, &out);
    assert_true(buf_ok(&out));
    if (json_parse("part", buf_text(&out), out.len, &doc, &e) != 0)
        fail_msg("%s", e.text);
    const struct json *metrics =
        json_get_array(json_get_array(json_root(doc), "scopeMetrics")->first, "metrics");
    bool found = false;
    for (const struct json *m = metrics->first; m != NULL; m = m->next) {
        if (strcmp(json_get_string(m, "name"), "coldswarm.requests") != 0)
            continue;
        const struct json *points = json_get_array(json_get(m, "sum"), "dataPoints");
        /* All 300 have one name, and so are one row. */
        assert_int_equal(points->count, 1);
        assert_string_equal(json_get_string(points->first, "asInt"), "300");
        assert_string_equal(json_get_string(points->first, "startTimeUnixNano"),
                            "1700000000000000000");
        assert_string_equal(json_get_string(points->first, "timeUnixNano"), "1700000001000000000");
        const struct json *name = json_get_array(points->first, "attributes")->first->next;
        assert_string_equal(json_get_string(json_get(name, "value"), "stringValue"),
                            "\"}\\x0a\\x1b[31m\\xff\\");
        found = true;
    }
    assert_true(found);
    json_free(doc);
    buf_clear(&out);
    run_status_done(&b);
    run_status_init(&b, 300, NULL);
    otlp_part(b.status, &resource, 1700000001 * NS_PER_S, &out);
    size_t others = 0;
    for (const char *p = buf_text(&out); (p = strstr(p, "(other endpoints)")) != NULL; p++)
        others++;
    assert_int_equal(others, METRICS_COUNTS - 2 + 1); /* without streams; and the histogram */
    run_status_done(&b);
    labels_done(&resource);
    buf_done(&out);
}

static void check_answer(long status, const char *text, uint64_t refused, const char *why) {
    struct exporter_answer a = {0};
    otlp_format.read(status, text, strlen(text), &a);
    assert_int_equal(a.refused, refused);
    assert_string_equal(a.why.text, why);
}

static void answers_are_read(void **state) {
    (void)state;
    check_answer(200, "{}", 0, "");
    check_answer(200, "", 0, "");
    check_answer(200, "{\"partialSuccess\":{}}", 0, "");
    check_answer(200, "{\"partialSuccess\":{\"rejectedDataPoints\":\"12\",\"errorMessage\":\"x\"}}",
                 12, "x");
    check_answer(200, "{\"partialSuccess\":{\"rejectedDataPoints\":3}}", 3, "");
    check_answer(200, "{\"partialSuccess\":{\"errorMessage\":\"careful\"}}", 0, "careful");
    check_answer(200, "{\"partialSuccess\":{\"rejectedDataPoints\":\"-1\"}}", 0, "");
    check_answer(200, "{\"partialSuccess\":7}", 0, "");
    check_answer(400, "{\"code\":3,\"message\":\"bad\\u001b\"}", 0, "bad\\x1b");
    check_answer(400, "<html>", 0, "");
    /* opentelemetry-proto, docs/specification.md, retryable response codes. */
    for (long status = 300; status < 600; status++)
        assert_int_equal(otlp_format.repeats(status),
                         status == 429 || status == 502 || status == 503 || status == 504);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_base_address_gets_the_path_of_metrics),
        cmocka_unit_test(pairs_are_decoded),
        cmocka_unit_test(a_part_is_bounded_json),
        cmocka_unit_test(answers_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
