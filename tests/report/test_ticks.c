#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "report/ticks.h"
#include "util/buf.h"

/* The labels with a blank between; "." for a small one. */
static void are(const struct ticks *t, const char *expected) {
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < t->count; i++)
        buf_printf(&b, "%s%s", i > 0 ? "|" : "", t->all[i].small ? "." : t->all[i].label);
    assert_string_equal(buf_text(&b), expected);
    buf_done(&b);
}

static void test_linear(void **state) {
    (void)state;
    struct ticks t;
    ticks_linear(&t, 97, 6, false);
    are(&t, "0|20|40|60|80");
    ticks_linear(&t, 10.8, 5, true);
    are(&t, "0|5|10");
    ticks_linear(&t, 2.16, 5, true); /* no half users */
    are(&t, "0|1|2");
    ticks_linear(&t, 0.0108, 5, false);
    are(&t, "0|0.005|0.01");
    ticks_linear(&t, 2500000, 5, false);
    are(&t, "0|500000|1e+06|1.5e+06|2e+06|2.5e+06");
    ticks_linear(&t, 0, 5, false);
    assert_int_equal(t.count, 0);
    ticks_linear(&t, (double)NAN, 5, false);
    assert_int_equal(t.count, 0);
    ticks_linear(&t, DBL_MAX, 5, false);
    assert_in_range(t.count, 2, 6);
}

static void test_latencies(void **state) {
    (void)state;
    struct ticks t;
    ticks_latency(&t, 0.5, 20);
    are(&t, "500 \xc2\xb5s|.|.|.|.|1 ms|2 ms|.|.|5 ms|.|.|.|.|10 ms|20 ms");
    assert_true(fabs(t.all[6].at - 2) < 1e-12);
    ticks_latency(&t, 10, 20000); /* too far apart for 2 and 5 */
    are(&t, "10 ms|.|.|.|.|.|.|.|.|100 ms|.|.|.|.|.|.|.|.|1 s|.|.|.|.|.|.|.|.|10 s|.");
    ticks_latency(&t, 0.001, 1e6); /* too far for small ones */
    are(&t, "1 \xc2\xb5s|10 \xc2\xb5s|100 \xc2\xb5s|1 ms|10 ms|100 ms|1 s|10 s|100 s|1000 s");
    ticks_latency(&t, 1e-300, 1e300);
    assert_int_equal(t.count, TICKS_MAX);
}

static void test_percentiles(void **state) {
    (void)state;
    struct ticks t;
    ticks_percentile(&t, 1000);
    are(&t, "0|50%|90%|99%|99.9%|99.99%|99.999%|99.9999%|99.99999%");
    assert_true(t.all[4].at == 1000);
    ticks_percentile(&t, 1e6); /* not so many of them have room */
    are(&t, "|50%|90%|99%|99.9%|99.99%||99.9999%|");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_latencies),
        cmocka_unit_test(test_percentiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
