/* proto_time: the edges; seconds by date(1), as "date -u -d 2020-02-29T23:59:59 +%s". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "grpc/proto_time.h"

static struct bytes bytes(const char *text) {
    return (struct bytes){text, strlen(text)};
}

static void test_timestamps(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
        int32_t nanos;
        const char *back; /* NULL: the same */
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0, 0, NULL},
        {"2020-02-29T23:59:59.123456789Z", 1583020799, 123456789, NULL},
        {"2020-02-29T23:59:59.5Z", 1583020799, 500000000, "2020-02-29T23:59:59.500Z"},
        {"2020-02-29T23:59:59.000001Z", 1583020799, 1000, NULL},
        {"2020-02-29T23:59:59+05:30", 1583000999, 0, "2020-02-29T18:29:59Z"},
        {"2020-02-29T23:59:59-08:00", 1583049599, 0, "2020-03-01T07:59:59Z"},
        {"1969-12-31T23:59:59.5Z", -1, 500000000, "1969-12-31T23:59:59.500Z"},
        {"0001-01-01T00:00:00Z", -62135596800, 0, NULL},
        {"9999-12-31T23:59:59.999999999Z", 253402300799, 999999999, NULL},
    };
    static const char *const bad[] = {
        "",
        "2020-02-29",
        "2021-02-29T00:00:00Z",
        "2020-13-01T00:00:00Z",
        "2020-00-01T00:00:00Z",
        "2020-01-00T00:00:00Z",
        "2020-01-01T24:00:00Z",
        "2020-01-01T00:60:00Z",
        "2020-01-01T00:00:60Z",
        "2020-01-01T00:00:00",
        "2020-01-01T00:00:00.Z",
        "2020-01-01T00:00:00.1234567890Z",
        "2020-01-01T00:00:00+0530",
        "2020-01-01T00:00:00+24:00",
        "2020-01-01 00:00:00Z",
        "2020-01-01T00:00:00Z ",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "0000-01-01T00:00:00Z",
        "-001-01-01T00:00:00Z",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct proto_time t = {0};
        struct buf b;
        buf_init(&b, 100);
        assert_true(proto_timestamp_read(bytes(cases[i].text), &t));
        assert_int_equal(t.seconds, cases[i].seconds);
        assert_int_equal(t.nanos, cases[i].nanos);
        assert_true(proto_timestamp_text(t, &b));
        assert_string_equal(buf_text(&b), cases[i].back != NULL ? cases[i].back : cases[i].text);
        buf_done(&b);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct proto_time t = {0};
        assert_false(proto_timestamp_read(bytes(bad[i]), &t));
    }
}

static void test_durations(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
        int32_t nanos;
        const char *back;
    } cases[] = {
        {"0s", 0, 0, NULL},
        {"1.5s", 1, 500000000, "1.500s"},
        {"-1.5s", -1, -500000000, "-1.500s"},
        {"-0.000000001s", 0, -1, NULL},
        {"315576000000s", 315576000000, 0, NULL},
        {"-315576000000s", -315576000000, 0, NULL},
        {"315576000000.1s", 315576000000, 100000000, "315576000000.100s"},
        {"-315576000000.999999999s", -315576000000, -999999999, NULL},
    };
    static const char *const bad[] = {"",
                                      "s",
                                      "1",
                                      "1 s",
                                      "+1s",
                                      "1.s",
                                      ".5s",
                                      "--1s",
                                      "315576000001s",
                                      "-315576000001s",
                                      "1sx",
                                      "1e3s",
                                      "99999999999999999999999s"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct proto_time t = {0};
        struct buf b;
        buf_init(&b, 100);
        assert_true(proto_duration_read(bytes(cases[i].text), &t));
        assert_int_equal(t.seconds, cases[i].seconds);
        assert_int_equal(t.nanos, cases[i].nanos);
        assert_true(proto_duration_text(t, &b));
        assert_string_equal(buf_text(&b), cases[i].back != NULL ? cases[i].back : cases[i].text);
        buf_done(&b);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct proto_time t = {0};
        assert_false(proto_duration_read(bytes(bad[i]), &t));
    }
}

static void test_out_of_range(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    assert_false(proto_timestamp_text((struct proto_time){253402300800, 0}, &b));
    assert_false(proto_timestamp_text((struct proto_time){-62135596801, 0}, &b));
    assert_false(proto_timestamp_text((struct proto_time){0, -1}, &b));
    assert_false(proto_timestamp_text((struct proto_time){0, 1000000000}, &b));
    assert_false(proto_timestamp_text((struct proto_time){INT64_MIN, 0}, &b));
    assert_false(proto_duration_text((struct proto_time){1, -1}, &b));
    assert_false(proto_duration_text((struct proto_time){-1, 1}, &b));
    assert_false(proto_duration_text((struct proto_time){INT64_MIN, 0}, &b));
    assert_false(proto_duration_text((struct proto_time){0, 1000000000}, &b));
    buf_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
