/* grpc_frame: by hand, after gRPC's PROTOCOL-HTTP2.md; gzip(1) is the other side of compression. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grpc/grpc_frame.h"
#include "util/child.h"
#include "util/clock.h"

static bool note(void *context, struct bytes message) {
    struct buf *seen = context;
    buf_char(seen, '[');
    buf_add(seen, message.data, message.len);
    buf_char(seen, ']');
    return message.len < 4 || memcmp(message.data, "stop", 4) != 0;
}

/* Feeds the bytes in pieces; returns what was seen, and "!" with the error. */
static const char *feed(const char *bytes, size_t n, size_t piece, bool gzip, size_t most,
                        bool end) {
    static char text[4096];
    struct grpc_reader r;
    struct buf seen;
    struct err e = {""};
    grpc_reader_init(&r, most);
    r.gzip = gzip;
    buf_init(&seen, 1000);
    for (size_t at = 0; at < n && e.text[0] == '\0'; at += piece)
        grpc_reader_feed(&r, bytes + at, n - at < piece ? n - at : piece, note, &seen, &e);
    if (end && e.text[0] == '\0')
        grpc_reader_end(&r, &e);
    snprintf(text, sizeof text, "%s%s%s", buf_text(&seen), e.text[0] != '\0' ? "!" : "", e.text);
    buf_done(&seen);
    grpc_reader_done(&r);
    return text;
}

static void test_pieces(void **state) {
    (void)state;
    static const char bytes[] = "\0\0\0\0\3abc\0\0\0\0\0\0\0\0\0\1d";
    for (size_t piece = 1; piece <= sizeof bytes; piece++)
        assert_string_equal(feed(bytes, sizeof bytes - 1, piece, false, 100, true), "[abc][][d]");
}

static void test_bad_messages(void **state) {
    (void)state;
    for (size_t piece = 1; piece < 12; piece++) {
        assert_string_equal(feed("\2\0\0\0\1x", 6, piece, false, 100, true),
                            "!a message begins with the byte 2, where gRPC has 0 or 1");
        assert_string_equal(feed("\1\0\0\0\1x", 6, piece, false, 100, true),
                            "!a message has the compressed flag, but grpc-encoding is not gzip");
        assert_string_equal(feed("\0\0\0\0\x65x", 6, piece, false, 100, true),
                            "!a message of 101 bytes; the limit is 100; \"max_message\" sets it");
        assert_string_equal(
            feed("\0\xff\xff\xff\xff", 5, piece, false, 100, true),
            "!a message of 4294967295 bytes; the limit is 100; \"max_message\" sets it");
        assert_string_equal(feed("\0\0\0\0\1x\0\0\0\0\3ab", 13, piece, false, 100, true),
                            "[x]!the answer ends within a message: 2 of 3 bytes are there");
        assert_string_equal(feed("\0\0\0\0\1x\0\0", 8, piece, false, 100, true),
                            "[x]!the answer ends within a message: 2 of 5 bytes are there");
        assert_string_equal(feed("\1\0\0\0\3abc", 8, piece, true, 100, true),
                            "!a message with the compressed flag is no gzip data");
        assert_string_equal(feed("\1\0\0\0\0", 5, piece, true, 100, true),
                            "!a message has truncated gzip data");
    }
}

static void test_stop(void **state) {
    (void)state;
    static const char bytes[] = "\0\0\0\0\4stop\0\0\0\0\1x";
    assert_string_equal(feed(bytes, sizeof bytes - 1, 100, false, 100, false), "[stop]");
}

