#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/table.h"

static const struct table_column columns[] = {
    {"name", "Name", TABLE_TEXT}, {"count", "Count", TABLE_COUNT}, {"ms", "Time", TABLE_MS},
    {"s", "Long", TABLE_S},       {"x", "Ratio", TABLE_NUMBER},    {"usd", "US$", TABLE_MONEY}};

static void shows(const struct table *t, size_t row, size_t column, const char *want) {
    struct buf b;
    buf_init(&b, 1000);
    table_shown_cell(t, row, column, &b);
    assert_string_equal(buf_text(&b), want);
    buf_done(&b);
}

static void test_digits_for_people(void **state) {
    (void)state;
    static const double numbers[][5] = {{3, 9.994, 999.94, 2.345, 0.0000014},
                                        {1e15, 9.996, 999.96, -1, 12.345},
                                        {0, 99.96, 0.04, 0, 0}};
    static const char *const want[][5] = {{"3", "9.99", "999.9", "2.35", "0.000001"},
                                          {"1000000000000000", "10.0", "1000", "-1.00", "12.35"},
                                          {"0", "100", "0.0", "0.00", "0.000000"}};
    struct table t;
    table_init(&t, "k", "T", columns, 6);
    for (size_t row = 0; row < 3; row++) {
        table_text(&t, "n");
        for (size_t i = 0; i < 5; i++)
            table_number(&t, numbers[row][i]);
    }
    assert_true(table_ok(&t));
    assert_int_equal(table_rows(&t), 3);
    for (size_t row = 0; row < 3; row++)
        for (size_t i = 0; i < 5; i++)
            shows(&t, row, i + 1, want[row][i]);
    table_done(&t);
}

static void test_unknown_numbers_are_a_dash(void **state) {
    (void)state;
    struct table t;
    table_init(&t, "k", "T", columns, 6);
    table_text(&t, "");
    for (size_t i = 0; i < 5; i++)
        table_number(&t, i % 2 == 0 ? (double)NAN : HUGE_VAL);
    for (size_t i = 1; i < 6; i++)
        shows(&t, 0, i, "\xe2\x80\x93");
    shows(&t, 0, 0, "");
    table_done(&t);
}

static void test_pairs_have_units(void **state) {
    (void)state;
    struct table t;
    table_init_pairs(&t, "k", "T");
    table_pair(&t, "a", "A", TABLE_MS, 1.5);
    table_pair(&t, "b", "B", TABLE_S, 2);
    table_pair(&t, "c", "C", TABLE_COUNT, 3);
    table_pair_text(&t, "d", "D", "\x1b[2J");
    assert_int_equal(table_rows(&t), 4);
    shows(&t, 0, 1, "1.50 ms");
    shows(&t, 1, 1, "2.0 s");
    shows(&t, 2, 1, "3");
    assert_string_equal(table_cell_text(&t, table_at(&t, 3, 0)), "d");
    assert_string_equal(table_cell_text(&t, table_at(&t, 3, 2)),
                        "\x1b[2J"); /* the emitter's business */
    table_done(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits_for_people),
        cmocka_unit_test(test_unknown_numbers_are_a_dash),
        cmocka_unit_test(test_pairs_have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
