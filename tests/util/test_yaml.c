/* yaml: every value and key knows where it stood. Places are counted by hand, as an editor shows
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/yaml.h"

static struct json_doc *must(const char *text) {
    struct json_doc *d = NULL;
    struct err e = {""};
    if (yaml_parse("a.yaml", text, strlen(text), &d, &e) != 0)
        fail_msg("%s: %s", text, e.text);
    return d;
}

static void must_refuse(const char *text, size_t n, const char *error) {
    struct json_doc *d = NULL;
    struct err e = {""};
    assert_int_equal(yaml_parse("a.yaml", text, n, &d, &e), -1);
    assert_null(d);
    if (strstr(e.text, error) != e.text)
        fail_msg("%s\n does not begin with: %s", e.text, error);
}

static void must_stand(const struct json_doc *d, size_t at, size_t line, size_t column) {
    size_t l, c;
    json_where(d, at, &l, &c);
    assert_int_equal(l, line);
    assert_int_equal(c, column);
}

static void test_kinds(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum json_kind kind;
    } scalars[] = {{"1", JSON_NUMBER},       {"-1.5e3", JSON_NUMBER}, {"01", JSON_STRING},
                   {"1.", JSON_STRING},      {"+1", JSON_STRING},     {"0x1f", JSON_STRING},
                   {"\"1\"", JSON_STRING},   {"'true'", JSON_STRING}, {"true", JSON_BOOL},
                   {"FALSE", JSON_BOOL},     {"yes", JSON_STRING},    {"null", JSON_NULL},
                   {"~", JSON_NULL},         {"", JSON_NULL},         {"[]", JSON_ARRAY},
                   {"{}", JSON_OBJECT},      {".inf", JSON_STRING},   {"2024-01-31", JSON_STRING},
                   {"|\n  a\n", JSON_STRING}};
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++) {
        char text[100];
        snprintf(text, sizeof text, "a: %s\n", scalars[i].text);
        struct json_doc *d = must(text);
        const struct json *v = json_get(json_root(d), "a");
        if (v == NULL || v->kind != scalars[i].kind)
            fail_msg("%s is %s", scalars[i].text, v == NULL ? "gone" : json_kind_text(v->kind));
        json_free(d);
    }
    struct json_doc *d = must("a: FALSE\nb: 1.50\n");
    assert_string_equal(json_get(json_root(d), "a")->text, "FALSE");
    assert_false(json_get(json_root(d), "a")->boolean);
    assert_string_equal(json_get(json_root(d), "b")->text, "1.50");
    json_free(d);
}

static void test_places(void **state) {
    (void)state;
    struct json_doc *d = must("\xef\xbb\xbf# \xc3\xbc\r\n"
                              "\xc3\xa4: {b: [\xe2\x82\xac, 2]}\r\n"
                              "c:\r\n"
                              "  - \"d\"\r\n"
                              "  - ? e\r\n"
                              "    : f\r\n");
    const struct json *a = json_get(json_root(d), "\xc3\xa4"), *c = json_get(json_root(d), "c");
    must_stand(d, json_root(d)->at, 2, 1);
    must_stand(d, a->key_at, 2, 1);
    must_stand(d, a->at, 2, 4);
    must_stand(d, json_get(a, "b")->key_at, 2, 5);
    must_stand(d, json_get(a, "b")->at, 2, 8);
    must_stand(d, json_get(a, "b")->first->at, 2, 9);
    must_stand(d, json_get(a, "b")->first->next->at, 2, 12);
    must_stand(d, c->first->at, 4, 5);
    must_stand(d, c->first->next->first->key_at, 5, 7);
    must_stand(d, c->first->next->first->at, 6, 7);
    json_free(d);
}

/* Beyond many characters of more than one byte. */
static void test_places_far_down(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 1; i <= 1000; i++)
        buf_printf(&b, "\xc3\xa4%d: {x: \xe2\x82\xac}\n", i);
    struct json_doc *d = must(buf_text(&b));
    size_t line = 1;
    for (const struct json *m = json_root(d)->first; m != NULL; m = m->next, line++) {
        must_stand(d, m->key_at, line, 1);
        must_stand(d, m->first->at, line, line < 10 ? 9 : line < 100 ? 10 : line < 1000 ? 11 : 12);
    }
    assert_int_equal(line, 1001);
    json_free(d);
    buf_done(&b);
}

static void test_aliases_are_written_out(void **state) {
    (void)state;
    struct json_doc *d = must("a: &x {b: 1}\nc: *x\n");
    const struct json *c = json_get(json_root(d), "c");
    assert_string_equal(json_get(c, "b")->text, "1");
    must_stand(d, c->key_at, 2, 1);
    json_free(d);
}

/* As editors and templates leave them: a mark before the text, and a "---" that nothing follows. */
static void test_a_mark_and_an_empty_end(void **state) {
    (void)state;
    struct json_doc *d = must("\xef\xbb\xbfx: 1\n\xc3\xa4: {b: 2}\n---\n# nothing\n---\n");
    const struct json *b = json_get(json_get(json_root(d), "\xc3\xa4"), "b");
    assert_string_equal(b->text, "2");
    must_stand(d, b->key_at, 2, 5);
    json_free(d);
    static const char twice[] = "\xef\xbb\xbfx: 1\ny: 2\nx: 3\n";
    must_refuse(twice, sizeof twice - 1, "a.yaml:3:1: \"x\" is given twice, first in line 1");
    static const char two[] = "\xef\xbb\xbfx: 1\n---\n---\ny: 2\n";
    must_refuse(two, sizeof two - 1, "a.yaml:4:1: more than one document");
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "a.yaml:1:1: the file is empty"},
        {"a: 1\nb: 2\n\xc3\xa4: 3\na: 4\n", "a.yaml:4:1: \"a\" is given twice, first in line 1"},
        {"x:\n  a: 1\n  'a': 4\n", "a.yaml:3:3: \"a\" is given twice, first in line 2"},
        {"a: [\n", "a.yaml:2:1: not YAML"},
        {"a: 1\n---\nb: 2\n", "a.yaml:3:1: more than one document"},
        {"x: &x {a: 1}\ny:\n  <<: *x\n", "a.yaml:3:3: a merge key"},
        {"a:\n  ? [b]\n  : c\n", "a.yaml:2:5: a key that is not text"},
        {"a: &x [*x]\n", "a.yaml:1:4: too deep or too large"},
        {"a: \xc3\n", "a.yaml:1:4: the byte 0xc3 is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        must_refuse(cases[i].text, strlen(cases[i].text), cases[i].error);
    /* Each line ten times the one before. */
    struct buf b;
    buf_init(&b, 1 << 16);
    buf_str(&b, "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n");
    for (int i = 1; i < 10; i++) {
        buf_printf(&b, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            buf_printf(&b, "%s*a%d", k > 0 ? "," : "", i - 1);
        buf_str(&b, "]\n");
    }
    must_refuse(buf_text(&b), b.len, "a.yaml:1:");
    buf_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_places_far_down),
        cmocka_unit_test(test_aliases_are_written_out),
        cmocka_unit_test(test_a_mark_and_an_empty_end),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
