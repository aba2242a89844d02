/* proto_encode: bytes by hand (protobuf.dev/programming-guides/encoding), holes, and errors. What
 * JSON means in general, test_judged.c compares with protobuf's own implementation. */
#include "grpc/schema.h"

#include <malloc.h>
#include <stdlib.h>

/* The holes of a test: "${0}" is hole 0, "${=0}" hole 0 with a JSON value, "${!}" fails. "%NAME"
 * becomes a constant. */
static int text_of(void *context, const struct json_text *t, struct proto_text *out,
                   struct err *e) {
    (void)context;
    if (strcmp(t->text, "${!}") == 0)
        return err_set(e, "no such name");
    if (strncmp(t->text, "${", 2) == 0) {
        out->hole = true;
        out->bare = t->text[2] == '=';
        out->index = (size_t)(t->text[2 + out->bare] - '0');
        assert_false(t->key && out->bare);
    } else if (t->text[0] == '%') {
        out->text = (struct bytes){t->text + 1, t->len - 1};
    }
    return 0;
}

static int fill(void *context, size_t index, struct buf *out, struct err *e) {
    const char *const *texts = context;
    if (texts[index] == NULL)
        return err_set(e, "the variable x is not set");
    buf_str(out, texts[index]);
    return 0;
}

static int compile(const char *name, const char *text, struct proto_encoder **out, struct err *e) {
    struct json_doc *d = NULL;
    assert_int_equal(json_parse("m.json", text, strlen(text), &d, e), 0);
    int result = proto_encoder_new(type(name), d, json_root(d), text_of, NULL, out, e);
    json_free(d); /* nothing of it is needed any more */
    return result;
}

/* Encodes with these texts of the holes. */
static int send(const char *name, const char *text, const char *const *texts, struct buf *out,
                struct proto_encode_work *w, struct err *e) {
    struct proto_encoder *c = NULL;
    assert_int_equal(compile(name, text, &c, e), 0);
    buf_clear(out);
    int result = proto_encode(c, w, fill, (void *)(uintptr_t)texts, out, e);
    proto_encoder_free(c);
    return result;
}

static void test_bytes(void **state) {
    (void)state;
    static const struct {
        const char *type, *json, *bytes;
        size_t n;
    } cases[] = {
        {"Scalars", "{\"anInt32\": 150}", "\x18\x96\x01", 3},
        {"Scalars", "{\"aString\": \"testing\"}", "\x72\x07testing", 9},
        {"Scalars", "{\"anInt32\": 0, \"aString\": \"\", \"aBool\": false}", "", 0},
        {"Scalars", "{\"anInt32\": -1}", "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},
        {"Scalars", "{\"aSint32\": -2}", "\x38\x03", 2},
        {"Scalars", "{\"aFloat\": 1}", "\x15\x00\x00\x80\x3f", 5},
        {"Scalars", "{\"farNumber\": 1}", "\xf8\xff\xff\xff\x0f\x01", 6},
        {"Scalars", "{\"aBool\": true, \"anInt32\": 1}", "\x18\x01\x68\x01", 4}, /* by number */
        {"Optionals", "{\"anInt32\": 0, \"aString\": \"\"}", "\x18\x00\x72\x00", 4},
        {"Lists", "{\"int32s\": [3, 270, 86942]}", "\x1a\x06\x03\x8e\x02\x9e\xa7\x05", 8},
        {"Lists", "{\"loose\": [1, 2]}", "\x90\x01\x01\x90\x01\x02", 6},
        {"Maps", "{\"texts\": {\"a\": \"\"}}", "\x0a\x05\x0a\x01\x61\x12\x00", 7},
        {"Known", "{\"int32Value\": 0, \"empty\": {}}", "\x42\x00\x72\x00", 4},
    };
    struct buf b;
    struct err e = {""};
    buf_init(&b, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&b);
        assert_int_equal(encode(type(cases[i].type), cases[i].json, &b, &e), 0);
        assert_int_equal(b.len, cases[i].n);
        assert_memory_equal(buf_text(&b), cases[i].bytes, cases[i].n);
    }
    buf_done(&b);
}

