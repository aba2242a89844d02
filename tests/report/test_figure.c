/* One gnuplot draws the figures of a report; and what all writers of figures go by. */
#include "report/fixture.h"

#include <math.h>
#include <sys/stat.h>

#include "report/figures.h"

static struct reader *reader;
static struct model *model;
static struct document document; /* with the figures of the report */

static void open_run(const char *name) {
    struct model_options o = {.figures = true};
    struct err e = {""};
    make_run(in_dir(name), 500, false);
    assert_ok(reader_open(in_dir(name), &reader, &e), e);
    assert_ok(model_new(reader, &o, &model, &e), e);
    assert_ok(document_init(&document, model, &e), e);
}

static void close_run(void) {
    document_done(&document);
    model_free(model);
    reader_close(reader);
}

/* It costs half of one for each figure. */
static void test_one_gnuplot_draws_a_whole_report(void **state) {
    (void)state;
    struct figures_result r;
    struct err e = {""};
    char path[4096], before[2048];
    const char *old = getenv("PATH");
    assert_non_null(old);
    snprintf(before, sizeof before, "%s", old);
    open_run("one.db");
    assert_int_equal(mkdir(in_dir("one"), 0755) | mkdir(in_dir("one/data"), 0755) |
                         mkdir(in_dir("bin"), 0755),
                     0);
    FILE *f = fopen(in_dir("bin/gnuplot"), "w");
    assert_non_null(f);
    fputs("#!/bin/sh\necho x >>../starts\nPATH=${PATH#*:}; exec gnuplot \"$@\"\n", f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(in_dir("bin/gnuplot"), 0755), 0);
    snprintf(path, sizeof path, "%s:%s", in_dir("bin"), before);
    setenv("PATH", path, 1);
    int result = figures_draw(in_dir("one"), &document, NULL, &r, &e);
    setenv("PATH", before, 1);
    assert_ok(result, e);
    assert_true(r.drawn);
    struct stat s;
    assert_int_equal(stat(in_dir("one/starts"), &s), 0);
    assert_int_equal(s.st_size, 2); /* one line */
    close_run();
}

/* ---- what all writers go by ---- */

static struct figure over_time(enum axis_unit unit, size_t seconds) {
    return (struct figure){.key = "x",
                           .kind = FIGURE_LINES,
                           .unit = unit,
                           .seconds = seconds,
                           .step_seconds = (size_t)axis_step_seconds((int64_t)seconds)};
}

static struct figure_series *add(struct figure *f, size_t n) {
    struct err e = {""};
    struct figure_series *s = figure_add(f, n, &e);
    assert_non_null(s);
    return s;
}

/* 1201 s are drawn in steps of 5 s; the last step has one. */
static void test_a_long_run_is_folded_into_means(void **state) {
    (void)state;
    struct err e = {""};
    struct figure f = over_time(AXIS_RATE, 1201);
    struct figure_series *s = add(&f, 0);
    for (size_t i = 0; i < 1201; i++)
        s->seconds[i] = (double)i;
    for (size_t i = 5; i < 10; i++)
        s->seconds[i] = (double)NAN;
    s->seconds[10] = (double)NAN;
    assert_ok(figure_finish(&f, &e), e);
    s = &f.series[0];
    assert_int_equal(f.step_seconds, 5);
    assert_int_equal(figure_steps(&f), 241);
    assert_int_equal(s->n, 241);
    assert_true(s->y[0] == 2);      /* of 0 to 4 */
    assert_true(isnan(s->y[1]));    /* of nothing */
    assert_true(s->y[2] == 12.5);   /* of 11 to 14 */
    assert_true(s->y[240] == 1200); /* of itself */
    assert_int_equal(figure_edge_s(&f, 240), 1200);
    assert_int_equal(figure_edge_s(&f, 241), 1201);
    assert_true(f.min == 2 && f.max == 1200);
    struct buf label;
    buf_init(&label, 200);
    figure_time_label(&label, &f);
    assert_string_equal(buf_text(&label), "Time (min), each point the mean of 5 s");
    assert_true(f.x.unit == 60 && f.x.to == 1201 / 60.0);
    buf_done(&label);
    figure_done(&f);
}