/* A reader that a truncated answer left within a message is good for the next answer. */
static void test_reset(void **state) {
    (void)state;
    struct grpc_reader r;
    struct buf seen;
    struct err e = {""};
    grpc_reader_init(&r, 100);
    buf_init(&seen, 100);
    assert_int_equal(grpc_reader_feed(&r, "\0\0\0\0\3a", 6, note, &seen, &e), 0);
    grpc_reader_reset(&r, 100);
    assert_int_equal(grpc_reader_end(&r, &e), 0);
    assert_int_equal(grpc_reader_feed(&r, "\0\0\0\0\1b", 6, note, &seen, &e), 0);
    assert_string_equal(buf_text(&seen), "[b]");
    assert_int_equal(r.count, 1);
    /* The next may be larger than all before it. */
    char large[1005] = "\0\0\0\3\xe8";
    memset(large + 5, 'c', 1000);
    buf_done(&seen);
    buf_init(&seen, 2000);
    grpc_reader_reset(&r, 1000);
    for (size_t i = 0; i < sizeof large; i += 100)
        assert_int_equal(grpc_reader_feed(&r, large + i, i == 1000 ? 5 : 100, note, &seen, &e), 0);
    assert_int_equal(seen.len, 1002);
    grpc_reader_reset(&r, 999);
    assert_int_equal(grpc_reader_feed(&r, large, 100, note, &seen, &e), -1);
    assert_string_equal(e.text,
                        "a message of 1000 bytes; the limit is 999; \"max_message\" sets it");
    buf_done(&seen);
    grpc_reader_done(&r);
}

/* A message that the real gzip made, with the prefix before it. */
static void test_gzip(void **state) {
    (void)state;
    const char *const arguments[] = {"gzip", "-c", NULL};
    char plain[200];
    struct buf squeezed, said, message;
    int status = 0;
    memset(plain, 'a', sizeof plain);
    buf_init(&squeezed, 10000);
    buf_init(&said, 10000);
    buf_init(&message, 10000);
    assert_int_equal(
        child_run(arguments, plain, sizeof plain, 60 * NS_PER_S, &squeezed, &said, &status),
        CHILD_ENDED);
    char prefix[GRPC_PREFIX_BYTES];
    grpc_prefix(prefix, true, (uint32_t)squeezed.len);
    buf_add(&message, prefix, sizeof prefix);
    buf_add(&message, squeezed.data, squeezed.len);
    char expected[300];
    snprintf(expected, sizeof expected, "[%.200s]", plain);
    for (size_t piece = 1; piece < message.len; piece += 7)
        assert_string_equal(feed(message.data, message.len, piece, true, 200, true), expected);
    assert_string_equal(
        feed(message.data, message.len, 100, true, 199, true),
        "!a message of more than 199 bytes after decompression; \"max_message\" sets the limit");
    message.data[4]--; /* without its last byte */
    assert_string_equal(feed(message.data, message.len - 1, 100, true, 200, true),
                        "!a message has truncated gzip data");
    message.data[4] = (char)(message.data[4] + 2);
    buf_char(&message, 'x');
    assert_string_equal(feed(message.data, message.len, 100, true, 200, true),
                        "!a message has bytes behind its gzip data");
    buf_done(&squeezed);
    buf_done(&said);
    buf_done(&message);
}

/* What grpc_gzip() writes, the real gzip reads. */
static void test_gzip_written(void **state) {
    (void)state;
    const char *const arguments[] = {"gzip", "-dc", NULL};
    struct buf squeezed, plain, said;
    struct err e = {""};
    int status = 0;
    buf_init(&squeezed, 10000);
    buf_init(&plain, 10000);
    buf_init(&said, 10000);
    assert_int_equal(grpc_gzip("some text, some text, some text", 31, &squeezed, &e), 0);
    assert_int_equal(
        child_run(arguments, squeezed.data, squeezed.len, 60 * NS_PER_S, &plain, &said, &status),
        CHILD_ENDED);
    assert_int_equal(status, 0);
    assert_string_equal(buf_text(&plain), "some text, some text, some text");
    buf_clear(&squeezed);
    squeezed.max = 10;
    assert_int_equal(grpc_gzip("some text, some text, some text", 31, &squeezed, &e), -1);
    assert_string_equal(e.text, "a message of 31 bytes has no room as gzip");
    buf_done(&squeezed);
    buf_done(&plain);
    buf_done(&said);
}

