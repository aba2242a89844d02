/* proto_decode: what arrives can be any bytes. What valid messages mean, test_judged.c compares with
 * protobuf's own implementation. */
#include "grpc/schema.h"

#include <stdlib.h>

#define BYTES(text) (text), sizeof(text) - 1

static void test_texts(void **state) {
    (void)state;
    static const struct {
        const char *type, *bytes;
        size_t n;
        const char *json;
    } cases[] = {
        {"Scalars", BYTES(""), "{}"},
        {"Scalars", BYTES("\x18\x96\x01"), "{\"anInt32\":150}"},
        {"Scalars", BYTES("\x18\x00"), "{}"},                      /* a default is left out */
        {"Optionals", BYTES("\x18\x00"), "{\"anInt32\":0}"},       /* unless it has presence */
        {"Scalars", BYTES("\x18\x01\x18\x02"), "{\"anInt32\":2}"}, /* the last one */
        {"Scalars", BYTES("\x1a\x01x"), "{}"},                     /* another wire type: unknown */
        {"Scalars", BYTES("\xf8\x06\x01"), "{}"},                  /* an unknown field */
        {"Scalars", BYTES("\x1b\x08\x01\x1c\x20\x05"), "{\"anInt64\":\"5\"}"}, /* a group */
        {"Lists", BYTES("\x18\x01\x1a\x02\x02\x03\x18\x04"), "{\"int32s\":[1,2,3,4]}"},
        {"Choice", BYTES("\x0a\x01x\x10\x07"), "{\"number\":\"7\"}"},
        {"Choice", BYTES("\x10\x07\x0a\x01x"), "{\"text\":\"x\"}"},
        {"Choice", BYTES("\x1a\x02\x18\x01\x10\x07\x1a\x02\x20\x02"),
         "{\"scalars\":{\"anInt64\":\"2\"}}"}, /* number cleared the first scalars */
        {"Choice", BYTES("\x1a\x02\x18\x01\x1a\x02\x20\x02"),
         "{\"scalars\":{\"anInt32\":1,\"anInt64\":\"2\"}}"},
        {"Maps",
         BYTES("\x0a\x06\x0a\x01"
               "a\x12\x01x\x0a\x06\x0a\x01"
               "a\x12\x01y"),
         "{\"texts\":{\"a\":\"y\"}}"},
        {"Maps", BYTES("\x0a\x00"), "{\"texts\":{\"\":\"\"}}"},
        {"Maps", BYTES("\x12\x04\x08\x0a\x10\x01\x12\x04\x08\x09\x10\x02"),
         "{\"colors\":{\"9\":\"GREEN\",\"10\":\"RED\"}}"}, /* by number, not by text */
        {"Maps", BYTES("\x3a\x08\x08\x01\x12\x00\x12\x02\x18\x01"),
         "{\"messages\":{\"true\":{\"anInt32\":1}}}"},
        {"old.Old", BYTES("\x10\x02\x28\x01\x28\x02"), "{\"sizes\":[\"SMALL\"]}"},
        {"old.Old", BYTES("\x28\x02"), "{}"},
        {"old.Old",
         BYTES("\x3a\x05\x0a\x01"
               "a\x10\x02\x08\x07"),
         "{\"number\":7}"},
        {"Known",
         BYTES("\x3a\x05\x0a\x03"
               "a/b"),
         "{\"any\":{\"@type\":\"a/b\",\"value\":\"\"}}"},
        {"Known",
         BYTES("\x3a\x09\x0a\x03"
               "a/b\x12\x02\x01\x02"),
         "{\"any\":{\"@type\":\"a/b\",\"value\":\"AQI=\"}}"},
        {"Known", BYTES("\x2a\x00"), "{\"value\":null}"},
    };
    struct buf out;
    buf_init(&out, 10000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {""};
        buf_clear(&out);
        assert_int_equal(decode(type(cases[i].type), cases[i].bytes, cases[i].n, &out, &e), 0);
        assert_string_equal(buf_text(&out), cases[i].json);
    }
    buf_done(&out);
}

