/* Heads: what goes on to the other side, and what never does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/head.h"

static void add(struct head *h, const char *name, const char *value) {
    head_add_name(h, name, strlen(name));
    head_add_value(h, value, strlen(value));
}

static void test_pieces_make_one_field(void **state) {
    (void)state;
    struct head h;
    head_init(&h);
    head_reset(&h);
    head_add_target(&h, "/a", 2);
    head_add_target(&h, "b", 1);
    head_add_name(&h, "Con", 3);
    head_add_name(&h, "tent", 4);
    head_add_value(&h, "on", 2);
    head_add_value(&h, "e", 1);
    add(&h, "X-Empty", "");
    assert_int_equal(h.count, 2);
    assert_memory_equal(head_target(&h).text, "/ab", 3);
    assert_int_equal(head_target(&h).len, 3);
    assert_true(view_is(head_name(&h, 0), "CONTENT"));
    assert_true(view_is(head_find(&h, "content"), "one"));
    assert_true(view_is(head_find(&h, "x-empty"), ""));
    assert_null(head_find(&h, "x-empt").text);
    head_done(&h);
}

static void test_hop_fields_stay_here(void **state) {
    (void)state;
    static const char *const but[] = {"x-left-out", NULL};
    struct head h;
    struct buf out;
    buf_init(&out, 4096);
    head_init(&h);
    head_reset(&h);
    add(&h, "Host", "a");
    add(&h, "Connection", "keep-alive , X-Named,,host");
    add(&h, "x-named", "secret");
    add(&h, "X-Name", "stays");
    add(&h, "Transfer-Encoding", "chunked");
    add(&h, "CONTENT-LENGTH", "3");
    add(&h, "TE", "trailers");
    add(&h, "Upgrade", "h2c");
    add(&h, "X-Left-Out", "1");
    add(&h, "Cookie", "a=b");
    head_copy_fields(&h, but, &out);
    assert_string_equal(buf_text(&out), "Host: a\r\nX-Name: stays\r\nCookie: a=b\r\n");
    buf_done(&out);
    head_done(&h);
}

static void test_dirt_is_seen(void **state) {
    (void)state;
    static const struct {
        const char *name, *value;
        bool clean;
    } cases[] = {
        {"X", "a\tb \xc3\xa9", true}, {"X", "a\rb", false},  {"X", "a\nX: 1", false},
        {"X", "\x7f", false},         {"X ", "1", false},    {"", "1", false},
        {"X:", "1", false},           {"X\xc3", "1", false}, {"x!#$%&'*+-.^_`|~9", "1", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct head h;
        head_init(&h);
        head_reset(&h);
        add(&h, cases[i].name, cases[i].value);
        if (head_is_clean(&h) != cases[i].clean)
            fail_msg("case %zu", i);
        head_done(&h);
    }
}

static void test_ceilings(void **state) {
    (void)state;
    struct head h;
    head_init(&h);
    head_reset(&h);
    for (int i = 0; i < HEAD_FIELDS_MAX; i++)
        add(&h, "a", "b");
    assert_false(h.too_large);
    add(&h, "a", "b");
    assert_true(h.too_large);
    assert_int_equal(h.count, HEAD_FIELDS_MAX);
    head_reset(&h);
    char *large = malloc(HEAD_BYTES_MAX);
    memset(large, 'x', HEAD_BYTES_MAX);
    head_add_name(&h, "a", 1);
    head_add_value(&h, large, HEAD_BYTES_MAX - 1);
    assert_false(h.too_large);
    head_add_value(&h, large, 1);
    assert_true(h.too_large);
    add(&h, "b", "c"); /* further pieces change nothing */
    assert_int_equal(h.count, 1);
    free(large);
    head_done(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_make_one_field),
        cmocka_unit_test(test_hop_fields_stay_here),
        cmocka_unit_test(test_dirt_is_seen),
        cmocka_unit_test(test_ceilings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
