/* series_table: which points are worth a row, and what happens when it is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "cli/series_table.h"

static void test_all_of_a_gauge_and_the_moves_of_a_counter(void **state) {
    (void)state;
    struct series_table t = {0};
    uint32_t number = 9;
    assert_int_equal(series_table_take(&t, "queue", "", false, 1, &number), SERIES_NEW);
    assert_int_equal(number, 0);
    assert_int_equal(series_table_take(&t, "queue", "", false, 1, &number), SERIES_POINT);
    assert_int_equal(series_table_take(&t, "total", "", true, 1, &number), SERIES_NEW);
    assert_int_equal(number, 1);
    assert_int_equal(series_table_take(&t, "total", "", true, 1, &number), SERIES_SAME);
    assert_int_equal(series_table_take(&t, "total", "", true, 2, &number), SERIES_POINT);
    assert_int_equal(number, 1);
    /* A restarted server counts from 0 again. */
    assert_int_equal(series_table_take(&t, "total", "", true, 0, &number), SERIES_POINT);
    series_table_done(&t);
}

static void test_labels_tell_series_apart(void **state) {
    (void)state;
    struct series_table t = {0};
    uint32_t a, b, c;
    assert_int_equal(series_table_take(&t, "m", "a=\"1\"", false, 1, &a), SERIES_NEW);
    assert_int_equal(series_table_take(&t, "m", "a=\"2\"", false, 1, &b), SERIES_NEW);
    assert_int_equal(series_table_take(&t, "ma", "=\"1\"", false, 1, &c), SERIES_NEW);
    assert_int_equal(a, 0);
    assert_int_equal(b, 1);
    assert_int_equal(c, 2);
    series_table_done(&t);
}

static void test_it_is_bounded(void **state) {
    (void)state;
    struct series_table t = {0};
    char labels[32];
    uint32_t number;
    for (uint32_t i = 0; i < SERIES_TABLE_MAX; i++) {
        snprintf(labels, sizeof labels, "i=\"%u\"", i);
        assert_int_equal(series_table_take(&t, "m", labels, false, i, &number), SERIES_NEW);
        assert_int_equal(number, i);
    }
    assert_int_equal(series_table_take(&t, "n", "", false, 1, &number), SERIES_NO_ROOM);
    assert_int_equal(t.refused, 1);
    for (uint32_t i = 0; i < SERIES_TABLE_MAX; i++) {
        snprintf(labels, sizeof labels, "i=\"%u\"", i);
        assert_int_equal(series_table_take(&t, "m", labels, false, i, &number), SERIES_POINT);
        assert_int_equal(number, i);
    }
    series_table_done(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_a_gauge_and_the_moves_of_a_counter),
        cmocka_unit_test(test_labels_tell_series_apart),
        cmocka_unit_test(test_it_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