/* By hand: of 5000 a line, then 7 endpoints of which two have as many requests. */
static void test_the_busiest_endpoints_have_a_line(void **state) {
    (void)state;
    static const double requests[] = {10, 70, 30, 0, 70, 20, 5, 40, 5000};
    static const size_t expected[] = {8, 1, 4, 7, 2, 5, 0};
    struct err e = {""};
    struct figure f = {.key = "x", .kind = FIGURE_DISTRIBUTION, .unit = AXIS_MS, .step_seconds = 1};
    for (size_t i = 0; i < 9; i++) {
        struct figure_series *s = add(&f, requests[i] > 0 ? 1 : 0);
        s->total = i == 8;
        if (s->n > 0) {
            s->x[0] = requests[i];
            s->y[0] = 7;
        }
    }
    assert_ok(figure_finish(&f, &e), e);
    assert_int_equal(f.drawn_count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(f.drawn[i], expected[i]);
    assert_int_equal(f.endpoints, 7);
    assert_string_equal(f.legend.text, "The 6 of 7 endpoints with the most requests");
    assert_true(f.x.logarithmic && f.x.to == 5000 * 1.05);
    figure_done(&f);
}

static void axis_is(enum axis_unit unit, double min, double median, double max,
                    const struct axis *expected) {
    struct axis a = axis_values(unit, min, median, max);
    assert_int_equal(a.logarithmic, expected->logarithmic);
    assert_true(fabs(a.from - expected->from) < 1e-9);
    if (fabs(a.to - expected->to) > 1e-9)
        fail_msg("to %.9g, not %.9g", a.to, expected->to);
    assert_true(a.unit == expected->unit);
    assert_string_equal(a.suffix, expected->suffix);
}

/* docs/figures.md, "How an axis is chosen". */
static void test_how_an_axis_is_chosen(void **state) {
    (void)state;
    const double none = (double)NAN;
    axis_is(AXIS_MS, 1, 10, 100, &(struct axis){false, 0, 108, 1, " (ms)"});
    axis_is(AXIS_MS, 1, 1500, 2000, &(struct axis){false, 0, 2.16, 1000, " (s)"});
    axis_is(AXIS_MS, 600, 700, 14000, &(struct axis){false, 0, 15.12, 1000, " (s)"});
    axis_is(AXIS_MS, 600, 700, 14001, &(struct axis){true, 500, 20000, 1, " (log scale)"});
    axis_is(AXIS_MS, 0, 0.1, 3, &(struct axis){true, 0.001, 5, 1, " (log scale)"});
    axis_is(AXIS_MS, 0, 0, 50, &(struct axis){false, 0, 54, 1, " (ms)"});
    axis_is(AXIS_MS, none, none, none, &(struct axis){false, 0, 1, 1, " (ms)"});
    axis_is(AXIS_PERCENT, 0, 0, 60, &(struct axis){false, 0, 100, 1, ""});
    axis_is(AXIS_PERCENT, 0, 0, 12.5, &(struct axis){false, 0, 15, 1, ""});
    axis_is(AXIS_PERCENT, 0, 0, 101, &(struct axis){false, 0, 109.08, 1, ""});
    axis_is(AXIS_RATE, 0, 5, 100, &(struct axis){false, 0, 108, 1, ""});
    axis_is(AXIS_COUNT, none, none, none, &(struct axis){false, 0, 1, 1, ""});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_gnuplot_draws_a_whole_report),
        cmocka_unit_test(test_a_long_run_is_folded_into_means),
        cmocka_unit_test(test_the_busiest_endpoints_have_a_line),
        cmocka_unit_test(test_how_an_axis_is_chosen),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
