/* jsonpath: the examples of RFC 6901 and RFC 9535, and texts that are made to hurt. */
#include "scenario/helpers.h"

#include "scenario/jsonpath.h"

static struct bytes bytes(const char *text) {
    return (struct bytes){text, strlen(text)};
}

/* What the expression finds in the text; NULL: nothing. */
static void must_find(const char *expression, const char *json, const char *expected) {
    struct jsonpath *p = NULL;
    struct err e = {""};
    struct bytes value;
    bool pointer = expression[0] == '/' || expression[0] == '\0';
    if ((pointer ? jsonpath_pointer : jsonpath_path)(expression, strlen(expression), &p, &e) != 0)
        fail_msg("%s: %s", expression, e.text);
    assert_string_equal(jsonpath_text(p), expression);
    enum jsonpath_found found = jsonpath_find(p, bytes(json), &value, &e);
    if (expected == NULL && found != JSONPATH_MISSING)
        fail_msg("%s: found something (%d): %s", expression, found, e.text);
    if (expected != NULL && found != JSONPATH_FOUND)
        fail_msg("%s: %s", expression, e.text);
    if (expected != NULL &&
        (value.len != strlen(expected) || memcmp(value.data, expected, value.len) != 0))
        fail_msg("%s is %.*s, not %s", expression, (int)value.len, value.data, expected);
    jsonpath_free(p);
}

static void test_pointer_of_the_rfc(void **state) {
    (void)state;
    /* RFC 6901 section 5 */
    static const char json[] = "{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2,\n"
                               "\"e^f\": 3, \"g|h\": 4, \"i\\\\j\": 5, \"k\\\"l\": 6, \" \": 7, "
                               "\"m~n\": 8}";
    must_find("", json, json);
    must_find("/foo", json, "[\"bar\", \"baz\"]");
    must_find("/foo/0", json, "\"bar\"");
    must_find("/", json, "0");
    must_find("/a~1b", json, "1");
    must_find("/c%d", json, "2");
    must_find("/e^f", json, "3");
    must_find("/g|h", json, "4");
    must_find("/i\\j", json, "5");
    must_find("/k\"l", json, "6");
    must_find("/ ", json, "7");
    must_find("/m~0n", json, "8");
    must_find("/foo/2", json, NULL);
    must_find("/foo/00", json, NULL); /* section 4: no leading zero */
    must_find("/foo/-", json, NULL);
    must_find("/foo/bar", json, NULL);
    must_find("/foo/0/x", json, NULL);
    must_find("/0", "{\"0\": true}", "true"); /* in an object a number is a name */
    must_find("/~01", "{\"~1\": 1, \"/\": 2}", "1");
    must_find("/\xc3\xa4", "{\"\\u00e4\": 1}", "1");
    must_find("/\xf0\x9f\x98\x80", "{\"\\ud83d\\ude00\": 1}", "1");
    must_find("/a", "{\"a\": 1, \"a\": 2}", "1");
}

static const char store[] =
    "{ \"store\": { \"book\": ["
    "{ \"category\": \"reference\", \"author\": \"Nigel Rees\",\n"
    "  \"title\": \"Sayings of the Century\", \"price\": 8.95 },\n"
    "{ \"category\": \"fiction\", \"author\": \"Evelyn Waugh\",\n"
    "  \"title\": \"Sword of Honour\", \"price\": 12.99 },\n"
    "{ \"category\": \"fiction\", \"author\": \"Herman Melville\",\n"
    "  \"title\": \"Moby Dick\", \"isbn\": \"0-553-21311-3\", \"price\": 8.99 },\n"
    "{ \"category\": \"fiction\", \"author\": \"J. R. R. Tolkien\",\n"
    "  \"title\": \"The Lord of the Rings\", \"isbn\": \"0-395-19395-8\", \"price\": 22.99 } ],\n"
    "\"bicycle\": { \"color\": \"red\", \"price\": 399 } } }";

