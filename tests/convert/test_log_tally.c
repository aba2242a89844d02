/* log_tally: exact while there is room, and within its own bounds when there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "convert/log_tally.h"

#define KEYS 500

/* Counts requests of which key k is about twice as frequent as key 2k, here and by the tally. */
static void count(struct log_tally *t, uint64_t truth[KEYS], int requests) {
    uint32_t state = 1;
    for (int i = 0; i < requests; i++) {
        char text[32];
        state = state * 1664525u + 1013904223u; /* Numerical Recipes, 7.1 */
        uint32_t u = state >> 8;
        uint32_t k = (uint32_t)((double)KEYS * ((double)u / (1 << 24)) * ((double)u / (1 << 24)));
        snprintf(text, sizeof text, "/%u", k);
        truth[k]++;
        assert_true(log_tally_add(t, k % 3, text, strlen(text), k % 5 == 0 ? 404 : 200));
    }
}

static uint32_t key_of(const struct log_entry *x) {
    return (uint32_t)strtoul(x->text + 1, NULL, 10);
}

static void test_exact(void **state) {
    (void)state;
    struct log_tally t;
    uint64_t truth[KEYS] = {0}, before = UINT64_MAX, sum = 0;
    size_t n;
    assert_true(log_tally_init(&t, LOG_TALLY_MAX));
    count(&t, truth, 20000);
    assert_int_equal(t.dropped, 0);
    struct log_entry **all = log_tally_sort(&t, &n);
    for (size_t i = 0; i < n; i++) {
        uint32_t k = key_of(all[i]);
        assert_int_equal(all[i]->count, truth[k]);
        assert_int_equal(all[i]->missed, 0);
        assert_int_equal(all[i]->group, k % 3);
        assert_int_equal(all[i]->failed, k % 5 == 0 ? truth[k] : 0);
        assert_true(all[i]->count <= before);
        before = all[i]->count;
        sum += all[i]->count;
    }
    assert_int_equal(sum, 20000);
    log_tally_done(&t);
}

static void test_bounded(void **state) {
    (void)state;
    struct log_tally t;
    uint64_t truth[KEYS] = {0}, sum = 0, dropped = 0, most = 0;
    size_t n;
    assert_true(log_tally_init(&t, 100));
    count(&t, truth, 20000);
    for (size_t g = 0; g < t.groups; g++)
        dropped += t.dropped_of[g];
    assert_int_equal(dropped, t.dropped);
    assert_true(t.dropped > 0 && t.count <= 100);
    bool kept[KEYS] = {false};
    struct log_entry **all = log_tally_sort(&t, &n);
    for (size_t i = 0; i < n; i++) {
        uint32_t k = key_of(all[i]);
        kept[k] = true;
        assert_true(all[i]->count <= truth[k]);
        assert_true(truth[k] <= all[i]->count + all[i]->missed);
        sum += all[i]->count;
    }
    assert_int_equal(sum + t.dropped, 20000);
    for (uint32_t k = 0; k < KEYS; k++)
        most = !kept[k] && truth[k] > most ? truth[k] : most;
    assert_true(most <= t.floor); /* none that is more frequent is missing */
    log_tally_done(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exact),
                                       cmocka_unit_test(test_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
