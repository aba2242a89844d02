/* encode: what the standards' own examples say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/encode.h"

static void test_base64(void **state) {
    (void)state;
    /* RFC 4648, section 10, and what is not well formed. */
    static const char *const good[][2] = {
        {"", ""}, {"Zg==", "f"}, {"Zm8", "fo"}, {"Zm9v\nYmFy", "foobar"}};
    static const char *const bad[] = {"Z", "Zm9v!", "Zg=x", "Zm9vY"};
    struct buf b;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        buf_init(&b, 100);
        assert_true(decode_base64(&b, good[i][0], strlen(good[i][0])));
        assert_string_equal(buf_text(&b), good[i][1]);
        buf_done(&b);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buf_init(&b, 100);
        assert_false(decode_base64(&b, bad[i], strlen(bad[i])));
        buf_done(&b);
    }
}

/* RFC 3986 2.3: letters, digits and four signs stay; the form's rules are WHATWG URL's. */
static void test_percent(void **state) {
    (void)state;
    static const struct {
        const char *plain, *percent, *form;
    } texts[] = {{"aZ09-._~", "aZ09-._~", "aZ09-._%7E"},
                 {"a b*c", "a%20b%2Ac", "a+b*c"},
                 {"\xc3\xbc/?&=+%", "%C3%BC%2F%3F%26%3D%2B%25", "%C3%BC%2F%3F%26%3D%2B%25"}};
    struct buf b;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *plain = texts[i].plain;
        buf_init(&b, 100);
        encode_percent(&b, plain, strlen(plain));
        assert_string_equal(buf_text(&b), texts[i].percent);
        buf_clear(&b);
        encode_form(&b, plain, strlen(plain));
        assert_string_equal(buf_text(&b), texts[i].form);
        buf_clear(&b);
        assert_true(decode_percent(&b, texts[i].form, strlen(texts[i].form), true));
        assert_string_equal(buf_text(&b), plain);
        buf_done(&b);
    }
}

static void test_what_begins_no_escape_stays(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    assert_false(decode_percent(&b, "a%4g%%41+", 9, false));
    assert_string_equal(buf_text(&b), "a%4g%A+");
    buf_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_percent),
        cmocka_unit_test(test_what_begins_no_escape_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
