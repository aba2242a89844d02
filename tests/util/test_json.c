/* json: trees, places, errors; and, against cJSON, that both read the same document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <math.h>

#include "util/json.h"
#include "util/rng.h"

static struct json_doc *parse(const char *text, size_t n) {
    struct json_doc *d = NULL;
    struct err e = {"untouched"};
    if (json_parse("f.json", text, n, &d, &e) != 0)
        fail_msg("%.*s: %s", (int)n, text, e.text);
    assert_string_equal(e.text, "untouched");
    return d;
}

static void test_values(void **state) {
    (void)state;
    static const char text[] =
        "\xef\xbb\xbf // first\n{ \"a\" : [1, -2.5e+3 , true,false,null], /* x */ "
        "\"b\\u00e4\":{\"\":\"\"} }//end";
    struct json_doc *d = parse(text, sizeof text - 1);
    const struct json *root = json_root(d), *a = json_get(root, "a"), *b = root->first->next;
    assert_int_equal(root->kind, JSON_OBJECT);
    assert_int_equal(root->count, 2);
    assert_int_equal(a->kind, JSON_ARRAY);
    assert_int_equal(a->count, 5);
    const struct json *v = a->first;
    double number = 0;
    assert_true(json_double(v, &number) && number == 1);
    v = v->next;
    assert_true(json_double(v, &number) && number == -2500);
    assert_int_equal(v->len, 7); /* -2.5e+3 */
    v = v->next;
    assert_true(v->kind == JSON_BOOL && v->boolean);
    v = v->next;
    assert_true(v->kind == JSON_BOOL && !v->boolean);
    assert_int_equal(v->next->kind, JSON_NULL);
    assert_null(v->next->next);
    assert_string_equal(b->key, "b\xc3\xa4");
    assert_int_equal(b->key_len, 3);
    assert_int_equal(b->first->key_len, 0);
    assert_int_equal(b->first->kind, JSON_STRING);
    assert_int_equal(b->first->len, 0);
    assert_null(json_get(root, "c"));
    assert_null(json_get(a, "a"));
    json_free(d);
    json_free(NULL);
}

static void test_strings(void **state) {
    (void)state;
    static const char text[] =
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u0041\\u00e4\\u20AC\\ud83d\\ude00\", "
        "\"a\\u0000b\", \"\xf0\x9f\x98\x80\x7f\"]";
    struct json_doc *d = parse(text, sizeof text - 1);
    const struct json *v = json_root(d)->first;
    assert_string_equal(v->text, "\"\\/\b\f\n\r\t");
    assert_int_equal(v->len, 8);
    v = v->next;
    assert_string_equal(v->text, "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    v = v->next;
    assert_int_equal(v->len, 3);
    assert_memory_equal(v->text, "a\0b", 4);
    assert_true(json_has_nul(v->text, v->len));
    v = v->next;
    assert_false(json_has_nul(v->text, v->len));
    assert_string_equal(v->text, "\xf0\x9f\x98\x80\x7f");
    json_free(d);
}

static void where(const struct json_doc *d, size_t at, size_t line, size_t column) {
    size_t l = 0, c = 0;
    json_where(d, at, &l, &c);
    assert_int_equal(l, line);
    assert_int_equal(c, column);
}

static void test_places(void **state) {
    (void)state;
    /* Line 2 has a tab, a two-byte and a four-byte character in front of the value. */
    static const char text[] = "{\r\n\t\"\xc3\xa4\xf0\x9f\x98\x80\": 17,\n\n  \"b\": [ null ]}";
    struct json_doc *d = parse(text, sizeof text - 1);
    const struct json *a = json_root(d)->first, *b = a->next;
    struct err e;
    where(d, json_root(d)->at, 1, 1);
    where(d, a->key_at, 2, 2);
    where(d, a->at, 2, 8);
    where(d, b->key_at, 4, 3);
    where(d, b->at, 4, 8);
    where(d, b->first->at, 4, 10);
    assert_int_equal(json_fail(d, b->at, &e, "wrong %d", 5), -1);
    assert_string_equal(e.text, "f.json:4:8: wrong 5");
    json_free(d);
    d = parse("\xef\xbb\xbf{}", 5);
    where(d, json_root(d)->at, 1, 1); /* the mark in front is no column */
    json_free(d);
}

static void test_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is_integer, is_double;
        int64_t integer;
        double number;
    } cases[] = {
        {"0", true, true, 0, 0},
        {"-0", true, true, 0, -0.0},
        {"9007199254740993", true, true, INT64_C(9007199254740993), 9007199254740992.0},
        {"9223372036854775807", true, true, INT64_MAX, 9223372036854775807.0},
        {"-9223372036854775808", true, true, INT64_MIN, -9223372036854775808.0},
        {"9223372036854775808", false, true, 0, 9223372036854775808.0},
        {"1e3", true, true, 1000, 1000},
        {"2.0", true, true, 2, 2},
        {"2.5", false, true, 0, 2.5},
        {"1e300", false, true, 0, 1e300},
        {"1e400", false, false, 0, 0},
        {"-1E-2", false, true, 0, -0.01},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_doc *d = parse(cases[i].text, strlen(cases[i].text));
        int64_t n = -77;
        double x = -77;
        assert_int_equal(json_int64(json_root(d), &n), cases[i].is_integer);
        assert_int_equal(json_double(json_root(d), &x), cases[i].is_double);
        assert_true(n == (cases[i].is_integer ? cases[i].integer : -77));
        assert_true(x == (cases[i].is_double ? cases[i].number : -77));
        json_free(d);
    }
    struct json_doc *d = parse("\"1\"", 3);
    int64_t n;
    double x;
    assert_false(json_int64(json_root(d), &n));
    assert_false(json_double(json_root(d), &x));
    json_free(d);
}

