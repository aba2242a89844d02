#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure_heat.h"

static void fails(const char *csv, const char *why) {
    struct buf settings, data;
    struct err e = {""};
    char *text = strdup(csv);
    buf_init(&settings, 1 << 16);
    buf_init(&data, 1 << 16);
    assert_int_equal(figure_heat(text, &settings, &data, &e), -1);
    if (strstr(e.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", e.text, why);
    buf_done(&settings);
    buf_done(&data);
    free(text);
}

static void has(const struct buf *b, const char *part) {
    if (strstr(buf_text(b), part) == NULL)
        fail_msg("does not have \"%s\":\n%s", part, buf_text(b));
}

#define HEAD "from_s,to_s,from_ms,to_ms,requests\n"

/* 1, 3 and 4 requests are three levels; 5 to 12.6 ms lie on an axis from 5 to 20 ms. */
static void test_what_gnuplot_gets(void **state) {
    (void)state;
    char csv[] = HEAD "0,1,5,6.3,1\n0,1,10,12.6,3\n1,2,5,6.3,4\n97,,,,\n";
    struct buf settings, data;
    struct err e = {""};
    buf_init(&settings, 1 << 16);
    buf_init(&data, 1 << 16);
    assert_int_equal(figure_heat(csv, &settings, &data, &e), 0);
    assert_string_equal(buf_text(&data), "# from_s to_s from_ms to_ms level\n0 1 5 6.3 0\n"
                                         "0 1 10 12.6 1\n1 2 5 6.3 2\n");
    has(&settings, "set xrange [0:97]");
    has(&settings, "set yrange [5:20]");
    has(&settings, "set logscale y");
    has(&settings, "set cbrange [0:3]\nset cbtics ('1' 0, '2' 1, '4' 2)");
    has(&settings, "set palette maxcolors 3\nset palette defined (0 '#b2cb52', 1 '#006e7e', "
                   "2 '#22005b')");
    has(&settings, "empty = 0");
    buf_done(&settings);
    buf_done(&data);
}

static void test_nothing(void **state) {
    (void)state;
    char csv[] = HEAD "12,,,,\n";
    struct buf settings, data;
    struct err e = {""};
    buf_init(&settings, 1 << 16);
    buf_init(&data, 1 << 16);
    assert_int_equal(figure_heat(csv, &settings, &data, &e), 0);
    has(&settings, "empty = 1");
    assert_int_equal(figure_heat(NULL, &settings, &data, &e), 0);
    buf_done(&settings);
    buf_done(&data);
}

static void test_errors_name_the_line(void **state) {
    (void)state;
    fails(HEAD "0,1,5,6,1\n0,1,5,6,x\n", "line 3");
    fails(HEAD "0,1,5,6\n", "line 2");
    fails(HEAD "-1,1,5,6,1\n", "line 2: not a time of a run");
    fails(HEAD "2,1,5,6,1\n", "line 2: not a time of a run");
    fails(HEAD "1,2,0,6,1\n", "line 2: not a field of a heat map");
    fails(HEAD "1,2,7,6,1\n", "line 2: not a field of a heat map");
    fails(HEAD "1,2,5,6,0\n", "line 2: not a field of a heat map");
    fails(HEAD "1,2,5,6,1e30\n", "line 2: not a field of a heat map");
    fails(HEAD ",,,,\n", "line 2: not a time of a run");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_gnuplot_gets),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_errors_name_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