/* RFC 9535: section 1.5 and the tables of section 2. */
static void test_path_of_the_rfc(void **state) {
    (void)state;
    must_find("$.store.book[*].author", store, "\"Nigel Rees\"");
    must_find("$..author", store, "\"Nigel Rees\"");
    must_find("$.store..price", store, "8.95");
    must_find("$..book[2].title", store, "\"Moby Dick\"");
    must_find("$..book[2].publisher", store, NULL);
    must_find("$..book[-1].author", store, "\"J. R. R. Tolkien\"");
    must_find("$..book[0,1].title", store, "\"Sayings of the Century\"");
    must_find("$..book[1,0].title", store, "\"Sword of Honour\"");
    must_find("$..book[:2].title", store, "\"Sayings of the Century\"");
    must_find("$..book[?@.isbn].title", store, "\"Moby Dick\"");
    must_find("$..book[?@.price<10].title", store, "\"Sayings of the Century\"");
    must_find("$..book[?@.price>20].title", store, "\"The Lord of the Rings\"");
    must_find("$..bicycle['color','price']", store, "\"red\"");

    static const char names[] = "{\"o\": {\"j j\": {\"k.k\": 3}}, \"'\": {\"@\": 2}}";
    must_find("$.o['j j']", names, "{\"k.k\": 3}");
    must_find("$.o['j j']['k.k']", names, "3");
    must_find("$.o[\"j j\"][\"k.k\"]", names, "3");
    must_find("$[\"'\"][\"@\"]", names, "2");
    must_find("$['\\'']['@']", names, "2");

    static const char wild[] = "{\"o\": {\"j\": 1, \"k\": 2}, \"a\": [5, 3]}";
    must_find("$[*]", wild, "{\"j\": 1, \"k\": 2}");
    must_find("$.o.*", wild, "1");
    must_find("$.a[*]", wild, "5");
    must_find("$[1]", "[\"a\",\"b\"]", "\"b\"");
    must_find("$[-2]", "[\"a\",\"b\"]", "\"a\"");
    must_find("$[-3]", "[\"a\",\"b\"]", NULL);

    static const char letters[] = "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]";
    must_find("$[1:3]", letters, "\"b\"");
    must_find("$[5:]", letters, "\"f\"");
    must_find("$[1:5:2]", letters, "\"b\"");
    must_find("$[5:1:-2]", letters, "\"f\"");
    must_find("$[::-1]", letters, "\"g\"");
    must_find("$[-2:]", letters, "\"f\"");
    must_find("$[:-7]", letters, NULL);
    must_find("$[::0]", letters, NULL);
    must_find("$[7:]", letters, NULL);
    must_find("$[-9007199254740991:9007199254740991:9007199254740991]", letters, "\"a\"");
    must_find("$[0:7][?@.x]", "[{\"y\":1},[{\"x\":1}]]",
              "{\"x\":1}"); /* not the first that it tries */

    static const char below[] = "{\"o\":{\"j\":1,\"k\":2},\"a\":[5,3,[{\"j\":4},{\"k\":6}]]}";
    must_find("$..j", below, "1");
    must_find("$..[0]", below, "5");
    must_find("$..o", below, "{\"j\":1,\"k\":2}");
    must_find("$.o..[*, *]", below, "1");
    must_find("$.a..[0, 1]", below, "5");
    must_find("$.a..j", below, "4");
    must_find("$..[2]..k", below, "6");

    static const char null[] = "{\"a\": null, \"b\": [null], \"c\": [{}], \"null\": 1}";
    must_find("$.a", null, "null");
    must_find("$.a[0]", null, NULL);
    must_find("$.a.d", null, NULL);
    must_find("$.b[0]", null, "null");
    must_find("$.b[?@]", null, "null");
    must_find("$.b[?@==null]", null, "null");
    must_find("$.c[?@.d==null]", null, NULL);
    must_find("$.null", null, "1");
}