static void test_copy(void **state) {
    (void)state;
    static const char text[] =
        "{ \"n\" : 12345678901234567890.10e+05, // comment\n \"s\": \"\\u0041\\n\\u0001"
        "\\\"\\\\/\xc3\xa4\", \"e\": [ ], \"o\" : { }, \"l\": [true , false,null,\"\\u0000\"] }";
    struct json_doc *d = parse(text, sizeof text - 1);
    struct buf b;
    buf_init(&b, 1000);
    assert_int_equal(json_copy(json_root(d), NULL, NULL, &b), 0);
    assert_string_equal(
        buf_text(&b),
        "{\"n\":12345678901234567890.10e+05,\"s\":\"A\\n\\u0001\\\"\\\\/\xc3\xa4\",\"e\":[],"
        "\"o\":{},\"l\":[true,false,null,\"\\u0000\"]}");
    buf_done(&b);
    json_free(d);
}

static const struct {
    const char *text, *error;
} bad[] = {
    {"", "f.json:1:1: the file is empty"},
    {" \n // only a comment", "f.json:2:19: the file is empty"},
    {"{", "f.json:1:2: expected a key in double quotes, not the end of the file"},
    {"[", "f.json:1:2: expected a value, not the end of the file"},
    {"[1", "f.json:1:3: expected ',' or ']', not the end of the file"},
    {"[1,]", "f.json:1:3: a value is missing after this comma; remove the comma"},
    {"{\"a\":1,\n}", "f.json:1:7: a value is missing after this comma; remove the comma"},
    {"{\"a\" 1}", "f.json:1:6: expected ':' after the key \"a\", not '1'"},
    {"{a:1}", "f.json:1:2: expected a key in double quotes, not 'a'"},
    {"{\"a\":1 \"b\":2}", "f.json:1:8: expected ',' or '}', not '\"'"},
    {"[1 2]", "f.json:1:4: expected ',' or ']', not '2'"},
    {"[}", "f.json:1:2: expected a value, not '}'"},
    {"[,1]", "f.json:1:2: expected a value, not ','"},
    {"'a'", "f.json:1:1: expected a value, not a single quote"},
    {"\xc3\xa4", "f.json:1:1: expected a value, not '\xc3\xa4'"},
    {"True", "f.json:1:1: expected a value, not True; text needs double quotes"},
    {"nulll", "f.json:1:1: expected a value, not nulll; text needs double quotes"},
    {"1 1", "f.json:1:3: expected the end of the file, not '1'"},
    {"{} x", "f.json:1:4: expected the end of the file, not 'x'"},
    {"[1]\x01", "f.json:1:4: expected the end of the file, not the control character \\u0001"},
    {"/", "f.json:1:1: expected a value, not '/'"},
    {"[1] /* open", "f.json:1:5: this comment is not closed; close it with */"},
    {"/*/", "f.json:1:1: this comment is not closed; close it with */"},
    {"01", "f.json:1:1: a number cannot begin with 0; remove the leading zeros"},
    {"-01", "f.json:1:1: a number cannot begin with 0; remove the leading zeros"},
    {"+1", "f.json:1:1: expected a value, not '+'"},
    {".5", "f.json:1:1: expected a value, not '.'"},
    {"-", "f.json:1:1: a number needs a digit after the minus sign"},
    {"[-a]", "f.json:1:2: a number needs a digit after the minus sign"},
    {"1.", "f.json:1:1: a number needs a digit after the decimal point"},
    {"1.e5", "f.json:1:1: a number needs a digit after the decimal point"},
    {"1e", "f.json:1:1: a number needs a digit in its exponent"},
    {"1e+", "f.json:1:1: a number needs a digit in its exponent"},
    {"0x10", "f.json:1:2: expected the end of the file, not 'x'"},
    {"NaN", "f.json:1:1: expected a value, not NaN; text needs double quotes"},
    {"-Infinity", "f.json:1:1: a number needs a digit after the minus sign"},
    {"\"abc", "f.json:1:1: this string is not closed; close it with a quote"},
    {"\"abc\\", "f.json:1:1: this string is not closed; close it with a quote"},
    {"\"abc\\\"", "f.json:1:1: this string is not closed; close it with a quote"},
    {"[\"ab\ncd\"]", "f.json:1:5: the line ends inside a string; close it with a quote"},
    {"\"a\tb\"", "f.json:1:3: a control character in a string; write it as \\u0009"},
    {"\"a\\x\"", "f.json:1:3: JSON has no such escape; write \\\\ for a backslash"},
    {"\"\\u12\"", "f.json:1:2: \\u needs four hexadecimal digits"},
    {"\"\\u12g4\"", "f.json:1:2: \\u needs four hexadecimal digits"},
    {"\"\\ud800\"", "f.json:1:2: half of a surrogate pair is not a character"},
    {"\"\\ud800\\u0041\"", "f.json:1:2: half of a surrogate pair is not a character"},
    {"\"x\\udc00\"", "f.json:1:3: half of a surrogate pair is not a character"},
    {"\"\xc3\"", "f.json:1:2: the byte 0xc3 is not UTF-8; save the file as UTF-8"},
    {"\"\xed\xa0\x80\"", "f.json:1:2: the byte 0xed is not UTF-8; save the file as UTF-8"},
    {"\"\xc0\x80\"", "f.json:1:2: the byte 0xc0 is not UTF-8; save the file as UTF-8"},
    {"\"\xf4\x90\x80\x80\"", "f.json:1:2: the byte 0xf4 is not UTF-8; save the file as UTF-8"},
    {"1 // \xff", "f.json:1:6: the byte 0xff is not UTF-8; save the file as UTF-8"},
    {"{\"a\":1,\n \"b\":2,\n \"a\":3}",
     "f.json:3:2: \"a\" is given twice, first in line 1; remove one"},
    {"{\"a\":{\"b\":1,\"\\u0062\":2}}",
     "f.json:1:13: \"b\" is given twice, first in line 1; remove one"},
    {"{\"a\":1,\"x\":1,\"a\":1,\"x\":1}",
     "f.json:1:14: \"a\" is given twice, first in line 1; remove one"},
    {"{\"x\":1,\"a\":1,\"x\":1,\"a\":1}",
     "f.json:1:14: \"x\" is given twice, first in line 1; remove one"},
};

