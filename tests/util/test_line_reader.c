/* line_reader: the same lines however the stream is cut, and none above the limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/line_reader.h"

/* What came out: "NUMBER@OFFSET[TEXT]" for each line; "!" asks to stop. */
static int note(void *context, const struct read_line *line, struct err *e) {
    struct buf *out = context;
    assert_int_equal(line->text[line->n], '\0');
    buf_printf(out, "%d@%d[", (int)line->number, (int)line->at);
    buf_add(out, line->text, line->n);
    buf_char(out, ']');
    return line->n == 1 && line->text[0] == '!' ? err_set(e, "stopped") : 0;
}

/* In pieces of every size. `wrong` NULL: it is read to its end. */
static void reads(const char *text, size_t n, const char *expected, const char *wrong) {
    for (size_t step = 1; step <= n + 1; step++) {
        struct line_reader l;
        struct buf out;
        struct err e = {""};
        int result = 0;
        buf_init(&out, 1000);
        line_reader_init(&l, "x", 10, note, &out);
        for (size_t i = 0; i < n && result == 0; i += step)
            result = line_reader_feed(&l, text + i, n - i < step ? n - i : step, &e);
        if (result == 0)
            result = line_reader_end(&l, &e);
        assert_string_equal(buf_text(&out), expected);
        assert_int_equal(result, wrong == NULL ? 0 : -1);
        assert_string_equal(e.text, wrong == NULL ? "" : wrong);
        line_reader_done(&l);
        buf_done(&out);
    }
}

#define READS(text, expected, wrong) reads(text, sizeof(text) - 1, expected, wrong)

static void test_lines_and_the_last_without_an_end(void **state) {
    (void)state;
    READS("", "", NULL);
    READS("\n", "1@0[]", NULL);
    READS("a\n\nbc\n", "1@0[a]2@2[]3@3[bc]", NULL);
    READS("a\nbc", "1@0[a]2@2[bc]", NULL);
    READS("a\r\nb", "1@0[a\r]2@3[b]", NULL);
}

static void test_a_byte_order_mark_belongs_to_no_line(void **state) {
    (void)state;
    READS("\xef\xbb\xbf"
          "a\nb",
          "1@3[a]2@5[b]", NULL);
    READS("\xef\xbb\xbf", "1@3[]", NULL);
    READS("\xef\xbb", "1@0[\xef\xbb]", NULL);
    READS("a\n\xef\xbb\xbf", "1@0[a]2@2[\xef\xbb\xbf]", NULL);
}

static void test_ten_bytes_are_read_and_eleven_are_not(void **state) {
    (void)state;
    READS("0123456789\n0123456789", "1@0[0123456789]2@11[0123456789]", NULL);
    READS("a\n0123456789x\nb\n", "1@0[a]", "x:2: a line is longer than 10 bytes");
    READS("a\n0123456789x", "1@0[a]", "x:2: a line is longer than 10 bytes");
    struct line_reader l;
    struct buf out;
    struct err e = {""};
    static char zeros[(1 << 20) + 1];
    buf_init(&out, 10);
    line_reader_init(&l, "x", 1 << 20, note, &out);
    assert_int_equal(line_reader_feed(&l, zeros, 1 << 20, &e), 0);
    assert_int_equal(line_reader_feed(&l, zeros, 1, &e), -1);
    assert_string_equal(e.text, "x:1: a line is longer than 1 MiB");
    line_reader_done(&l);
    buf_done(&out);
}

static void test_what_takes_lines_may_stop(void **state) {
    (void)state;
    READS("a\n!\nb\n", "1@0[a]2@2[!]", "stopped");
    READS("a\n!", "1@0[a]2@2[!]", "stopped");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_and_the_last_without_an_end),
        cmocka_unit_test(test_a_byte_order_mark_belongs_to_no_line),
        cmocka_unit_test(test_ten_bytes_are_read_and_eleven_are_not),
        cmocka_unit_test(test_what_takes_lines_may_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
