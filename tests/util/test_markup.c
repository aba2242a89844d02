#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "util/markup.h"

static void is(void (*write)(struct buf *, const char *), const char *text, const char *expected) {
    struct buf b;
    buf_init(&b, 1 << 20);
    write(&b, text);
    assert_true(buf_ok(&b));
    assert_string_equal(buf_text(&b), expected);
    buf_done(&b);
}

/* Each string that the page is attacked with, and what of it is in the page. */
static void test_golden(void **state) {
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", ""},
        {"/predict", "/predict"},
        {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"</style><script>alert(1)//", "&lt;/style&gt;&lt;script&gt;alert(1)//"},
        {"<!-- --> ]]> <![CDATA[", "&lt;!-- --&gt; ]]&gt; &lt;![CDATA["},
        {"&amp; &#60; &lt;", "&amp;amp; &amp;#60; &amp;lt;"},
        {"\" onload=\"alert(1)", "&quot; onload=&quot;alert(1)"},
        {"' onload='alert(1)", "&#39; onload=&#39;alert(1)"},
        {"`touch pwned` $(id)", "`touch pwned` $(id)"},
        {"=cmd|'/C calc'!A0", "=cmd|&#39;/C calc&#39;!A0"},
        {"\\input{/etc/passwd}", "\\input{/etc/passwd}"},
        {"\"; DROP TABLE", "&quot;; DROP TABLE"},
        {"two\nlines\r\n\tand a tab", "two\\x0alines\\x0d\\x0a\\x09and a tab"},
        {"\033[31mred\033]0;title\a", "\\x1b[31mred\\x1b]0;title\\x07"},
        {"invalid \xff\xc3( \xed\xa0\x80 UTF-8", "invalid \\xff\\xc3( \\xed\\xa0\\x80 UTF-8"},
        /* marks that turn the direction: LRM, ALM, RLO, PDI */
        {"a\xe2\x80\x8e"
         "b\xd8\x9c"
         "c\xe2\x80\xae"
         "d\xe2\x81\xa9",
         "a\\xe2\\x80\\x8eb\\xd8\\x9cc\\xe2\\x80\\xaed\\xe2\\x81\\xa9"},
        /* what XML has no way to write: U+FFFE, U+FFFF, and C1 */
        {"\xef\xbf\xbe\xef\xbf\xbf\xf0\x9f\xbf\xbf \xc2\x9b",
         "\\xef\\xbf\\xbe\\xef\\xbf\\xbf\\xf0\\x9f\\xbf\\xbf \\xc2\\x9b"},
        {"\xd7\x90\xd7\x91 gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x98\x80",
         "\xd7\x90\xd7\x91 gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x98\x80"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char whole[256];
        is(markup_text, cases[i].text, cases[i].expected);
        snprintf(whole, sizeof whole, "<bdi>%s</bdi>", cases[i].expected);
        is(markup_foreign, cases[i].text, whole);
    }
}

static void test_lines_stay_lines(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    markup_lines(&b, "{\n\t\"a\": 1 < 2 \r\n}\n", 1000);
    assert_string_equal(buf_text(&b), "{\n\t&quot;a&quot;: 1 &lt; 2 \\x0d\n}\n");
    buf_clear(&b);
    markup_lines(&b, "\n\n\n", 1000);
    assert_string_equal(buf_text(&b), "\n\n\n");
    buf_clear(&b);
    /* Cut within the second of two letters of two bytes. */
    markup_lines(&b, "\xc3\xbc\xc3\xbc!", 3);
    assert_string_equal(buf_text(&b), "\xc3\xbc \xe2\x80\xa6 (3 more bytes)");
    buf_done(&b);
}

/* 10 kB: folded, and of the whole there is as much as anyone reads. */
static void test_a_long_name_is_folded(void **state) {
    (void)state;
    char *name = malloc(10001);
    struct buf b;
    assert_non_null(name);
    memset(name, 'n', 10000);
    name[10000] = '\0';
    memcpy(name, "<first>", 7);
    memcpy(name + 9994, "<last>", 6);
    buf_init(&b, 1 << 20);
    markup_foreign(&b, name);
    assert_int_equal(
        strncmp(buf_text(&b), "<details class=\"long\"><summary><bdi>&lt;first&gt;nnn", 50), 0);
    assert_non_null(strstr(buf_text(&b), "nnn\xe2\x80\xa6nnn"));
    assert_non_null(strstr(buf_text(&b), "nnn&lt;last&gt;</bdi></summary><bdi>&lt;first&gt;nnn"));
    assert_non_null(strstr(buf_text(&b), "nnn \xe2\x80\xa6 (6000 more bytes)</bdi></details>"));
    assert_in_range(b.len, 4000, 4400);
    buf_clear(&b);
    markup_cut(&b, "0123456789", 10);
    markup_cut(&b, " 0123456789abc", 6);
    assert_string_equal(buf_text(&b), "0123456789 01\xe2\x80\xa6"
                                      "abc");
    buf_clear(&b);
    markup_cut(&b, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 6);
    assert_non_null(strstr(buf_text(&b), "\xe2\x80\xa6\xf0\x9f\x98\x80")); /* no half of one */
    assert_null(strstr(buf_text(&b), "\\x"));
    buf_done(&b);
    free(name);
}

static void test_a_full_buffer_is_told(void **state) {
    (void)state;
    void (*const all[])(struct buf *, const char *) = {markup_text, markup_foreign};
    for (size_t i = 0; i < 2; i++) {
        struct buf b;
        buf_init(&b, 20);
        all[i](&b, "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<");
        assert_false(buf_ok(&b));
        buf_done(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_lines_stay_lines),
        cmocka_unit_test(test_a_long_name_is_folded),
        cmocka_unit_test(test_a_full_buffer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