static void test_bad(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct json_doc *d = NULL;
        struct err e = {""};
        assert_int_equal(json_parse("f.json", bad[i].text, strlen(bad[i].text), &d, &e), -1);
        assert_null(d);
        if (strcmp(e.text, bad[i].error) != 0)
            fail_msg("%s\n gives    %s\n not      %s", bad[i].text, e.text, bad[i].error);
    }
    struct err e;
    struct json_doc *d;
    assert_int_equal(json_parse("f.json", "[1,\0]", 5, &d, &e), -1);
    assert_string_equal(e.text, "f.json:1:4: expected a value, not the control character \\u0000");
    assert_int_equal(json_parse("f.json", "\"\0\"", 3, &d, &e), -1);
    assert_string_equal(e.text, "f.json:1:2: a control character in a string; write it as \\u0000");
}

/* A string of n copies of c. */
static void repeat(struct buf *b, size_t n, const char *text) {
    while (n-- > 0)
        buf_str(b, text);
}

static void test_ceilings(void **state) {
    (void)state;
    struct buf b;
    struct err e;
    struct json_doc *d = NULL;
    buf_init(&b, 32 << 20);
    repeat(&b, 64, "[");
    repeat(&b, 64, "]");
    d = parse(buf_text(&b), b.len);
    json_free(d);
    buf_clear(&b);
    repeat(&b, 65, "[");
    repeat(&b, 65, "]");
    assert_int_equal(json_parse("f.json", buf_text(&b), b.len, &d, &e), -1);
    assert_string_equal(e.text, "f.json:1:65: nested deeper than 64 levels");
    buf_clear(&b);
    buf_str(&b, "[0");
    repeat(&b, JSON_VALUES_MAX, ",0");
    buf_str(&b, "]");
    assert_int_equal(json_parse("f.json", buf_text(&b), b.len, &d, &e), -1);
    assert_non_null(strstr(e.text, "more than 1000000 values in one file"));
    /* Many keys stay quick: pairs compared one by one would be 2 * 10^10 steps. */
    buf_clear(&b);
    buf_str(&b, "{\"k\":0");
    for (int i = 0; i < 200000; i++)
        buf_printf(&b, ",\"key%d\":%d", i, i);
    buf_str(&b, "}");
    d = parse(buf_text(&b), b.len);
    assert_int_equal(json_root(d)->count, 200001);
    json_free(d);
    buf_done(&b);
}

