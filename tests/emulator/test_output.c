/* Lines out of what an instance writes, however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/output.h"
#include "util/buf.h"

static void show(void *context, const char *text, size_t n) {
    struct buf *out = context;
    buf_char(out, '[');
    buf_add(out, text, n);
    buf_char(out, ']');
}

/* The same text in pieces of every size gives the same lines. */
static void test_cuts_do_not_matter(void **state) {
    (void)state;
    const char *text = "one\n\ntwo three\nfour\n\nlast";
    for (size_t step = 1; step <= strlen(text); step++) {
        struct output o = {0};
        struct buf out;
        buf_init(&out, 1024);
        for (size_t at = 0; at < strlen(text); at += step) {
            size_t left = strlen(text) - at;
            output_feed(&o, text + at, left < step ? left : step, show, &out);
        }
        assert_string_equal(buf_text(&out), "[one][two three][four]");
        output_end(&o, show, &out);
        assert_string_equal(buf_text(&out), "[one][two three][four][last]");
        output_done(&o);
        buf_done(&out);
    }
}

static void count(void *context, const char *text, size_t n) {
    (void)text;
    size_t *sizes = context;
    sizes[0]++;
    sizes[1] += n;
    if (n > sizes[2])
        sizes[2] = n;
}

static void test_a_line_without_end(void **state) {
    (void)state;
    struct output o = {0};
    size_t sizes[3] = {0}, size = 3 * OUTPUT_LINE_MAX_BYTES + 5;
    char *text = malloc(size);
    memset(text, 'x', size);
    output_feed(&o, text, size, count, sizes);
    output_feed(&o, text, size, count, sizes);
    output_feed(&o, "\n", 1, count, sizes);
    assert_int_equal(sizes[0], 7);
    assert_int_equal(sizes[1], 2 * size);
    assert_int_equal(sizes[2], OUTPUT_LINE_MAX_BYTES);
    free(text);
    output_done(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts_do_not_matter),
        cmocka_unit_test(test_a_line_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