/* A message with holes is the same as one where their texts were there from the start. */
static void test_holes_are_as_constants(void **state) {
    (void)state;
    static const struct {
        const char *type, *holes, *texts[3], *constant;
    } cases[] = {
        {"Scalars",
         "{\"anInt32\": \"${0}\", \"aString\": \"x\"}",
         {"-7"},
         "{\"anInt32\": -7, \"aString\": \"x\"}"},
        {"Scalars", "{\"anInt32\": \"${0}\"}", {"0"}, "{}"},
        {"Optionals", "{\"anInt32\": \"${0}\"}", {"0"}, "{\"anInt32\": 0}"},
        {"Scalars",
         "{\"aBool\": \"${0}\", \"color\": \"${1}\", \"someBytes\": \"${2}\"}",
         {"true", "GREEN", "YWJj"},
         "{\"aBool\": true, \"color\": 2, \"someBytes\": \"YWJj\"}"},
        {"Scalars",
         "{\"color\": \"${0}\", \"aDouble\": \"${1}\", \"aUint64\": \"${=2}\"}",
         {"2", "NaN", "18446744073709551615"},
         "{\"color\": 2, \"aDouble\": \"NaN\", \"aUint64\": \"18446744073709551615\"}"},
        {"Lists",
         "{\"int32s\": [1, \"${0}\", 3], \"strings\": [\"a\", \"${1}\"]}",
         {"0", ""},
         "{\"int32s\": [1, 0, 3], \"strings\": [\"a\", \"\"]}"},
        {"Lists",
         "{\"int32s\": \"${=0}\", \"messages\": \"${=1}\"}",
         {"[1, 2]", "[{\"anInt32\": 1}, {}]"},
         "{\"int32s\": [1, 2], \"messages\": [{\"anInt32\": 1}, {}]}"},
        {"Lists",
         "{\"messages\": [{\"aString\": \"${0}\"}, {}]}",
         {"\xc3\xbc"},
         "{\"messages\": [{\"aString\": \"\xc3\xbc\"}, {}]}"},
        {"Maps",
         "{\"texts\": {\"${0}\": \"${1}\"}, \"messages\": {\"true\": {\"anInt64\": \"${2}\"}}}",
         {"k", "v", "5"},
         "{\"texts\": {\"k\": \"v\"}, \"messages\": {\"true\": {\"anInt64\": 5}}}"},
        {"Maps", "{\"texts\": \"${=0}\"}", {"{\"a\": \"b\"}"}, "{\"texts\": {\"a\": \"b\"}}"},
        {"Choice", "{\"text\": \"${0}\"}", {""}, "{\"text\": \"\"}"},
        {"Known",
         "{\"time\": \"${0}\", \"duration\": \"${1}\", \"int64Value\": \"${2}\"}",
         {"2020-01-01T00:00:00.5Z", "-3s", "0"},
         "{\"time\": \"2020-01-01T00:00:00.5Z\", \"duration\": \"-3s\", \"int64Value\": 0}"},
        {"Known",
         "{\"value\": \"${0}\", \"struct\": {\"a\": [\"${1}\"]}, \"list\": \"${=2}\"}",
         {"1", "x", "[1, null]"},
         "{\"value\": \"1\", \"struct\": {\"a\": [\"x\"]}, \"list\": [1, null]}"},
        {"Known",
         "{\"value\": \"${=0}\", \"struct\": {\"${1}\": \"${=0}\"}}",
         {"{\"b\": true}", "k"},
         "{\"value\": {\"b\": true}, \"struct\": {\"k\": {\"b\": true}}}"},
        {"Known",
         "{\"any\": {\"@type\": \"a/test.Scalars\", \"anInt32\": \"${0}\"}}",
         {"0"},
         "{\"any\": {\"@type\": \"a/test.Scalars\"}}"},
        {"Known",
         "{\"any\": {\"@type\": \"a/test.Scalars\", \"anInt32\": \"${0}\"}}",
         {"9"},
         "{\"any\": {\"@type\": \"a/test.Scalars\", \"anInt32\": 9}}"},
        {"Optionals", "{\"anInt32\": \"${=0}\"}", {"null"}, "{}"},
        {"Scalars",
         "{\"aString\": \"${=0}\", \"aBool\": \"${=1}\"}",
         {"\"q\"", "true"},
         "{\"aString\": \"q\", \"aBool\": true}"},
        {"Scalars", "\"${=0}\"", {"{\"anInt32\": 3}"}, "{\"anInt32\": 3}"},
        {"Tree",
         "{\"child\": {\"child\": {\"name\": \"${0}\"}}, \"inner\": \"${=1}\"}",
         {"0123456789012345678901234567890123456789012345678901234567890123456789"
          "0123456789012345678901234567890123456789012345678901234567890123456789",
          "{\"more\": [{}]}"},
         "{\"child\": {\"child\": {\"name\": "
         "\"0123456789012345678901234567890123456789012345678901234567890123456789"
         "0123456789012345678901234567890123456789012345678901234567890123456789\"}}, "
         "\"inner\": {\"more\": [{}]}}"},
        {"Scalars", "{\"aString\": \"%secret\"}", {NULL}, "{\"aString\": \"secret\"}"},
    };
    struct buf sent, constant;
    struct proto_encode_work w;
    struct err e = {""};
    proto_encode_work_init(&w);
    buf_init(&sent, 100000);
    buf_init(&constant, 100000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&constant);
        if (send(cases[i].type, cases[i].holes, cases[i].texts, &sent, &w, &e) != 0)
            fail_msg("%s: %s", cases[i].holes, e.text);
        if (encode(type(cases[i].type), cases[i].constant, &constant, &e) != 0)
            fail_msg("%s: %s", cases[i].constant, e.text);
        if (sent.len != constant.len || memcmp(buf_text(&sent), buf_text(&constant), sent.len) != 0)
            fail_msg("%s: other bytes than %s", cases[i].holes, cases[i].constant);
    }
    proto_encode_work_done(&w);
    buf_done(&sent);
    buf_done(&constant);
}