/* A random document without comments, with spaces of every kind. */
static void random_value(struct rng *r, struct buf *b, int depth) {
    static const char *const atoms[] = {"null",
                                        "true",
                                        "false",
                                        "0",
                                        "-0.5",
                                        "1e5",
                                        "123456789",
                                        "\"\"",
                                        "\"a\\n\\u00e9\\ud83d\\ude00\"",
                                        "\"\xe2\x82\xac\"",
                                        "\"\\\\\\\"\\/\"",
                                        "-1.25E-3"};
    static const char *const spaces[] = {"", " ", "\n", "\t\r\n"};
    buf_str(b, spaces[rng_below(r, 4)]);
    uint64_t kind = rng_below(r, depth > 5 ? 1 : 3);
    if (kind == 0) {
        buf_str(b, atoms[rng_below(r, sizeof atoms / sizeof *atoms)]);
    } else {
        uint64_t n = rng_below(r, 5);
        buf_str(b, kind == 1 ? "[" : "{");
        for (uint64_t i = 0; i < n; i++) {
            if (i > 0)
                buf_char(b, ',');
            if (kind == 2)
                buf_printf(b, "%s\"k%u\\t%u\"%s:", spaces[rng_below(r, 4)], (unsigned)i,
                           (unsigned)rng_below(r, 99), spaces[rng_below(r, 4)]);
            random_value(r, b, depth + 1);
        }
        buf_str(b, spaces[rng_below(r, 4)]);
        buf_str(b, kind == 1 ? "]" : "}");
    }
    buf_str(b, spaces[rng_below(r, 4)]);
}

