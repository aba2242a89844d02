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

/* Every byte in every place, in a text that is long and has line ends, as MIME writes it. */
static void test_long_base64(void **state) {
    (void)state;
    struct buf bytes, text, lines, back;
    buf_init(&bytes, 10000);
    buf_init(&text, 20000);
    buf_init(&lines, 20000);
    buf_init(&back, 10000);
    for (int i = 0; i < 5000; i++)
        buf_char(&bytes, (char)(i * 7 + i / 256));
    encode_base64(&text, bytes.data, bytes.len);
    for (size_t i = 0; i < text.len; i += 76) {
        buf_add(&lines, text.data + i, text.len - i < 76 ? text.len - i : 76);
        buf_str(&lines, "\r\n");
    }
    assert_true(decode_base64(&back, lines.data, lines.len));
    assert_int_equal(back.len, bytes.len);
    assert_memory_equal(back.data, bytes.data, bytes.len);
    buf_done(&bytes);
    buf_done(&text);
    buf_done(&lines);
    buf_done(&back);
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
        cmocka_unit_test(test_long_base64),
        cmocka_unit_test(test_percent),
        cmocka_unit_test(test_what_begins_no_escape_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