static void test_errors_name_the_place(void **state) {
    (void)state;
    static const struct {
        const char *type, *json, *error;
    } cases[] = {
        {"Scalars", "{\"anInt23\": 1}",
         "m.json:1:2: the field \"anInt23\" is not one of test.Scalars; did you mean \"anInt32\"?"},
        {"Tree", "{\"lists\": {\"messages\": [{}, {\"anInt32\": \"x\"}]}}",
         "m.json:1:41: the field \"lists.messages[1].anInt32\" needs an int32 (a whole number from "
         "-2147483648 to 2147483647), not \"x\""},
        {"Scalars", "{\"color\": \"GREN\"}",
         "m.json:1:11: the field \"color\" needs a value of the enum test.Color, not \"GREN\"; did "
         "you mean \"GREEN\"?"},
        {"Choice", "{\"text\": \"a\",\n \"number\": 1}",
         "m.json:2:2: the field \"number\" and \"text\" are both set, but only one of the oneof "
         "\"kind\" can be"},
        {"Lists", "{\"int32s\": 1}",
         "m.json:1:12: the field \"int32s\" is repeated and needs an array, not a number"},
        {"Lists", "{\"int32s\": [null]}",
         "m.json:1:13: the field \"int32s[0]\" has null as an element, which protobuf cannot send"},
        {"Lists", "{\"int32s\": \"${0}\"}",
         "m.json:1:12: the field \"int32s\" is repeated and needs an array, not a string"},
        {"Tree", "{\"scalars\": \"${0}\"}",
         "m.json:1:13: the field \"scalars\" needs an object of the type test.Scalars, not "
         "\"${0}\""},
        {"Maps", "{\"colors\": {\"x\": 1}}",
         "m.json:1:13: the field \"colors.x\" is a key that must be an int32 (a whole number from "
         "-2147483648 to 2147483647)"},
        {"Known", "{\"time\": \"today\"}",
         "m.json:1:10: the field \"time\" needs a time such as \"2026-11-24T02:50:36.5Z\", of the "
         "years 1 to 9999, not \"today\""},
        {"Known", "{\"any\": {\"@type\": \"${0}\"}}",
         "m.json:1:19: the field \"any\" has a template as its \"@type\", which must be constant"},
        {"old.Strict", "{\"next\": {\"name\": \"a\"}}",
         "m.json:1:1: the field \"name\" is required and missing"},
        {"old.Strict", "{\"name\": \"a\", \"next\": {}}",
         "m.json:1:23: the field \"next.name\" is required and missing"},
        {"old.Grouped", "{\"part\": {}}",
         "m.json:1:10: the field \"part\" is a group of proto2, which is not supported"},
        {"Scalars", "[]",
         "m.json:1:1: the message needs an object of the type test.Scalars, not an "
         "array"},
        {"Scalars", "{\"anInt32\": 1, \"an_int32\": 2}",
         "m.json:1:16: the field \"an_int32\" is given twice, by both of its names"},
        {"Scalars", "{\"aString\": \"${!}\"}", "no such name"},
        {"Scalars", "{\"anInt32\": \"%secret\"}",
         "m.json:1:13: the field \"anInt32\" needs an int32 (a whole number from -2147483648 to "
         "2147483647), not \"%secret\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct proto_encoder *c = NULL;
        struct err e = {""};
        assert_int_equal(compile(cases[i].type, cases[i].json, &c, &e), -1);
        assert_string_equal(e.text, cases[i].error);
        assert_null(c);
    }
}

static void test_deep_messages_are_refused(void **state) {
    (void)state;
    struct buf text, out;
    struct err e = {""};
    buf_init(&text, 10000);
    buf_init(&out, 10000);
    for (int i = 0; i < 60; i++) /* each array of a Value is two messages */
        buf_char(&text, '[');
    for (int i = 0; i < 60; i++)
        buf_char(&text, ']');
    struct buf whole;
    buf_init(&whole, 10000);
    buf_printf(&whole, "{\"value\": %s}", buf_text(&text));
    assert_int_equal(encode(type("Known"), buf_text(&whole), &out, &e), -1);
    assert_non_null(strstr(e.text, "is nested deeper than 100 messages"));
    buf_done(&text);
    buf_done(&whole);
    buf_done(&out);
}

static void test_unfit_texts_name_the_field(void **state) {
    (void)state;
    static const struct {
        const char *type, *json, *text, *error, *seen;
    } cases[] = {
        {"Scalars", "{\"anInt32\": \"${0}\"}", "many\n",
         "the field \"anInt32\" needs an int32 (a whole number from -2147483648 to 2147483647); "
         "the "
         "value of its template is none",
         "many\\x0a"},
        {"Tree", "{\"lists\": {\"strings\": [\"a\", \"${0}\"]}}", "\xff",
         "the field \"lists.strings[1]\" needs a text in UTF-8; the value of its template is none",
         "\\xff"},
        {"Scalars", "{\"someBytes\": \"${0}\"}", "!",
         "the field \"someBytes\" needs bytes in base64; the value of its template is none", "!"},
        {"Scalars", "{\"aBool\": \"${0}\"}", "yes",
         "the field \"aBool\" needs true or false; the value of its template is none", "yes"},
        {"Lists", "{\"messages\": \"${=0}\"}", "[{\"x\": 1}]",
         "the field \"messages[0].x\" is not one of test.Scalars", "[{\"x\": 1}]"},
        {"Lists", "{\"messages\": \"${=0}\"}", "[",
         "the field \"messages\" is filled with a text that is no JSON value", "["},
        {"Lists", "{\"int32s\": \"${=0}\"}", "[1, \"x\"]",
         "the field \"int32s[1]\" needs an int32 (a whole number from -2147483648 to 2147483647), "
         "not a string",
         "[1, \"x\"]"},
        {"Known", "{\"int32Value\": \"${0}\"}", "x",
         "the field \"int32Value\" needs an int32 (a whole number from -2147483648 to 2147483647); "
         "the value of its template is none",
         "x"},
        {"Scalars", "{\"aString\": \"${0}\"}", NULL, "the variable x is not set", ""},
    };
    struct buf out;
    struct proto_encode_work w;
    proto_encode_work_init(&w);
    buf_init(&out, 100000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {""};
        assert_int_equal(send(cases[i].type, cases[i].json, &cases[i].text, &out, &w, &e), -1);
        assert_string_equal(e.text, cases[i].error);
        assert_string_equal(w.seen, cases[i].seen);
    }
    proto_encode_work_done(&w);
    buf_done(&out);
}

/* Once the buffers have grown, a request takes no memory. */
static void test_no_allocation_per_request(void **state) {
    (void)state;
    static const char *const texts[] = {"12", "some text", "AAAA"};
    struct proto_encoder *c = NULL;
    struct proto_encode_work w;
    struct buf out;
    struct err e = {""};
    proto_encode_work_init(&w);
    buf_init(&out, 100000);
    assert_int_equal(
        compile("Tree",
                "{\"lists\": {\"int32s\": [1, \"${0}\"], \"strings\": [\"${1}\"], \"messages\": "
                "[{\"aDouble\": \"${=0}\", \"someBytes\": \"${2}\"}]}}",
                &c, &e),
        0);
    assert_int_equal(proto_encode(c, &w, fill, (void *)(uintptr_t)texts, &out, &e), 0);
    size_t before = mallinfo2().uordblks;
    const char *place = out.data;
    for (int i = 0; i < 100; i++) {
        buf_clear(&out);
        assert_int_equal(proto_encode(c, &w, fill, (void *)(uintptr_t)texts, &out, &e), 0);
    }
    assert_int_equal(mallinfo2().uordblks, before);
    assert_ptr_equal(out.data, place);
    proto_encoder_free(c);
    proto_encode_work_done(&w);
    buf_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_holes_are_as_constants),
        cmocka_unit_test(test_errors_name_the_place),
        cmocka_unit_test(test_deep_messages_are_refused),
        cmocka_unit_test(test_unfit_texts_name_the_field),
        cmocka_unit_test(test_no_allocation_per_request),
    };
    return cmocka_run_group_tests(tests, open_schema, close_schema);
}