static void test_errors(void **state) {
    (void)state;
    static const struct {
        const char *type, *bytes;
        size_t n;
        const char *error;
    } cases[] = {
        {"Scalars", BYTES("\x18"), "the message is truncated or invalid"},
        {"Scalars", BYTES("\x00\x01"), "the message is truncated or invalid"},
        {"Scalars", BYTES("\x1c"), "the message is truncated or invalid"},
        {"Scalars", BYTES("\x1b\x08\x01"), "the message is truncated or invalid"},
        {"Scalars",
         BYTES("\x72\x05"
               "ab"),
         "the message is truncated or invalid"},
        {"Scalars", BYTES("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
         "the message is truncated or invalid"},
        {"Scalars", BYTES("\x72\x01\xff"), "the field \"aString\" is a string that is not UTF-8"},
        {"Lists", BYTES("\x1a\x02\x01\x80"), "the field \"int32s[1]\" is truncated or invalid"},
        {"Lists", BYTES("\x12\x03\x01\x02\x03"), "the field \"floats[0]\" is truncated or invalid"},
        {"Tree", BYTES("\x32\x05\x8a\x01\x02\x18\x80"),
         "the field \"lists.messages[0]\" is truncated or invalid"},
        {"Maps", BYTES("\x0a\x03\x0a\x01\xff"),
         "the field \"texts[0]\" has a key that is not UTF-8"},
        {"Known", BYTES("\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x10"),
         "the field \"time\" is truncated or invalid"},
        {"Known", BYTES("\x0a\x0a\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
         "the field \"time\" is a time beyond the years 1 to 9999"},
        {"Known",
         BYTES("\x1a\x05\x0a\x03"
               "a_B"),
         "the field \"mask\" has a path that is no name of proto fields"},
        {"Known", BYTES("\x2a\x09\x11\x00\x00\x00\x00\x00\x00\xf0\x7f"),
         "the field \"value\" is a Value with NaN or Infinity, which JSON does not have"},
    };
    struct buf out;
    buf_init(&out, 10000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {""};
        buf_clear(&out);
        assert_int_equal(decode(type(cases[i].type), cases[i].bytes, cases[i].n, &out, &e), -1);
        assert_string_equal(e.text, cases[i].error);
    }
    buf_done(&out);
}

/* Tree.child within itself, `depth` times. */
static int decode_nested(int depth, struct buf *out, struct err *e) {
    struct buf b;
    buf_init(&b, 100000);
    buf_add(&b, "", 0);
    for (int i = 0; i < depth; i++) {
        struct buf around;
        buf_init(&around, 100000);
        buf_char(&around, 0x0a);
        for (size_t n = b.len; n >= 0x80; n >>= 7) {
            buf_char(&around, (char)(n | 0x80));
            if (n >> 7 < 0x80)
                buf_char(&around, (char)(n >> 7));
        }
        if (b.len < 0x80)
            buf_char(&around, (char)b.len);
        buf_add(&around, buf_text(&b), b.len);
        buf_done(&b);
        b = around;
    }
    int result = decode(type("Tree"), b.data, b.len, out, e);
    buf_done(&b);
    return result;
}

static void test_depth_is_limited(void **state) {
    (void)state;
    struct buf out;
    struct err e = {""};
    buf_init(&out, 100000);
    assert_int_equal(decode_nested(PROTO_DECODE_DEPTH_MAX - 1, &out, &e), 0);
    assert_string_equal(e.text, "");
    buf_clear(&out);
    assert_int_equal(decode_nested(PROTO_DECODE_DEPTH_MAX, &out, &e), -1);
    assert_non_null(strstr(e.text, "is nested too deep"));
    buf_done(&out);
}

/* A small answer that becomes a long text ends at the limit. */
static void test_length_is_limited(void **state) {
    (void)state;
    struct buf out;
    struct err e = {""};
    char bytes[3 + 100] = "\x6a\x64"; /* bools */
    buf_init(&out, 300);
    assert_int_equal(decode(type("Lists"), bytes, 102, &out, &e), -1);
    assert_string_equal(e.text, "the message is more than 300 bytes of JSON");
    buf_done(&out);
}

/* Every beginning of a message is decoded or refused, and never read beyond its end. */
static void test_truncated(void **state) {
    (void)state;
    struct buf whole, out;
    struct err e = {""};
    buf_init(&whole, 10000);
    buf_init(&out, 10000);
    assert_int_equal(
        encode(
            type("Tree"),
            "{\"lists\": {\"doubles\": [1, 2], \"messages\": [{\"aString\": \"abc\"}]}, \"maps\": "
            "{\"texts\": {\"a\": \"b\"}}, \"known\": {\"struct\": {\"a\": [1, \"x\"]}}}",
            &whole, &e),
        0);
    for (size_t n = 0; n <= whole.len; n++) {
        char *exact = malloc(n + 1);
        assert_non_null(exact);
        memcpy(exact + 1, whole.data, n);
        buf_clear(&out);
        struct err why = {""};
        int result = decode(type("Tree"), exact + 1, n, &out, &why);
        assert_int_equal(result == 0, why.text[0] == '\0');
        struct json_doc *d = NULL;
        if (result == 0)
            assert_int_equal(json_parse("out", buf_text(&out), out.len, &d, &e), 0);
        json_free(d);
        free(exact);
    }
    buf_done(&whole);
    buf_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_depth_is_limited),
        cmocka_unit_test(test_length_is_limited),
        cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests(tests, open_schema, close_schema);
}
