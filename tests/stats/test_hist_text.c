/* hist_text: a histogram that goes to another process as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stats/hist_text.h"
#include "util/rng.h"

static void init(struct hist *h, unsigned bits) {
    assert_int_equal(hist_init(h, bits, NULL), 0);
}

static void its_text_is_as_the_header_says(void **state) {
    (void)state;
    struct hist h;
    struct buf out;
    init(&h, 6);
    buf_init(&out, 4096);
    hist_text_write(&h, &out);
    assert_string_equal(buf_text(&out), "6 0 0");
    buf_clear(&out);
    hist_record(&h, 5);
    hist_record(&h, 100);
    hist_record(&h, 5);
    hist_record(&h, 129); /* from 128 on, two values share a bucket */
    hist_text_write(&h, &out);
    assert_string_equal(buf_text(&out), "6 5 129 5:2 95:1 28:1");
    hist_done(&h);
    buf_done(&out);
}

static void texts_of_parts_add_up_to_the_whole(void **state) {
    (void)state;
    struct hist whole, parts[3], sum;
    struct buf out;
    struct rng r;
    struct err e = {""};
    rng_seed(&r, 5, 0);
    init(&whole, 9);
    init(&sum, 9);
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < 3; i++)
        init(&parts[i], 9);
    for (int i = 0; i < 5000; i++) {
        int64_t value = (int64_t)(rng_next(&r) >> (1 + rng_below(&r, 63)));
        hist_record(&whole, value);
        hist_record(&parts[rng_below(&r, 3)], value);
    }
    for (size_t i = 0; i < 3; i++) {
        buf_clear(&out);
        hist_text_write(&parts[i], &out);
        const char *at = buf_text(&out);
        assert_int_equal(hist_text_add(&sum, &at, &e), 0);
        assert_int_equal(*at, '\0');
    }
    assert_int_equal(sum.total, whole.total);
    assert_true(sum.min == whole.min && sum.max == whole.max);
    assert_memory_equal(sum.counts, whole.counts, hist_buckets(9) * sizeof *sum.counts);
    for (size_t i = 0; i < 3; i++)
        hist_done(&parts[i]);
    hist_done(&whole);
    hist_done(&sum);
    buf_done(&out);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    static const char *const all[] = {"",
                                      "6",
                                      "6 1",
                                      "7 1 2 1:1",
                                      "6 5 4 5:1",
                                      "6 -1 4 1:1",
                                      "6 5 9 4:1",
                                      "6 5 9 10:1",
                                      "6 5 9 5:1 5:1",
                                      "6 5 9 5:0",
                                      "6 5 9 5",
                                      "6 5 9 5:",
                                      "6 5 9 99999999999999999999:1",
                                      "6 5 9 5:1 18446744073709551615:1"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct hist h;
        struct err e = {""};
        const char *at = all[i];
        init(&h, 6);
        if (hist_text_add(&h, &at, &e) == 0 || e.text[0] == '\0')
            fail_msg("accepted: %s", all[i]);
        hist_done(&h);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_text_is_as_the_header_says),
        cmocka_unit_test(texts_of_parts_add_up_to_the_whole),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
