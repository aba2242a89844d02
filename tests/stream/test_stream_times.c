/* The moments of token events as bytes, and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "stream/stream_times.h"
#include "util/rng.h"

/* By hand: seven bits a byte, the lowest first (DWARF 4, 7.6). */
static void numbers_as_bytes(void **state) {
    (void)state;
    static const struct {
        uint64_t gap;
        const char *bytes;
        size_t n;
    } cases[] = {
        {0, "\x00", 1},
        {1, "\x01", 1},
        {127, "\x7f", 1},
        {128, "\x80\x01", 2},
        {300, "\xac\x02", 2},
        {624485, "\xe5\x8e\x26", 3},
        {(1 << 28) - 1, "\xff\xff\xff\x7f", 4},
        {1 << 28, "\x80\x80\x80\x80\x01", 5},
        {INT64_MAX, "\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char to[STREAM_TIMES_MAX_BYTES];
        struct stream_times t;
        int64_t at_ns;
        assert_int_equal(stream_times_put(cases[i].gap, to), cases[i].n);
        assert_memory_equal(to, cases[i].bytes, cases[i].n);
        stream_times_begin(&t, to, cases[i].n, 0);
        assert_true(stream_times_next(&t, &at_ns));
        assert_int_equal(at_ns, cases[i].gap);
        assert_false(stream_times_next(&t, &at_ns));
    }
}

/* What a file may hold that somebody wrote to. */
static void bytes_that_are_no_numbers(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        int64_t first;
    } cases[] = {
        {"", 0, 5},
        {"\x80", 1, 5},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, 0},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 9, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stream_times t;
        int64_t at_ns = -7;
        stream_times_begin(&t, (const unsigned char *)cases[i].bytes, cases[i].n, cases[i].first);
        assert_false(stream_times_next(&t, &at_ns));
        assert_false(stream_times_next(&t, &at_ns));
        assert_int_equal(at_ns, -7);
    }
    struct stream_times none;
    int64_t at_ns;
    stream_times_begin(&none, NULL, 0, 1);
    assert_false(stream_times_next(&none, &at_ns));
}

static void as_json(void **state) {
    (void)state;
    /* Moments 10.0, 10.9, 11.0, 13.999 and 1000013.999 us after the start at 0.5 us, cut to 10, 10,
     * 11, 13 and 1000013. */
    static const unsigned gaps[] = {0, 900, 100, 2999, 1000000000};
    unsigned char times[64];
    size_t n = 0;
    struct buf out;
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++)
        n += stream_times_put(gaps[i], times + n);
    buf_init(&out, 1024);
    assert_int_equal(stream_times_json(&out, times, n, 10500, 500), 1000000);
    assert_string_equal(buf_text(&out), "[0,1,2,1000000]");
    buf_clear(&out);
    assert_int_equal(stream_times_json(&out, times, 1, 10500, 500), -1);
    assert_string_equal(buf_text(&out), "[]");
    buf_clear(&out);
    assert_int_equal(stream_times_json(&out, NULL, 0, 0, 500), -1);
    assert_string_equal(buf_text(&out), "[]");
    /* A start behind the first event: -0.1 us is in the microsecond -1. */
    buf_clear(&out);
    assert_int_equal(stream_times_json(&out, times, 3, 10500, 10600), 1);
    assert_string_equal(buf_text(&out), "[1]");
    buf_done(&out);
}

static void gaps_add_up(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 7, 0);
    for (int round = 0; round < 200; round++) {
        unsigned char times[1000 * STREAM_TIMES_MAX_BYTES];
        struct buf out;
        size_t n = stream_times_put(0, times);
        int64_t start = (int64_t)rng_below(&rng, 5000),
                first = start + (int64_t)rng_below(&rng, 5000), last = first;
        for (int i = 1; i < 100; i++) {
            uint64_t gap = rng_below(&rng, round % 2 == 0 ? 3000 : 300000000);
            n += stream_times_put(gap, times + n);
            last += (int64_t)gap;
        }
        buf_init(&out, 1 << 16);
        (void)stream_times_json(&out, times, n, first, start);
        int64_t sum = 0;
        size_t count = 0;
        for (char *p = out.data + 1; *p != '\0'; p++, count++)
            sum += strtoll(p, &p, 10);
        assert_int_equal(count, 99);
        assert_int_equal(sum, (last - start) / 1000 - (first - start) / 1000);
        buf_done(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_as_bytes),
        cmocka_unit_test(bytes_that_are_no_numbers),
        cmocka_unit_test(as_json),
        cmocka_unit_test(gaps_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
