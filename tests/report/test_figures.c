/* The figures, drawn by the real gnuplot from values made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <math.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/figure_names.h"
#include "report/figure_table.h"
#include "report/figures.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/file.h"

static char root[64]; /* everything a test writes */
static char dir[256]; /* the report */
static char *saved_path;

/* Those of the table; what is in them is the test's. */
/* A section for each row of the table; a test fills those that it is about. */
static struct document document;
static struct figure *figures[32];
static size_t figure_count;

static const double NONE = (double)NAN;

static void make_dirs(const char *name) {
    char data[300];
    snprintf(dir, sizeof dir, "%s/%s", root, name);
    snprintf(data, sizeof data, "%s/data", dir);
    assert_int_equal(mkdir(dir, 0755), 0);
    assert_int_equal(mkdir(data, 0755), 0);
}

static void write_text(const char *name, const char *text, mode_t mode) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* The file's content; freed by the caller. */
static char *read_text(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    struct buf b;
    struct err e;
    buf_init(&b, 1 << 26);
    if (file_read(path, &b, &e) != 0)
        fail_msg("%s", e.text);
    return buf_take(&b);
}

static void assert_has(const char *name, const char *text) {
    char *all = read_text(name);
    if (strstr(all, text) == NULL)
        fail_msg("%s lacks: %s\nIt holds:\n%.3000s", name, text, all);
    free(all);
}

static void assert_lacks(const char *name, const char *text) {
    char *all = read_text(name);
    if (strstr(all, text) != NULL)
        fail_msg("%s holds: %s", name, text);
    free(all);
}

static bool exists(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return access(path, F_OK) == 0;
}