static void test_status(void **state) {
    (void)state;
    assert_string_equal(grpc_status_text(0), "OK");
    assert_string_equal(grpc_status_text(14), "UNAVAILABLE");
    assert_string_equal(grpc_status_text(16), "UNAUTHENTICATED");
    assert_string_equal(grpc_status_text(17), "UNKNOWN");
    assert_string_equal(grpc_status_text(-1), "UNKNOWN");
    assert_int_equal(grpc_status_named("not_found"), 5);
    assert_int_equal(grpc_status_named("13"), 13);
    assert_int_equal(grpc_status_named("2"), 2);
    assert_int_equal(grpc_status_named("17"), -1);
    assert_int_equal(grpc_status_named("nosuch"), -1);
    assert_int_equal(grpc_status_named(""), -1);
    assert_int_equal(grpc_status_read((struct bytes){"0", 1}), 0);
    assert_int_equal(grpc_status_read((struct bytes){"99", 2}), GRPC_UNKNOWN);
    assert_int_equal(grpc_status_read((struct bytes){"-1", 2}), -1);
    assert_int_equal(grpc_status_read((struct bytes){"", 0}), -1);
    assert_int_equal(grpc_status_read((struct bytes){"9999999999", 10}), -1);
    assert_int_equal(grpc_status_of_http(503), GRPC_UNAVAILABLE);
    assert_int_equal(grpc_status_of_http(404), GRPC_UNIMPLEMENTED);
    assert_int_equal(grpc_status_of_http(200), GRPC_UNKNOWN);
}

static void test_timeout(void **state) {
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {{0, "1n"},
                 {1, "1n"},
                 {99999999, "99999999n"},
                 {100000000, "100000u"},
                 {100000001, "100001u"}, /* never too short */
                 {INT64_C(1500000000), "1500000u"},
                 {INT64_C(99999999000), "99999999u"},
                 {INT64_C(99999999001), "100000m"},
                 {INT64_C(3600000000000), "3600000m"},
                 {INT64_MAX, "2562048H"}};
    char text[GRPC_TIMEOUT_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        grpc_timeout_text(cases[i].ns, text);
        assert_string_equal(text, cases[i].text);
        assert_true(strlen(text) <= 9);
        int64_t back = grpc_timeout_read((struct bytes){text, strlen(text)});
        assert_true(back >= cases[i].ns);
        assert_true(back - cases[i].ns < (cases[i].ns < 100000000 ? 2 : cases[i].ns / 10000));
    }
    assert_int_equal(grpc_timeout_read((struct bytes){"2M", 2}), 120 * NS_PER_S);
    assert_int_equal(grpc_timeout_read((struct bytes){"99999999H", 9}), INT64_MAX);
    assert_int_equal(grpc_timeout_read((struct bytes){"1", 1}), -1);
    assert_int_equal(grpc_timeout_read((struct bytes){"S", 1}), -1);
    assert_int_equal(grpc_timeout_read((struct bytes){"1s", 2}), -1);
    assert_int_equal(grpc_timeout_read((struct bytes){"-1S", 3}), -1);
    assert_int_equal(grpc_timeout_read((struct bytes){"123456789S", 10}), -1);
}

static void test_messages_of_status(void **state) {
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    grpc_message_text((struct bytes){"caf%C3%A9 100% %zz%", 19}, &out);
    assert_string_equal(buf_text(&out), "caf\xc3\xa9 100% %zz%");
    buf_clear(&out);
    grpc_message_text((struct bytes){"%ff", 3}, &out);
    assert_string_equal(buf_text(&out), "\xef\xbf\xbd");
    buf_clear(&out);
    grpc_message_value("50%\n\xc3\xa9", 6, &out);
    assert_string_equal(buf_text(&out), "50%25%0A%C3%A9");
    buf_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_bad_messages),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_gzip_written),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_messages_of_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