static void test_filters_of_the_rfc(void **state) {
    (void)state;
    /* Section 2.3.5.3 */
    static const char json[] =
        "{\"a\": [3, 5, 1, 2, 4, 6, {\"b\": \"j\"}, {\"b\": \"k\"}, {\"b\": {}}, {\"b\": "
        "\"kilo\"}],"
        "\"o\": {\"p\": 1, \"q\": 2, \"r\": 3, \"s\": 5, \"t\": {\"u\": 6}}, \"e\": \"f\"}";
    must_find("$.a[?@.b == 'kilo']", json, "{\"b\": \"kilo\"}");
    must_find("$.a[?(@.b == 'kilo')]", json, "{\"b\": \"kilo\"}");
    must_find("$.a[?@>3.5]", json, "5");
    must_find("$.a[?@.b]", json, "{\"b\": \"j\"}");
    must_find("$.a[?@<2 || @.b == \"k\"]", json, "1");
    must_find("$.o[?@>1 && @<4]", json, "2");
    must_find("$.o[?@.u || @.x]", json, "{\"u\": 6}");
    must_find("$.a[?@.b == $.x]", json, "3");
    must_find("$.a[?@ == @]", json, "3");
    must_find("$.a[?!@.b && @ < 3]", json, "1");
    must_find("$.a[?!(@ == 3 || @ == 5)]", json, "1");
    must_find("$.a[?@ == 1 || @ == 2 && @ == 3]", json, "1"); /* && binds closer */
    must_find("$.o[?@<3, ?@<3]", json, "1");

    /* Section 2.3.5.2.2, as far as it is not about equal objects and arrays. */
    static const struct {
        const char *condition;
        bool holds;
    } rows[] = {{"$.absent1 == $.absent2", true},
                {"$.absent1 <= $.absent2", true},
                {"$.absent == 'g'", false},
                {"$.absent1 != $.absent2", false},
                {"$.absent != 'g'", true},
                {"1 <= 2", true},
                {"1 > 2", false},
                {"13 == '13'", false},
                {"'a' <= 'b'", true},
                {"'a' > 'b'", false},
                {"$.obj == $.arr", false},
                {"$.obj != $.arr", true},
                {"$.obj == 17", false},
                {"$.obj != 17", true},
                {"$.obj <= $.arr", false},
                {"$.obj < $.arr", false},
                {"1 <= $.arr", false},
                {"1 >= $.arr", false},
                {"1 > $.arr", false},
                {"1 < $.arr", false},
                {"true <= true", true},
                {"true > true", false},
                {"1 == 1.0", true},
                {"100 == 1e2", true},
                {"'\\u00e4' == '\xc3\xa4'", true},
                {"$.arr[-1] == 3", true},
                {"'' < 'a'", true},
                {"'ab' < 'b'", true},
                {"'\xef\xbf\xbd' < '\\ud83d\\ude00'", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[128];
        snprintf(path, sizeof path, "$[?%s]", rows[i].condition);
        must_find(path, "{\"obj\": {\"x\": \"y\"}, \"arr\": [2, 3]}",
                  rows[i].holds ? "{\"x\": \"y\"}" : NULL);
    }
}

static void must_refuse(bool pointer, const char *expression, const char *error) {
    struct jsonpath *p = NULL;
    struct err e = {""};
    if ((pointer ? jsonpath_pointer : jsonpath_path)(expression, strlen(expression), &p, &e) == 0)
        fail_msg("accepted: %s", expression);
    assert_null(p);
    assert_string_equal(e.text, error);
}

static void test_wrong_expressions(void **state) {
    (void)state;
    must_refuse(true, "a/b",
                "at character 1 of a/b: a JSON Pointer begins with '/', as in /data/0 (\"\" is the "
                "whole text)");
    must_refuse(true, "/a~2",
                "at character 4 of /a~2: '~' must be written ~0 (and '/' in a name ~1)");
    must_refuse(true, "/a~",
                "at character 4 of /a~: '~' must be written ~0 (and '/' in a name ~1)");
    must_refuse(false, "a", "at character 1 of a: a JSONPath begins with '$', as in $.data[0]");
    must_refuse(false, "$.",
                "at character 3 of $.: expected a name; write other names ['like this']");
    must_refuse(false, "$\xc3\xa4", "at character 2 of $\xc3\xa4: expected '.', '[' or the end");
    must_refuse(false, "$[01]", "at character 3 of $[01]: expected a whole number");
    must_refuse(false, "$[-0]", "at character 4 of $[-0]: expected a whole number");
    must_refuse(false, "$['a", "at character 5 of $['a: this text has no closing quote");
    must_refuse(false, "$[?length(@) > 1]",
                "at character 4 of $[?length(@) > 1]: functions are not supported in filters");
    must_refuse(false, "$[?@.*]",
                "at character 6 of $[?@.*]: expected a name; write other names ['like this']");
    must_refuse(
        false, "$[?1]",
        "at character 5 of $[?1]: a comparison (==, !=, <, <=, >, >=) must follow this value");
    must_refuse(false, "$[0", "at character 4 of $[0: expected ',' or ']'");
    char deep[200] = "$[?";
    memset(deep + 3, '(', 100);
    struct jsonpath *p = NULL;
    struct err e = {""};
    assert_int_equal(jsonpath_path(deep, 103, &p, &e), -1);
    assert_non_null(strstr(e.text, "nested more than 32 deep"));
    static char large[5000];
    memset(large, '/', sizeof large);
    assert_int_equal(jsonpath_pointer(large, sizeof large, &p, &e), -1);
    assert_int_equal(jsonpath_pointer(large, 4000, &p, &e), -1); /* more steps than it may have */
}

static void must_break(const char *expression, const char *json, size_t n, const char *error) {
    struct jsonpath *p = NULL;
    struct err e = {""};
    struct bytes value;
    bool pointer = expression[0] == '/' || expression[0] == '\0';
    assert_int_equal(
        (pointer ? jsonpath_pointer : jsonpath_path)(expression, strlen(expression), &p, &e), 0);
    /* Not a byte beyond the text may be read: ASan sees it. */
    char *exact = malloc(n);
    assert_non_null(exact);
    memcpy(exact, json, n);
    assert_int_equal(jsonpath_find(p, (struct bytes){exact, n}, &value, &e), JSONPATH_BROKEN);
    assert_string_equal(e.text, error);
    free(exact);
    jsonpath_free(p);
}

#define BROKEN(expression, json, error)                                                            \
    must_break(expression, json, strlen(json), "the body cannot be searched as JSON: " error)

static void test_broken_texts(void **state) {
    (void)state;
    BROKEN("/b", "{\"a\": 1", "the text ends too early");
    BROKEN("/b", "{\"a\": ", "the text ends too early");
    BROKEN("/b", "{\"a\"", "':' is missing after a key");
    BROKEN("/b", "{\"a", "a string is not closed");
    BROKEN("/b", "{\"a\\", "a string is not closed");
    BROKEN("/b", "{a: 1}", "a key is missing");
    BROKEN("/b", "{\"a\": 01}", "a value is missing");
    BROKEN("/b", "{\"a\": 1 \"b\": 2}", "',' is missing between two values");
    BROKEN("/b", "{\"a\": \"\\x\"}", "an unknown escape in a string");
    BROKEN("/b", "{\"a\": \"\\u12\"}", "\\u without four hexadecimal digits");
    BROKEN("/b", "{\"a\": \"\n\"}", "a control character in a string");
    BROKEN("/b", "{\"a\": 1.}", "a number without digits after its point");
    BROKEN("/b", "{\"a\": 1e}", "a number without digits in its exponent");
    BROKEN("/a", "{\"a\": nul}", "a value is missing");
    must_break("/a", "<html>", 6, "the body is not JSON");
    must_break("/a", "  ", 2, "the body is empty");
    must_break("/a", "\0\0", 2, "the body is not JSON");
    /* A megabyte of brackets. */
    size_t n = 1 << 20;
    char *deep = malloc(n);
    assert_non_null(deep);
    memset(deep, '[', n);
    must_break("/1", deep, n,
               "the body cannot be searched as JSON: it is nested more than 512 deep");
    must_break("$..x", deep, n,
               "the body cannot be searched as JSON: it is nested more than 512 deep");
    free(deep);
}

static void test_a_search_has_an_end(void **state) {
    (void)state;
    /* For each value the filter walks over the whole text. */
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_char(&b, '[');
    for (int i = 0; i < 20000; i++)
        buf_str(&b, i == 0 ? "[0]" : ",[0]");
    buf_char(&b, ']');
    must_break("$[?$[19999][0] == 1]", b.data, b.len,
               "the body cannot be searched as JSON: the search would take too long");
    buf_done(&b);
}

static void test_value_text(void **state) {
    (void)state;
    static const struct {
        const char *value, *text;
    } rows[] = {{"\"a\\n\\\"\\/\\u00e4\\ud83d\\ude00\"", "a\n\"/\xc3\xa4\xf0\x9f\x98\x80"},
                {"\"\\ud83d x\"", "\xef\xbf\xbd x"},
                {"12.50", "12.50"},
                {"{\"a\": [1]}", "{\"a\": [1]}"},
                {"\"\"", ""},
                {"true", "true"}};
    struct err e = {""};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b;
        buf_init(&b, 100);
        assert_int_equal(jsonpath_value_text(bytes(rows[i].value), &b, &e), 0);
        assert_string_equal(buf_text(&b), rows[i].text);
        buf_done(&b);
    }
    struct buf b;
    buf_init(&b, 3);
    assert_int_equal(jsonpath_value_text(bytes("\"abcdef\""), &b, &e), -1);
    assert_string_equal(e.text, "it is longer than 3 bytes");
    buf_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pointer_of_the_rfc), cmocka_unit_test(test_path_of_the_rfc),
        cmocka_unit_test(test_filters_of_the_rfc), cmocka_unit_test(test_wrong_expressions),
        cmocka_unit_test(test_broken_texts),       cmocka_unit_test(test_a_search_has_an_end),
        cmocka_unit_test(test_value_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