/* Runs a program in DIR/data and returns its exit status. */
static int run(size_t n, const char *const words[]) {
    char data[300];
    snprintf(data, sizeof data, "%s/data", dir);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addchdir_np(&files, data);
    char *argv[12];
    assert_true(n <= sizeof argv / sizeof *argv);
    memcpy(argv, words, n * sizeof *argv);
    pid_t pid;
    int status;
    assert_int_equal(posix_spawnp(&pid, argv[0], &files, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&files);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The words, and the NULL that ends them. */
#define RUN(...)                                                                                   \
    run(sizeof((const char *[]){__VA_ARGS__, NULL}) / sizeof(char *),                              \
        (const char *[]){__VA_ARGS__, NULL})

/* ---- figures ---- */

/* The row of that figure in the table. */
static size_t row_of(const char *key) {
    size_t i = 0;
    while (strcmp(figure_table[i].figure.key, key) != 0)
        i++;
    return i;
}

/* An empty figure of a run of that many seconds, instead of the one before it. */
static struct figure *figure_of(const char *key, size_t seconds) {
    struct figure *f = figures[row_of(key)];
    figure_done(f);
    *f = figure_table[row_of(key)].figure;
    f->seconds = seconds;
    f->step_seconds = (size_t)axis_step_seconds((int64_t)seconds);
    return f;
}

static void finish(struct figure *f) {
    struct err e = {""};
    if (figure_finish(f, &e) != 0)
        fail_msg("%s", e.text);
}

static struct figure_series *add(struct figure *f, size_t n) {
    struct err e = {""};
    struct figure_series *s = figure_add(f, n, &e);
    if (s == NULL)
        fail_msg("%s", e.text);
    return s;
}

/* A figure over time of one or two lines, a value each second. */
static void over_time(const char *key, size_t seconds, const double *first, const double *second) {
    struct figure *f = figure_of(key, seconds);
    const double *const values[] = {first, second};
    for (size_t i = 0; i < 2 && values[i] != NULL; i++)
        memcpy(add(f, 0)->seconds, values[i], seconds * sizeof *first);
    finish(f);
}

#define OVER_TIME(key, n, first, second)                                                           \
    over_time(key, n, (const double[])first, (const double[])second)
#define V(...)                                                                                     \
    { __VA_ARGS__ }

static void gone(const char *key) {
    figure_of(key, 0);
}

/* A line of the distribution: the percentiles 0, 50, 90 and 100, as far as requests have them. */
static void add_line(struct figure *f, const char *label, double requests) {
    static const double inverses[] = {1, 2, 10};
    size_t n = 0;
    while (n < 3 && inverses[n] < requests)
        n++;
    struct figure_series *s = add(f, requests > 0 ? n + 1 : 0);
    s->label = strdup(label);
    s->total = strcmp(label, MODEL_AGGREGATED) == 0;
    for (size_t i = 0; i < s->n; i++) {
        s->x[i] = i < n ? inverses[i] : requests;
        s->percentile[i] = i < n ? 100 - 100 / inverses[i] : 100;
        s->y[i] = 10 + 5 * log(s->x[i]);
    }
}

/* Puts a point into the figure cold_starts. */
static void add_point(struct points *p, enum points_kind kind, double at_s, double ms) {
    struct err e = {""};
    if (points_add(p, kind, (int64_t)(at_s * 1e6), (int64_t)(ms * 1e3), &e) != 0)
        fail_msg("%s", e.text);
}

/* The four that every run has, with something small; a test fills those that it is about. */
static void small_run(void) {
    for (size_t i = 0; i < figure_count; i++)
        gone(figures[i]->key);
    OVER_TIME("requests_per_second", 3, V(3, 4, 5), V(0, 1, 0));
    OVER_TIME("response_time", 3, V(10, 11, 12), V(20, 19, 30));
    over_time("users", 3, (const double[]){1, 2, 2}, NULL);
    struct figure *f = figure_of("latency_distribution", 3);
    add_line(f, "/", 12);
    add_line(f, MODEL_AGGREGATED, 12);
    finish(f);
}

static const char *const always[] = {"requests_per_second", "response_time", "users",
                                     "latency_distribution"};
#define ALWAYS (sizeof always / sizeof *always)

static void draw_well(void) {
    struct figures_result r;
    struct err e = {.text = "untouched"};
    if (figures_draw(dir, &document, NULL, &r, &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(e.text, "untouched");
    assert_false(r.gnuplot_missing);
    assert_string_equal(r.note, ""); /* gnuplot had no warning */
    assert_true(r.drawn);
    for (size_t i = 0; i < ALWAYS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.png", always[i]);
        char path[512];
        snprintf(path, sizeof path, "%s/%s", dir, name);
        unsigned char head[24] = {0};
        int fd = open(path, O_RDONLY);
        assert_true(fd >= 0);
        assert_int_equal(read(fd, head, sizeof head), sizeof head);
        close(fd);
        assert_memory_equal(head, "\x89PNG\r\n\x1a\n", 8);
        assert_int_equal(head[18] << 8 | head[19], 1400); /* IHDR's width */
        assert_in_range(head[22] << 8 | head[23], 700, 1500);
    }
    /* An SVG, with texts that are text. */
    assert_int_equal(RUN("sh", "-c",
                         "for f; do [ \"$(xmllint --nonet --xpath \"name(/*) = 'svg' and "
                         "count(//*[name() = 'text']) > 0\" ../$f.svg)\" = true ] || exit 1; done",
                         "sh", always[0], always[1], always[2], always[3]),
                     0);
}

static int draw_badly(const struct figures_options *o, struct err *e) {
    struct figures_result r;
    memset(&r, 0x5a, sizeof r);
    struct figures_result before = r;
    int result = figures_draw(dir, &document, o, &r, e);
    assert_memory_equal(&r, &before, sizeof r);
    return result;
}

/* The paper's run: 97 s, ten users, the first answers after 18 s, then about 700 ms. */
static void paper_run(double cold_ms) {
    enum { SECONDS = 97, COLD = 18 };
    double rate[SECONDS], none[SECONDS] = {0}, median[SECONDS], p95[SECONDS], users[SECONDS];
    static const char *const names[] = {"/", "/predict", MODEL_AGGREGATED};
    for (int s = 0; s < SECONDS; s++) {
        rate[s] = s < COLD ? 0 : 6;
        users[s] = s < 10 ? s + 1 : 10;
        median[s] = s < COLD ? NONE : 700;
        p95[s] = s < COLD ? NONE : s == COLD ? cold_ms : 900;
    }
    over_time("requests_per_second", SECONDS, rate, none);
    over_time("response_time", SECONDS, median, p95);
    over_time("users", SECONDS, users, NULL);
    struct figure *f = figure_of("latency_distribution", SECONDS);
    for (size_t i = 0; i < 3; i++) {
        add_line(f, names[i], 400);
        for (size_t k = 0; k < 3; k++)
            f->series[i].y[k] = 600 + 60 * log(f->series[i].x[k]);
        f->series[i].y[3] = cold_ms;
    }
    finish(f);
}

static void test_a_cold_start_makes_the_axis_logarithmic(void **state) {
    (void)state;
    make_dirs("paper");
    paper_run(19000);
    draw_well();
    assert_has("response_time.svg", "<text>Response time (log scale)</text>");
    assert_has("response_time.svg", "<text>500 ms</text>"); /* 700 ms is above it */
    assert_has("response_time.svg", "<text>20 s</text>");
    assert_has("response_time.svg", "<text>median</text>");
    assert_has("response_time.svg", "<text>95th percentile</text>");
    assert_has("response_time.svg", "<text>Time (s)</text>");
    assert_has("latency_distribution.svg", "<text>Response time (log scale)</text>");
    assert_has("latency_distribution.svg", "<text>99%</text>");
    assert_has("latency_distribution.svg", "<text>/predict</text>");
    assert_has("requests_per_second.svg", "<text>Requests per second</text>");
    assert_has("users.svg", "<text>Virtual users</text>");
}

static void test_the_axis_is_linear_up_to_20_times_the_median(void **state) {
    (void)state;
    make_dirs("linear");
    paper_run(14000); /* 20 * 700 */
    draw_well();
    assert_has("response_time.svg", "<text>Response time (s)</text>");
    paper_run(1900);
    draw_well();
    assert_has("response_time.svg", "<text>Response time (ms)</text>");
    paper_run(14001);
    draw_well();
    assert_has("response_time.svg", "<text>Response time (log scale)</text>");
}

static void test_seconds_without_requests_are_gaps(void **state) {
    (void)state;
    make_dirs("gaps");
    small_run();
    OVER_TIME("response_time", 8, V(1, 1, NONE, 5, NONE, NONE, NONE, 8),
              V(2, 2, NONE, 6, NONE, NONE, NONE, 9));
    draw_well();
    /* start, middle, median, 95th percentile, and both again where they have no neighbour */
    assert_has("data/response_time.dat", "\n1 1.5 1 2 NaN NaN\n2 2.5 NaN NaN NaN NaN\n"
                                         "3 3.5 5 6 5 6\n4 4.5 NaN NaN NaN NaN\n"
                                         "5 5.5 NaN NaN NaN NaN\n6 6.5 NaN NaN NaN NaN\n"
                                         "7 7.5 8 9 8 9\n");
}

static void test_a_run_of_one_second_or_one_request(void **state) {
    (void)state;
    make_dirs("one");
    OVER_TIME("requests_per_second", 1, V(1), V(0));
    OVER_TIME("response_time", 1, V(12.5), V(12.5));
    over_time("users", 1, (const double[]){1}, NULL);
    struct figure *f = figure_of("latency_distribution", 1);
    add_line(f, "/", 1);
    add_line(f, MODEL_AGGREGATED, 1);
    finish(f);
    draw_well();
}

static void test_a_run_without_requests_is_an_empty_frame(void **state) {
    (void)state;
    make_dirs("none");
    OVER_TIME("requests_per_second", 0, V(0), V(0));
    OVER_TIME("response_time", 2, V(NONE, NONE), V(NONE, NONE));
    over_time("users", 0, (const double[]){0}, NULL);
    struct figure *f = figure_of("latency_distribution", 0);
    add_line(f, MODEL_AGGREGATED, 0);
    finish(f);
    draw_well();
    assert_has("requests_per_second.svg", "<text>no requests</text>");
    assert_has("response_time.svg", "<text>no requests</text>");
    assert_has("latency_distribution.svg", "<text>no requests</text>");
    assert_has("users.svg", "<text>no users</text>");
    assert_has("data/users.gp", "set ytics 1\n"); /* of no users no half ones */
}

static void test_answers_of_zero_time(void **state) {
    (void)state;
    make_dirs("zero");
    small_run();
    OVER_TIME("response_time", 2, V(0, 0), V(0, 0));
    draw_well();
    OVER_TIME("response_time", 3, V(0, 0.1, 1), V(9, 9, 9000));
    draw_well();
    assert_has("response_time.svg", "<text>Response time (log scale)</text>");
}

static void test_a_day_is_drawn_in_steps(void **state) {
    (void)state;
    make_dirs("day");
    small_run();
    enum { SECONDS = 86400 };
    static double rate[SECONDS], failed[SECONDS], median[SECONDS], p95[SECONDS], users[SECONDS];
    for (int s = 0; s < SECONDS; s++) {
        rate[s] = s;
        failed[s] = 1;
        users[s] = s / 3600;
        median[s] = s / 3600 == 5 ? NONE : 20 + s % 7;
        p95[s] = s / 3600 == 5 ? NONE : 90 + s % 11;
    }
    over_time("requests_per_second", SECONDS, rate, failed);
    over_time("response_time", SECONDS, median, p95);
    over_time("users", SECONDS, users, NULL);
    draw_well();
    /* 86400 s in steps of 300 s; the mean of 0..299 is 149.5, of 86100..86399 it is 86249.5 */
    assert_has("data/requests_per_second.dat", "\n0 150 149.5 1 NaN NaN\n");
    assert_has("data/requests_per_second.dat", "\n86100 86250 86249.5 1 NaN NaN\n");
    assert_has("data/response_time.dat", "\n18000 18150 NaN NaN NaN NaN\n");
    assert_has("response_time.svg", "<text>Time (h), each point the mean of 5 min</text>");
    char *svg = read_text("response_time.svg");
    assert_true(strlen(svg) < 100000);
    free(svg);
}

static int count_entries(const char *path) {
    DIR *d = opendir(path);
    assert_non_null(d);
    int n = 0;
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n - 2;
}

static void assert_nothing_was_run(void) {
    char data[300];
    snprintf(data, sizeof data, "%s/data", dir);
    assert_int_equal(count_entries(dir), 3 * ALWAYS + 1);  /* svg, png, pdf; data */
    assert_int_equal(count_entries(data), 2 * ALWAYS + 1); /* dat, gp; style.gp */
    assert_int_equal(access("HACKED", F_OK), -1);
}

static void draw_endpoints(const char *const names[], size_t n) {
    struct figure *f = figure_of("latency_distribution", 3);
    for (size_t i = 0; i < n; i++)
        add_line(f, names[i], 1000 - (double)i);
    add_line(f, MODEL_AGGREGATED, 5000);
    for (size_t i = 0; i < n; i++)
        f->series[i].total = false; /* an endpoint may be called so */
    finish(f);
    draw_well();
    assert_nothing_was_run();
}

static void test_hostile_names_are_only_text(void **state) {
    (void)state;
    make_dirs("a \"b\" 'c' `touch HACKED` $(touch HACKED)");
    small_run();
    static const char *const first[] = {"`touch HACKED`", "$(touch HACKED)", "\"a\" 'b'",
                                        "line\nbreak",    "100% %s %n %5$d", "a,b,c"};
    draw_endpoints(first, 6);
    assert_has("latency_distribution.svg", "<text>`touch HACKED`</text>");
    assert_has("latency_distribution.svg", "<text>$(touch HACKED)</text>");
    assert_has("latency_distribution.svg", "<text>'a' 'b'</text>");
    assert_has("latency_distribution.svg", "<text>line\\x0abreak</text>");
    assert_has("latency_distribution.svg", "<text>100% %s %n %5$d</text>");
    assert_has("latency_distribution.svg", "<text>a,b,c</text>");

    static const char *const second[] = {
        "{/Symbol a}^b_c@d @data", "\"; system(\"touch HACKED\"); \"",
        "</text><script>&amp;",    "back\\slash\\n\\",
        "\x01\x1b[31m\xff\xc3",    ""};
    draw_endpoints(second, 6);
    assert_has("latency_distribution.svg", "<text>{/Symbol a}^b_c@d @data</text>");
    assert_has("latency_distribution.svg", "<text>back\\slash\\n\\</text>");
    assert_has("latency_distribution.svg", "<text>(no name)</text>");
    assert_lacks("latency_distribution.svg", "<script>");
    assert_lacks("latency_distribution.svg", "\x1b");

    char lengthy[5001];
    memset(lengthy, 'x', 5000);
    lengthy[5000] = '\0';
    const char *const third[] = {lengthy,      "# no comment",  "NaN", "/p\u00e4th/\u4e2d\u6587",
                                 "Aggregated", "EOD\n\n\n1 1\n"};
    draw_endpoints(third, 6);
    assert_has("latency_distribution.svg", "<text># no comment</text>");
    assert_has("latency_distribution.svg", "<text>/p\u00e4th/\u4e2d\u6587</text>");
    assert_lacks("latency_distribution.svg", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"); /* 41 */
}

static void test_of_sixty_endpoints_the_busiest_six_are_drawn(void **state) {
    (void)state;
    make_dirs("sixty");
    small_run();
    char names[60][80];
    const char *pointers[60];
    for (int i = 0; i < 60; i++) {
        snprintf(names[i], sizeof names[i], "/api/v1/%02d/a/path/longer/than/any/legend/is/%02d", i,
                 i);
        pointers[59 - i] = names[i]; /* the last has the most requests */
    }
    draw_endpoints(pointers, 60);
    assert_has("latency_distribution.svg",
               "<text>The 6 of 60 endpoints with the most requests</text>");
    assert_has("latency_distribution.svg", "<text>Aggregated</text>");
    assert_has("latency_distribution.svg", "/api/v1/59");
    assert_has("latency_distribution.svg", "/api/v1/54");
    assert_lacks("latency_distribution.svg", "/api/v1/53");
}

static void test_names_fit_a_legend(void **state) {
    (void)state;
    static const struct {
        const char *name, *shown, *plain;
    } cases[] = {
        {"/predict", "/predict", "/predict"},
        {"say \"x\"", "say 'x'", "say 'x'"},
        {"a\tb\r\nc", "a b  c", "a b  c"},
        {" \n ", "(no name)", "(no name)"},
        {"\xff\xc0\xaf", "???", "???"}, /* no UTF-8, and an overlong slash */
        {"\xed\xa0\x80", "???", "???"}, /* a surrogate */
        {"x\u202ey", "x y", "x y"},     /* turns the writing */
        {"/\u4e2d", "/\u4e2d", "/?"},   /* not in every font */
        {"\u03bb \u0416", "\u03bb \u0416", "\u03bb \u0416"},
        {"0123456789012345678901234567890123456789", "0123456789012345678901234567890123456789",
         "0123456789012345678901234567890123456789"},
        {"0123456789012345678X01234567890123456789Z", "0123456789012345678…1234567890123456789Z",
         "0123456789012345678…1234567890123456789Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf shown, plain;
        buf_init(&shown, 1000);
        buf_init(&plain, 1000);
        figure_names_shown(&shown, cases[i].name);
        figure_names_plain(&plain, buf_text(&shown));
        assert_string_equal(buf_text(&shown), cases[i].shown);
        assert_string_equal(buf_text(&plain), cases[i].plain);
        buf_done(&shown);
        buf_done(&plain);
    }
}

static void test_a_user_can_draw_it_again(void **state) {
    (void)state;
    make_dirs("again");
    small_run();
    draw_well();
    for (size_t i = 0; i < ALWAYS; i++) {
        char svg[64], script[64], path[512];
        snprintf(svg, sizeof svg, "%s.svg", always[i]);
        snprintf(script, sizeof script, "%s.gp", always[i]);
        snprintf(path, sizeof path, "%s/%s", dir, svg);
        char *before = read_text(svg);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(RUN("gnuplot", script), 0);
        char *after = read_text(svg);
        assert_string_equal(after, before);
        free(before);
        free(after);
    }
}

static void draw_some(void) {
    struct figures_result r;
    struct err e = {""};
    if (figures_draw(dir, &document, NULL, &r, &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(r.note, ""); /* gnuplot had no warning */
    assert_true(r.drawn);
}

static void test_the_servers_figures_are_drawn_where_there_are_data(void **state) {
    (void)state;
    struct points *p = NULL;
    struct err e = {""};
    make_dirs("server");
    small_run();
    draw_some();
    assert_false(exists("data/all_figures.gp"));

    OVER_TIME("instance_count", 3, V(NONE, 1, 3), V(NONE, 0, 2));
    over_time("memory_utilization", 3, (const double[]){NONE, 12.5, NONE}, NULL);
    over_time("cpu_utilization", 3, (const double[]){101, 60, 50}, NULL);
    if (points_new(3000000, &p, &e) != 0)
        fail_msg("%s", e.text);
    add_point(p, POINTS_COLD, 0.5, 900);
    add_point(p, POINTS_WARM, 1.25, 10);
    add_point(p, POINTS_WARM, 2, 12);
    struct figure *f = figure_of("cold_starts", 3);
    f->points = p;
    finish(f);
    draw_some();
    assert_true(exists("instance_count.svg") && exists("cold_starts.svg"));
    assert_false(exists("request_latency.svg"));
    assert_has("data/instance_count.dat", "0 NaN NaN\n1 NaN NaN\n1 1 0\n2 1 0\n2 3 2\n3 3 2\n");
    assert_has("data/cpu_utilization.gp", "set yrange [0:109.08]");
    assert_has("data/memory_utilization.gp", "set yrange [0:15]");
    /* The same time as the client's figures, and no kind in the legend that is not there. */
    assert_has("data/cold_starts.gp", "set xrange [0:3]");
    assert_has("data/cold_starts.gp", "unknown = 0\n");
    assert_has("data/cold_starts.gp", "log scale");
    assert_has("cold_starts.svg", ">cold<");
    assert_lacks("cold_starts.svg", ">unknown<");
    assert_has("all_figures.svg", "Fig. 5. ");
    assert_lacks("all_figures.svg", "Fig. 8. ");

    /* Data that went take their pictures along. */
    gone("instance_count");
    gone("memory_utilization");
    gone("cpu_utilization");
    draw_some();
    assert_true(exists("cold_starts.svg")); /* as a guess of the client it stands alone */
    assert_false(exists("instance_count.svg"));
    assert_false(exists("data/instance_count.dat"));
    assert_false(exists("all_figures.png"));

    /* The client may guess that there were none. */
    p->count = 0;
    f = figure_of("cold_starts", 3);
    f->points = p;
    finish(f);
    draw_some();
    assert_has("cold_starts.svg", "no requests");
    gone("cold_starts");
    points_free(p);
}

/* 1, 3 and 4 requests are three levels, which a colour each and a label where it begins. */
static void test_what_gnuplot_gets_of_a_heat_map(void **state) {
    (void)state;
    struct heatmap *h = NULL;
    struct err e = {""};
    make_dirs("heat");
    small_run();
    if (heatmap_new(97000000, &h, &e) != 0)
        fail_msg("%s", e.text);
    struct figure *f = figure_of("latency_heatmap", 97);
    f->heat = h;
    finish(f);
    draw_some();
    assert_has("latency_heatmap.svg", "no requests");

    heatmap_add(h, 500000, 5050);
    for (int i = 0; i < 3; i++)
        heatmap_add(h, 500000, 12500);
    for (int i = 0; i < 4; i++)
        heatmap_add(h, 1500000, 5050);
    f = figure_of("latency_heatmap", 97);
    f->heat = h;
    finish(f);
    draw_some();
    assert_has("data/latency_heatmap.dat", "# from_s to_s from_ms to_ms level\n0 1 5.01187234 ");
    assert_has("data/latency_heatmap.gp", "set xrange [0:97]");
    assert_has("data/latency_heatmap.gp", "set yrange [5:20]");
    assert_has("data/latency_heatmap.gp", "set logscale y");
    assert_has("data/latency_heatmap.gp", "set cbrange [0:3]\nset cbtics ('1' 0, '2' 1, '4' 2)");
    assert_has("data/latency_heatmap.gp",
               "set palette maxcolors 3\nset palette defined (0 '#b2cb52', 1 '#006e7e', "
               "2 '#22005b')");
    gone("latency_heatmap");
    heatmap_free(h);
}

static void test_without_gnuplot_a_note_says_what_to_install(void **state) {
    (void)state;
    make_dirs("missing");
    small_run();
    draw_well();
    /* A program in the directory of the data must not be taken for it. */
    write_text("data/gnuplot", "#!/bin/sh\ntouch HACKED\n", 0755);
    char data[300], here[PATH_MAX];
    snprintf(data, sizeof data, "%s/data", dir);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(data), 0);
    static const char *const paths[] = {"", ".", ":", "/nonexistent::.", NULL};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (paths[i] != NULL)
            setenv("PATH", paths[i], 1);
        else
            unsetenv("PATH");
        struct figures_result r;
        struct err e;
        assert_int_equal(figures_draw(dir, &document, NULL, &r, &e), 0);
        assert_true(r.gnuplot_missing);
        assert_non_null(strstr(r.note, "apt-get install gnuplot-nox"));
        assert_false(r.drawn);
        assert_false(exists("data/HACKED"));
        assert_false(exists("users.svg")); /* older than its data */
        assert_true(exists("data/users.gp"));
    }
    assert_int_equal(chdir(here), 0);
}

/* Puts a program called gnuplot in front of the real one. */
static void fake_gnuplot(const char *script) {
    char path[512];
    write_text("gnuplot", script, 0755);
    snprintf(path, sizeof path, "%s:%s", dir, saved_path);
    setenv("PATH", path, 1);
}

static void test_gnuplots_own_words_are_in_the_error(void **state) {
    (void)state;
    make_dirs("failing");
    small_run();
    struct err e;
    fake_gnuplot("#!/bin/sh\nprintf 'plot x\\n    ^\\n\\033[2J it broke\\n' >&2\nexit 3\n");
    assert_int_equal(draw_badly(NULL, &e), -1);
    assert_non_null(strstr(e.text, "status 3: plot x; \\x1b[2J it broke"));
    assert_non_null(strstr(e.text, "requests_per_second.gp"));
    assert_null(strchr(e.text, '\x1b'));

    fake_gnuplot("#!/bin/sh\nkill -9 $$\n");
    assert_int_equal(draw_badly(NULL, &e), -1);
    assert_non_null(strstr(e.text, "signal 9"));

    fake_gnuplot("#!/bin/sh\nexit 0\n");
    assert_int_equal(draw_badly(NULL, &e), -1);
    assert_non_null(strstr(e.text, "created no figure"));

    fake_gnuplot("#!/bin/sh\nhead -c 300000 /dev/zero | tr '\\0' y >&2\nexit 1\n");
    assert_int_equal(draw_badly(NULL, &e), -1);
    assert_non_null(strstr(e.text, "status 1: yyyy"));
}

static void test_the_real_gnuplot_fails_on_a_broken_terminal(void **state) {
    (void)state;
    make_dirs("broken");
    small_run();
    struct err e;
    /* As a gnuplot built without cairo would. */
    fake_gnuplot("#!/bin/sh\nsed -i s/pngcairo/nocairo/ style.gp\n"
                 "PATH=${PATH#*:}; exec gnuplot \"$@\"\n");
    assert_int_equal(draw_badly(NULL, &e), -1);
    if (strstr(e.text, "unknown or ambiguous terminal") == NULL)
        fail_msg("%s", e.text);
    assert_false(exists("requests_per_second.svg")); /* no half of a pair */
}

/* One gnuplot draws them all: what it says is of the figure at fault alone. */
static void test_the_figure_that_fails_is_named_and_those_before_it_stay(void **state) {
    (void)state;
    make_dirs("third");
    small_run();
    struct err e;
    fake_gnuplot("#!/bin/sh\n"
                 "echo 'print \"a warning\"' >>requests_per_second.gp\n"
                 "echo 'no_such_command' >>users.gp\n"
                 "PATH=${PATH#*:}; exec gnuplot \"$@\"\n");
    assert_int_equal(draw_badly(NULL, &e), -1);
    char start[400];
    snprintf(start, sizeof start,
             "cannot draw %s/data/users.gp: gnuplot failed with status 1: ", dir);
    if (strncmp(e.text, start, strlen(start)) != 0 || strstr(e.text, "a warning") != NULL ||
        strstr(e.text, "invalid command") == NULL)
        fail_msg("%s", e.text);
    assert_true(exists("requests_per_second.svg") && exists("response_time.png"));
    assert_false(exists("users.svg") || exists("users.png"));
    assert_false(exists("latency_distribution.svg")); /* it was not its turn */

    /* Words of figures that were drawn are a note, each once. */
    fake_gnuplot("#!/bin/sh\n"
                 "echo 'print \"one\"' >>requests_per_second.gp\n"
                 "echo 'print \"two\"' >>users.gp\n"
                 "PATH=${PATH#*:}; exec gnuplot \"$@\"\n");
    struct figures_result r;
    assert_int_equal(figures_draw(dir, &document, NULL, &r, &e), 0);
    assert_string_equal(r.note, "one; two");
}

static void test_left_out_there_are_data_and_scripts(void **state) {
    (void)state;
    make_dirs("leave");
    small_run();
    draw_well();
    struct figures_result r;
    struct err e;
    assert_int_equal(
        figures_draw(dir, &document, &(struct figures_options){.leave_out = true}, &r, &e), 0);
    assert_false(r.gnuplot_missing || r.drawn);
    assert_string_equal(r.note, "");
    assert_false(exists("users.svg")); /* older than its data */
    assert_int_equal(RUN("gnuplot", "users.gp"), 0);
    assert_true(exists("users.svg"));
}

static void test_a_gnuplot_that_hangs_is_stopped(void **state) {
    (void)state;
    make_dirs("hanging");
    small_run();
    struct err e;
    /* It closes its output, so that only the clock can tell. */
    fake_gnuplot("#!/bin/sh\nexec sleep 1000 2>&-\n");
    assert_int_equal(draw_badly(&(struct figures_options){.timeout_ns = 200 * NS_PER_MS}, &e), -1);
    assert_non_null(strstr(e.text, "gnuplot took more than 200ms and was stopped"));
    /* After the second figure. More ends than there are figures change nothing. */
    fake_gnuplot("#!/bin/sh\nprintf '\\001\\n\\001\\n' >&2; exec sleep 1000\n");
    assert_int_equal(draw_badly(&(struct figures_options){.timeout_ns = 200 * NS_PER_MS}, &e), -1);
    assert_non_null(strstr(e.text, "/users.gp: gnuplot took more than 200ms"));
    fake_gnuplot("#!/bin/sh\nyes \001 | head -n 100 >&2; exit 1\n");
    assert_int_equal(draw_badly(NULL, &e), -1);
    assert_non_null(strstr(e.text, "latency_distribution.gp: gnuplot failed with status 1"));
}

static void test_what_cannot_be_written_is_named(void **state) {
    (void)state;
    struct err e;
    make_dirs("bad");
    small_run();
    char path[512];
    snprintf(path, sizeof path, "%s/users.svg", dir);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(draw_badly(NULL, &e), -1);
    assert_non_null(strstr(e.text, path));
    assert_int_equal(rmdir(path), 0);

    snprintf(path, sizeof path, "%s/data/users.gp", dir);
    unlink(path);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(draw_badly(NULL, &e), -1);
    assert_non_null(strstr(e.text, path));
    assert_int_equal(rmdir(path), 0);
}

static int set_up(void **state) {
    (void)state;
    snprintf(root, sizeof root, "/tmp/coldswarm-figures-XXXXXX");
    if (mkdtemp(root) == NULL)
        return -1;
    saved_path = strdup(getenv("PATH"));
    if (saved_path == NULL)
        return -1;
    for (; figure_table[figure_count].figure.key != NULL; figure_count++) {
        const struct figure *row = &figure_table[figure_count].figure;
        if ((figures[figure_count] = document_add_figure(&document, row, NULL)) == NULL)
            return -1;
    }
    return 0;
}

static int restore_path(void **state) {
    (void)state;
    return setenv("PATH", saved_path, 1);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at) {
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static int tear_down(void **state) {
    (void)state;
    free(saved_path);
    document_done(&document);
    return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void) {
#define TEST(f) cmocka_unit_test_teardown(f, restore_path)
    const struct CMUnitTest tests[] = {
        TEST(test_a_cold_start_makes_the_axis_logarithmic),
        TEST(test_the_axis_is_linear_up_to_20_times_the_median),
        TEST(test_seconds_without_requests_are_gaps),
        TEST(test_a_run_of_one_second_or_one_request),
        TEST(test_a_run_without_requests_is_an_empty_frame),
        TEST(test_answers_of_zero_time),
        TEST(test_a_day_is_drawn_in_steps),
        TEST(test_hostile_names_are_only_text),
        TEST(test_of_sixty_endpoints_the_busiest_six_are_drawn),
        TEST(test_names_fit_a_legend),
        TEST(test_a_user_can_draw_it_again),
        TEST(test_the_servers_figures_are_drawn_where_there_are_data),
        TEST(test_what_gnuplot_gets_of_a_heat_map),
        TEST(test_without_gnuplot_a_note_says_what_to_install),
        TEST(test_gnuplots_own_words_are_in_the_error),
        TEST(test_the_real_gnuplot_fails_on_a_broken_terminal),
        TEST(test_the_figure_that_fails_is_named_and_those_before_it_stay),
        TEST(test_left_out_there_are_data_and_scripts),
        TEST(test_a_gnuplot_that_hangs_is_stopped),
        TEST(test_what_cannot_be_written_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