static void same(const struct json *ours, const cJSON *theirs) {
    double x = 0;
    switch (ours->kind) {
    case JSON_NULL:
        assert_true(cJSON_IsNull(theirs));
        break;
    case JSON_BOOL:
        assert_int_equal(ours->boolean, cJSON_IsTrue(theirs));
        assert_true(cJSON_IsBool(theirs));
        break;
    case JSON_NUMBER:
        assert_true(cJSON_IsNumber(theirs) && json_double(ours, &x) && x == theirs->valuedouble);
        break;
    case JSON_STRING:
        assert_true(cJSON_IsString(theirs));
        assert_string_equal(ours->text, theirs->valuestring);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        assert_int_equal(ours->kind == JSON_OBJECT, cJSON_IsObject(theirs));
        assert_int_equal(ours->count, cJSON_GetArraySize(theirs));
        const cJSON *t = theirs->child;
        for (const struct json *m = ours->first; m != NULL; m = m->next, t = t->next) {
            if (ours->kind == JSON_OBJECT)
                assert_string_equal(m->key, t->string);
            same(m, t);
        }
        break;
    }
}

/* Members of "b" are not needed now. */
static bool later(const struct json *const *path, int depth) {
    return path[depth - 1]->key != NULL && path[depth - 1]->key[0] == 'b';
}

static void test_parts(void **state) {
    (void)state;
    static const char text[] = "{\"a\":{\"b\":[1,{\"c\":\"x\\n\"}],\"d\":[2]},\"b\":{\"e\":3}}";
    struct json_doc *d = NULL;
    struct err e = {""};
    assert_int_equal(json_parse_parts("f.json", text, sizeof text - 1, later, &d, &e), 0);
    const struct json *a = json_get(json_root(d), "a"), *b = json_get(a, "b");
    assert_true(b->later && b->kind == JSON_ARRAY && b->first == NULL && b->count == 0);
    assert_int_equal(json_get(a, "d")->count, 1);
    assert_int_equal(json_expand(d, b, &e), 0);
    assert_true(!b->later && b->count == 2);
    assert_string_equal(json_get_string(b->first->next, "c"), "x\n");
    assert_int_equal(json_expand(d, b, &e), 0); /* nothing more to do */
    assert_int_equal(b->count, 2);
    json_free(d);
    /* The grammar is checked at once, with the same places; keys that are given twice later. */
    static const char *const wrong[] = {"{\"b\":[1,]}",          "{\"b\":{\"x\" 1}}",
                                        "{\"b\":[\"\\ud800\"]}", "{\"b\":[\"\\q\"]}",
                                        "{\"b\":[tru]}",         "{\"b\":[1}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct err whole = {""}, parts = {""};
        assert_int_equal(json_parse("f.json", wrong[i], strlen(wrong[i]), &d, &whole), -1);
        assert_int_equal(json_parse_parts("f.json", wrong[i], strlen(wrong[i]), later, &d, &parts),
                         -1);
        assert_string_equal(whole.text, parts.text);
    }
    static const char twice[] = "{\"b\":{\"x\":1,\"x\":2}}";
    assert_int_equal(json_parse_parts("f.json", twice, sizeof twice - 1, later, &d, &e), 0);
    assert_int_equal(json_expand(d, json_get(json_root(d), "b"), &e), -1);
    assert_string_equal(e.text, "f.json:1:13: \"x\" is given twice, first in line 1; remove one");
    json_free(d);
}

static void test_against_cjson(void **state) {
    (void)state;
    struct rng r;
    struct buf b, copy;
    rng_seed(&r, 1, 0);
    buf_init(&b, 1 << 20);
    buf_init(&copy, 1 << 20);
    for (int i = 0; i < 2000; i++) {
        buf_clear(&b);
        random_value(&r, &b, 0);
        struct json_doc *d = parse(buf_text(&b), b.len);
        cJSON *theirs = cJSON_Parse(buf_text(&b));
        assert_non_null(theirs);
        same(json_root(d), theirs);
        cJSON_Delete(theirs);
        buf_clear(&copy);
        assert_int_equal(json_copy(json_root(d), NULL, NULL, &copy), 0);
        theirs = cJSON_Parse(buf_text(&copy));
        assert_non_null(theirs);
        same(json_root(d), theirs);
        cJSON_Delete(theirs);
        json_free(d);
    }
    buf_done(&b);
    buf_done(&copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),   cmocka_unit_test(test_strings),
        cmocka_unit_test(test_places),   cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_copy),     cmocka_unit_test(test_bad),
        cmocka_unit_test(test_ceilings), cmocka_unit_test(test_against_cjson),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
