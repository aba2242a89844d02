/* influx: where lines go, how hostile texts stay in their place, and what answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/metrics.h"
#include "export/influx.h"
#include "export/run_status.h"
#include "util/clock.h"

static void check_url(const char *given, const char *expected) {
    struct buf out;
    struct err e = {""};
    buf_init(&out, 4096);
    int result = influx_url(given, &out, &e);
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

static void an_address_names_a_database_or_is_whole(void **state) {
    (void)state;
    check_url("http://h:8086/load", "http://h:8086/write?db=load");
    check_url("http://h:8086/load/", "http://h:8086/write?db=load");
    check_url("https://u:p@h/a%20b", "https://u:p@h/write?db=a%20b");
    check_url("http://h/a b", "http://h/write?db=a%20b");
    check_url("http://h/a&b+c", "http://h/write?db=a%26b%2Bc");
    check_url("http://h/write?db=x", "http://h/write?db=x");
    check_url("http://h/in flux/write?db=x y", "http://h/in%20flux/write?db=x%20y");
    check_url("http://h/influx/write?db=x&rp=y", "http://h/influx/write?db=x&rp=y");
    check_url("http://h/api/v2/write?org=o&bucket=b", "http://h/api/v2/write?org=o&bucket=b");
    check_url("http://h/api/v3/write_lp?db=x", "http://h/api/v3/write_lp?db=x");
    static const char *const bad[] = {
        "",
        "h:8086/load",
        "ftp://h/load",
        "http://h",
        "http://h/",
        "http://h/a/b",
        "http://h/load?x=y",
        "http://h/load#x",
        "http://h/write",
        "http://h/write?db=",
        "http://h/write?db",
        "http://h/write?org=o",
        "http://h/write?db=x&precision=s",
        "http://h/write?db=x&u=me&p=secret",
        "http://h/api/v2/write?org=o&bucket=b&token=t",
        "http://h:99999/load",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_url(bad[i], NULL);
}

/* The line of an endpoint with this name, up to its fields. */
static void check_tag(const char *name, const char *expected) {
    static struct run_status b;
    struct labels tags = {0};
    struct buf out;
    buf_init(&out, 1 << 20);
    run_status_init(&b, 1, name);
    influx_part(b.status, &tags, 42, &out);
    const char *line = strchr(buf_text(&out), '\n') + 1;
    size_t n = strlen(expected);
    if (strncmp(line, expected, n) != 0 || strncmp(line + n, " requests=1i,", 13) != 0)
        fail_msg("%s", line);
    assert_string_equal(line + strlen(line) - 4, " 42\n");
    assert_non_null(strchr(line, '\n'));
    assert_true(strchr(line, '\n')[1] == '\0');
    run_status_done(&b);
    buf_done(&out);
}

static void hostile_names_stay_in_their_tag(void **state) {
    (void)state;
    check_tag("/a", "coldswarm_endpoint,method=GET,name=/a");
    check_tag("a b,c=d", "coldswarm_endpoint,method=GET,name=a\\ b\\,c\\=d");
    check_tag("\"q\"", "coldswarm_endpoint,method=GET,name=\"q\"");
    check_tag("a\nevil x=1i 1", "coldswarm_endpoint,method=GET,name=a\\x0aevil\\ x\\=1i\\ 1");
    check_tag("end\\", "coldswarm_endpoint,method=GET,name=end\\x5c");
    check_tag("a\\,b\\\\c", "coldswarm_endpoint,method=GET,name=a\\x5c\\,b\\x5c\\c");
    check_tag("\xc3\xa9\xff", "coldswarm_endpoint,method=GET,name=\xc3\xa9\\xff");
    check_tag("", "coldswarm_endpoint,method=GET");
}

static void lines_are_bounded(void **state) {
    (void)state;
    static struct run_status b;
    struct labels tags = {0};
    struct buf out;
    buf_init(&out, 16 << 20);
    run_status_init(&b, 300, NULL);
    influx_part(b.status, &tags, 42, &out);
    size_t lines = 0;
    for (const char *p = buf_text(&out); (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    assert_int_equal(lines, 1 + METRICS_ENDPOINTS_MAX + 1);
    assert_non_null(strstr(buf_text(&out), "\ncoldswarm_endpoint,name=(other\\ endpoints) "
                                           "requests=100i,failures=0i,"));
    assert_non_null(strstr(buf_text(&out), ",other_endpoints=100i"));
    assert_non_null(strstr(buf_text(&out), ",response_time_count=1i,response_time_sum=0.002,"
                                           "response_time_le_0.001=0i,response_time_le_0.0025=1i"));
    run_status_done(&b);
    buf_done(&out);
}

static void check_answer(long status, const char *text, uint64_t refused, const char *why) {
    struct exporter_answer a = {0};
    influx_format.read(status, text, strlen(text), &a);
    assert_int_equal(a.refused, refused);
    assert_string_equal(a.why.text, why);
}

static void answers_are_read(void **state) {
    (void)state;
    check_answer(204, "", 0, "");
    check_answer(400, "{\"error\":\"partial write: field type conflict: x dropped=2\"}\n", 2,
                 "partial write: field type conflict: x dropped=2");
    check_answer(400, "{\"error\":\"unable to parse 'dropped=9'\"}", 0,
                 "unable to parse 'dropped=9'");
    check_answer(404, "{\"error\":\"database not found: \\\"x\\\"\"}", 0,
                 "database not found: \"x\"");
    check_answer(401, "{\"code\":\"unauthorized\",\"message\":\"unauthorized access\"}", 0,
                 "unauthorized access");
    check_answer(500, "[1", 0, "");
    assert_true(influx_format.repeats(429) && influx_format.repeats(500) &&
                influx_format.repeats(503));
    assert_false(influx_format.repeats(400) || influx_format.repeats(401) ||
                 influx_format.repeats(404));
}

static void keys_of_tags_are_plain(void **state) {
    (void)state;
    assert_true(influx_may_be_key("testid") && influx_may_be_key("a.b-c_d1"));
    assert_false(influx_may_be_key("") || influx_may_be_key("a b") || influx_may_be_key("time") ||
                 influx_may_be_key("_x") || influx_may_be_key("a=") ||
                 influx_may_be_key("\xc3\xa9"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_names_a_database_or_is_whole),
        cmocka_unit_test(hostile_names_stay_in_their_tag),
        cmocka_unit_test(lines_are_bounded),
        cmocka_unit_test(answers_are_read),
        cmocka_unit_test(keys_of_tags_are_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
