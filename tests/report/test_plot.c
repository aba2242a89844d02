#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "report/plot.h"

static const double NONE = (double)NAN;

static void begin(struct plot *p, struct buf *b) {
    buf_init(b, 1 << 16);
    plot_begin(p, b, (struct plot_scale){false, 0, 100}, (struct plot_scale){true, 1, 1000},
               "a \"picture\" & more");
    assert_non_null(strstr(buf_text(b), "aria-label=\"a &quot;picture&quot; &amp; more\""));
    buf_clear(b);
}

/* The plane is 414 wide from 56 on and 210 high up from 236: a decade is 70. */
static void test_where_values_are(void **state) {
    (void)state;
    struct plot p;
    struct buf b;
    begin(&p, &b);
    assert_true(fabs(plot_x(&p, 0) - 56) < 1e-9);
    assert_true(fabs(plot_x(&p, 50) - 263) < 1e-9);
    assert_true(fabs(plot_x(&p, 1000) - 470) < 1e-9); /* beyond the end: at it */
    assert_true(fabs(plot_y(&p, 1) - 236) < 1e-9);
    assert_true(fabs(plot_y(&p, 100) - 96) < 1e-9);
    assert_true(fabs(plot_y(&p, 0) - 236) < 1e-9); /* which a logarithm does not have */
    buf_done(&b);
}

static void test_gaps_and_lone_points(void **state) {
    (void)state;
    static const double x[] = {0, 10, 20, 30, 40, 50}, y[] = {1, 10, NONE, 100, NONE, 1000};
    struct plot p;
    struct buf b;
    begin(&p, &b);
    plot_line(&p, "s1", x, y, 6);
    assert_string_equal(buf_text(&b), "<path class=\"s1\" d=\"M0 0M56 236L97.4 166M180.2 96h0"
                                      "M263 26h0\"/>\n");
    buf_done(&b);
}

static void test_steps(void **state) {
    (void)state;
    static const double edges[] = {0, 25, 50, 75, 100}, y[] = {1, 1, 10, NONE};
    struct plot p;
    struct buf b;
    begin(&p, &b);
    plot_steps(&p, "s1", edges, y, 4);
    assert_string_equal(buf_text(&b), "<path class=\"s1\" d=\"M0 0M56 236H263V166H366.5\"/>\n");
    buf_clear(&b);
    plot_path_begin(&p, "h1");
    plot_field(&p, 0, 50, 1, 10);
    plot_path_end(&p);
    assert_string_equal(buf_text(&b), "<path class=\"h1\" d=\"M0 0M56 236H263V166H56z\"/>\n");
    buf_done(&b);
}

static void test_ticks_outside_are_left_out(void **state) {
    (void)state;
    struct plot p;
    struct buf b;
    struct ticks x, y;
    begin(&p, &b);
    ticks_linear(&x, 120, 6, false);
    ticks_latency(&y, 1, 5000);
    plot_axes(&p, &x, "Time <s>", &y, "ms");
    assert_non_null(strstr(buf_text(&b), "<text class=\"tx\" x=\"387.2\" y=\"254\">80</text>"));
    assert_non_null(strstr(buf_text(&b), "<text class=\"ty\" x=\"470\" y=\"254\">100</text>"));
    assert_null(strstr(buf_text(&b), ">120<"));
    assert_non_null(strstr(buf_text(&b), "<text class=\"ty\" x=\"49\" y=\"30\">1 s</text>"));
    assert_null(strstr(buf_text(&b), ">5 s<"));
    assert_non_null(strstr(buf_text(&b), "Time &lt;s&gt;"));
    buf_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_values_are),
        cmocka_unit_test(test_gaps_and_lone_points),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_ticks_outside_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
