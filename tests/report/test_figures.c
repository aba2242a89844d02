/* The figures, drawn by the real gnuplot from data made here. */
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

#include "report/figure_lines.h"
#include "report/figures.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/file.h"

static char root[64]; /* everything a test writes */
static char dir[256]; /* the report */
static char *saved_path;

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
    char *argv[8];
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

/* Fills the other files with something small, so that a test writes only its own. */
static void write_small_run(void) {
    write_text("data/requests_per_second.csv",
               "second,requests_per_second,failures_per_second\n0,3,0\n1,4,1\n2,5,0\n", 0644);
    write_text("data/response_time.csv", "second,median_ms,p95_ms\n0,10,20\n1,11,19\n2,12,30\n",
               0644);
    write_text("data/users.csv", "second,users\n0,1\n1,2\n2,2\n", 0644);
    write_text("data/latency_distribution.csv",
               "endpoint,percentile,inverse,latency_ms\n"
               "/,0,1,9\n/,50,2,11\n/,100,12,30\n"
               "Aggregated,0,1,9\nAggregated,50,2,11\nAggregated,100,12,30\n",
               0644);
}

static void draw_well(void) {
    struct figures_result r;
    struct err e = {.text = "untouched"};
    if (figures_draw(dir, NULL, &r, &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(e.text, "untouched");
    assert_false(r.gnuplot_missing);
    assert_string_equal(r.note, ""); /* gnuplot had no warning */
    for (enum figure f = 0; f < FIGURE_ALWAYS; f++) {
        assert_true(r.drawn[f]);
        char name[64];
        snprintf(name, sizeof name, "%s.png", figure_name(f));
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
    assert_int_equal(RUN("python3", "-c",
                         "import sys, xml.dom.minidom as m\n"
                         "for name in sys.argv[1:]:\n"
                         "  d = m.parse('../' + name + '.svg')\n"
                         "  assert d.documentElement.tagName == 'svg'\n"
                         "  assert d.getElementsByTagName('text'), 'text is not text'\n",
                         figure_name(0), figure_name(1), figure_name(2), figure_name(3)),
                     0);
}

static int draw_badly(const struct figures_options *o, struct err *e) {
    struct figures_result r;
    memset(&r, 0x5a, sizeof r);
    struct figures_result before = r;
    int result = figures_draw(dir, o, &r, e);
    assert_memory_equal(&r, &before, sizeof r);
    return result;
}

/* The paper's run: 97 s, ten users, the first answers after 18 s, then about 700 ms. */
static void write_paper_run(double cold_ms) {
    struct buf rps, times, users, lines;
    buf_init(&rps, 1 << 20);
    buf_init(&times, 1 << 20);
    buf_init(&users, 1 << 20);
    buf_init(&lines, 1 << 20);
    buf_str(&rps, "second,requests_per_second,failures_per_second\n");
    buf_str(&times, "second,median_ms,p95_ms\n");
    buf_str(&users, "second,users\n");
    buf_str(&lines, "endpoint,percentile,inverse,latency_ms\n");
    for (int s = 0; s < 97; s++) {
        buf_printf(&rps, "%d,%d,0\n", s, s < 18 ? 0 : 6);
        buf_printf(&users, "%d,%d\n", s, s < 10 ? s + 1 : 10);
        if (s < 18)
            buf_printf(&times, "%d,,\n", s);
        else
            buf_printf(&times, "%d,%d,%.3f\n", s, 700, s == 18 ? cold_ms : 900.0);
    }
    static const char *const names[] = {"/", "/predict", "Aggregated"};
    for (size_t i = 0; i < 3; i++) {
        for (double inverse = 1; inverse < 400; inverse *= 1.3)
            buf_printf(&lines, "%s,%.4f,%.4f,%.3f\n", names[i], 100 - 100 / inverse, inverse,
                       600 + 60 * log(inverse));
        buf_printf(&lines, "%s,100,400,%.3f\n", names[i], cold_ms);
    }
    write_text("data/requests_per_second.csv", buf_text(&rps), 0644);
    write_text("data/response_time.csv", buf_text(&times), 0644);
    write_text("data/users.csv", buf_text(&users), 0644);
    write_text("data/latency_distribution.csv", buf_text(&lines), 0644);
    buf_done(&rps);
    buf_done(&times);
    buf_done(&users);
    buf_done(&lines);
}

static void test_a_cold_start_makes_the_axis_logarithmic(void **state) {
    (void)state;
    make_dirs("paper");
    write_paper_run(19000);
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
    write_paper_run(14000); /* 20 * 700 */
    draw_well();
    assert_has("response_time.svg", "<text>Response time (s)</text>");
    write_paper_run(1900);
    draw_well();
    assert_has("response_time.svg", "<text>Response time (ms)</text>");
    write_paper_run(14001);
    draw_well();
    assert_has("response_time.svg", "<text>Response time (log scale)</text>");
}

static void test_seconds_without_requests_are_gaps(void **state) {
    (void)state;
    make_dirs("gaps");
    write_small_run();
    write_text("data/response_time.csv",
               "second,median_ms,p95_ms\n0,1,2\n1,1,2\n2,,\n3,5,6\n4,,\n7,8,9\n", 0644);
    draw_well();
    /* start, middle, median, 95th percentile, and both again where they have no neighbour; the
     * seconds 5 and 6 have no row at all */
    assert_has("data/response_time.dat", "\n1 1.5 1 2 NaN NaN\n2 2.5 NaN NaN NaN NaN\n"
                                         "3 3.5 5 6 5 6\n4 4.5 NaN NaN NaN NaN\n"
                                         "5 5.5 NaN NaN NaN NaN\n6 6.5 NaN NaN NaN NaN\n"
                                         "7 7.5 8 9 8 9\n");
}

static void test_a_run_of_one_second_or_one_request(void **state) {
    (void)state;
    make_dirs("one");
    write_text("data/requests_per_second.csv",
               "second,requests_per_second,failures_per_second\n0,1,0\n", 0644);
    write_text("data/response_time.csv", "second,median_ms,p95_ms\n0,12.5,12.5\n", 0644);
    write_text("data/users.csv", "second,users\n0,1\n", 0644);
    write_text("data/latency_distribution.csv",
               "endpoint,percentile,inverse,latency_ms\n/,100,1,12.5\nAggregated,100,1,12.5\n",
               0644);
    draw_well();
}

static void test_a_run_without_requests_is_an_empty_frame(void **state) {
    (void)state;
    make_dirs("none");
    write_text("data/requests_per_second.csv", "second,requests_per_second,failures_per_second\n",
               0644);
    write_text("data/response_time.csv", "second,median_ms,p95_ms\n0,,\n1,,\n", 0644);
    write_text("data/users.csv", "second,users\n", 0644);
    write_text("data/latency_distribution.csv", "endpoint,percentile,inverse,latency_ms\n", 0644);
    draw_well();
    assert_has("requests_per_second.svg", "<text>no requests</text>");
    assert_has("response_time.svg", "<text>no requests</text>");
    assert_has("latency_distribution.svg", "<text>no requests</text>");
    assert_has("users.svg", "<text>no users</text>");
    write_text("data/users.csv", "", 0644); /* not even a header */
    draw_well();
}

static void test_answers_of_zero_time(void **state) {
    (void)state;
    make_dirs("zero");
    write_small_run();
    write_text("data/response_time.csv", "second,median_ms,p95_ms\n0,0,0\n1,0,0\n", 0644);
    draw_well();
    write_text("data/response_time.csv", "second,median_ms,p95_ms\n0,0,9\n1,0.1,9\n2,1,9000\n",
               0644);
    draw_well();
    assert_has("response_time.svg", "<text>Response time (log scale)</text>");
}

static void test_a_day_is_drawn_in_steps(void **state) {
    (void)state;
    make_dirs("day");
    write_small_run();
    struct buf rps, times, users;
    buf_init(&rps, 1 << 24);
    buf_init(&times, 1 << 24);
    buf_init(&users, 1 << 24);
    buf_str(&rps, "second,requests_per_second,failures_per_second\n");
    buf_str(&times, "second,median_ms,p95_ms\n");
    buf_str(&users, "second,users\n");
    for (int s = 0; s < 86400; s++) {
        buf_printf(&rps, "%d,%d,1\n", s, s);
        buf_printf(&users, "%d,%d\n", s, s / 3600);
        if (s / 3600 != 5)
            buf_printf(&times, "%d,%d,%d\n", s, 20 + s % 7, 90 + s % 11);
    }
    write_text("data/requests_per_second.csv", buf_text(&rps), 0644);
    write_text("data/response_time.csv", buf_text(&times), 0644);
    write_text("data/users.csv", buf_text(&users), 0644);
    buf_done(&rps);
    buf_done(&times);
    buf_done(&users);
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

/* Appends a set of rows for one name, quoted as RFC 4180 says. */
static void add_endpoint(struct buf *csv, const char *name, int requests) {
    static const double inverses[] = {1, 2, 10};
    for (size_t i = 0; i <= 3; i++) {
        double inverse = i < 3 ? inverses[i] : requests;
        buf_char(csv, '"');
        for (const char *c = name; *c != '\0'; c++)
            buf_str(csv, *c == '"' ? "\"\"" : (char[]){*c, '\0'});
        buf_printf(csv, "\",%g,%g,%g\n", i < 3 ? 100 - 100 / inverse : 100, inverse,
                   10 + 5 * log(inverse));
    }
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
    assert_int_equal(count_entries(dir), 3 * FIGURE_ALWAYS + 1);  /* svg, png, pdf; data */
    assert_int_equal(count_entries(data), 3 * FIGURE_ALWAYS + 1); /* csv, dat, gp; style.gp */
    assert_int_equal(access("HACKED", F_OK), -1);
}

static void draw_endpoints(const char *const names[], size_t n) {
    struct buf csv;
    buf_init(&csv, 1 << 20);
    buf_str(&csv, "endpoint,percentile,inverse,latency_ms\n");
    for (size_t i = 0; i < n; i++)
        add_endpoint(&csv, names[i], 1000 - (int)i);
    add_endpoint(&csv, "Aggregated", 5000);
    write_text("data/latency_distribution.csv", buf_text(&csv), 0644);
    buf_done(&csv);
    draw_well();
    assert_nothing_was_run();
}

static void test_hostile_names_are_only_text(void **state) {
    (void)state;
    make_dirs("a \"b\" 'c' `touch HACKED` $(touch HACKED)");
    write_small_run();
    static const char *const first[] = {"`touch HACKED`", "$(touch HACKED)", "\"a\" 'b'",
                                        "line\nbreak",    "100% %s %n %5$d", "a,b,c"};
    draw_endpoints(first, 6);
    assert_has("latency_distribution.svg", "<text>`touch HACKED`</text>");
    assert_has("latency_distribution.svg", "<text>$(touch HACKED)</text>");
    assert_has("latency_distribution.svg", "<text>'a' 'b'</text>");
    assert_has("latency_distribution.svg", "<text>line break</text>");
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
    write_small_run();
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
        figure_lines_name(&shown, cases[i].name);
        figure_lines_plain_name(&plain, buf_text(&shown));
        assert_string_equal(buf_text(&shown), cases[i].shown);
        assert_string_equal(buf_text(&plain), cases[i].plain);
        buf_done(&shown);
        buf_done(&plain);
    }
}

static void test_a_user_can_draw_it_again(void **state) {
    (void)state;
    make_dirs("again");
    write_small_run();
    draw_well();
    for (enum figure f = 0; f < FIGURE_ALWAYS; f++) {
        char svg[64], script[64], path[512];
        snprintf(svg, sizeof svg, "%s.svg", figure_name(f));
        snprintf(script, sizeof script, "%s.gp", figure_name(f));
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

static bool draw_some(struct figures_result *r) {
    struct err e = {""};
    if (figures_draw(dir, NULL, r, &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(r->note, ""); /* gnuplot had no warning */
    return r->drawn[FIGURE_ALL];
}

static void test_the_servers_figures_are_drawn_where_there_are_data(void **state) {
    (void)state;
    struct figures_result r;
    make_dirs("server");
    write_small_run();
    assert_false(draw_some(&r));
    assert_false(exists("data/all_figures.gp"));

    write_text("data/instance_count.csv", "second,active,idle\n0,,\n1,1,0\n2,3,2\n", 0644);
    write_text("data/memory_utilization.csv", "second,percent\n0,\n1,12.5\n2,\n", 0644);
    write_text("data/cpu_utilization.csv", "second,percent\n0,101\n1,60\n2,50\n", 0644);
    write_text("data/cold_starts.csv",
               "time_s,latency_ms,label\n0.5,900,cold\n1.25,10,warm\n2,12,warm\n3,,\n", 0644);
    assert_true(draw_some(&r));
    assert_true(r.drawn[FIGURE_INSTANCE_COUNT] && r.drawn[FIGURE_COLD_STARTS]);
    assert_false(r.drawn[FIGURE_REQUEST_LATENCY]);
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
    char path[300];
    static const char *const gone[] = {"instance_count", "memory_utilization", "cpu_utilization"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/data/%s.csv", dir, gone[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_false(draw_some(&r));
    assert_true(r.drawn[FIGURE_COLD_STARTS]); /* as a guess of the client it stands alone */
    assert_false(exists("instance_count.svg"));
    assert_false(exists("data/instance_count.dat"));
    assert_false(exists("all_figures.png"));
}

static void test_points_of_no_kind_are_an_error(void **state) {
    (void)state;
    struct err e;
    make_dirs("points");
    write_small_run();
    static const struct {
        const char *rows, *error;
    } cases[] = {{"0.5,900,`touch HACKED`\n", "cold_starts.csv: line 2: not cold, warm or unknown"},
                 {"0.5,x,cold\n", "line 2"},
                 {"-1,5,cold\n", "line 2: not a time of a run"},
                 {"0.5,900\n", "line 2"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "time_s,latency_ms,label\n%s", cases[i].rows);
        write_text("data/cold_starts.csv", text, 0644);
        assert_int_equal(draw_badly(NULL, &e), -1);
        if (strstr(e.text, cases[i].error) == NULL)
            fail_msg("%s", e.text);
    }
    write_text("data/cold_starts.csv", "time_s,latency_ms,label\n3,,\n", 0644);
    struct figures_result r;
    draw_some(&r);
    assert_has("cold_starts.svg", "no requests");
}

static void test_without_gnuplot_a_note_says_what_to_install(void **state) {
    (void)state;
    make_dirs("missing");
    write_small_run();
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
        assert_int_equal(figures_draw(dir, NULL, &r, &e), 0);
        assert_true(r.gnuplot_missing);
        assert_non_null(strstr(r.note, "apt-get install gnuplot-nox"));
        assert_false(r.drawn[FIGURE_USERS]);
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
    write_small_run();
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
    assert_non_null(strstr(e.text, "made no picture"));

    fake_gnuplot("#!/bin/sh\nhead -c 300000 /dev/zero | tr '\\0' y >&2\nexit 1\n");
    assert_int_equal(draw_badly(NULL, &e), -1);
    assert_non_null(strstr(e.text, "status 1: yyyy"));
}

static void test_the_real_gnuplot_fails_on_a_broken_terminal(void **state) {
    (void)state;
    make_dirs("broken");
    write_small_run();
    struct err e;
    /* As a gnuplot built without cairo would. */
    fake_gnuplot("#!/bin/sh\nsed -i s/pngcairo/nocairo/ style.gp\n"
                 "PATH=${PATH#*:}; exec gnuplot \"$@\"\n");
    assert_int_equal(draw_badly(NULL, &e), -1);
    if (strstr(e.text, "unknown or ambiguous terminal") == NULL)
        fail_msg("%s", e.text);
    assert_false(exists("requests_per_second.svg")); /* no half of a pair */
}

static void test_a_gnuplot_that_hangs_is_stopped(void **state) {
    (void)state;
    make_dirs("hanging");
    write_small_run();
    struct err e;
    /* It closes its output, so that only the clock can tell. */
    fake_gnuplot("#!/bin/sh\nexec sleep 1000 2>&-\n");
    assert_int_equal(draw_badly(&(struct figures_options){.timeout_ns = 200 * NS_PER_MS}, &e), -1);
    assert_non_null(strstr(e.text, "gnuplot took more than 200ms and was stopped"));
}

static void test_what_cannot_be_written_or_read_is_named(void **state) {
    (void)state;
    struct err e;
    make_dirs("bad");
    write_small_run();
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

    static const struct {
        const char *csv, *error;
    } bad[] = {
        {"second,users\n0,1\n1,x\n", "users.csv: line 3: not a number"},
        {"second,users\n0,1,2\n", "users.csv: line 2: 3 fields where 2 belong"},
        {"second,users\n-1,1\n", "users.csv: line 2: not a second of a run"},
        {"second,users\n1e300,1\n", "users.csv: line 2: not a second of a run"},
        {"second,users\n,1\n", "users.csv: line 2: not a second of a run"},
        {"second,users\n0,\"1\n", "users.csv: line 2: a quoted field does not end"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text("data/users.csv", bad[i].csv, 0644);
        assert_int_equal(draw_badly(NULL, &e), -1);
        if (strstr(e.text, bad[i].error) == NULL)
            fail_msg("%s\nis not about: %s", e.text, bad[i].error);
    }

    snprintf(path, sizeof path, "%s/data/users.csv", dir);
    unlink(path);
    assert_int_equal(draw_badly(NULL, &e), -1);
    assert_non_null(strstr(e.text, path));
}

static int set_up(void **state) {
    (void)state;
    snprintf(root, sizeof root, "/tmp/coldswarm-figures-XXXXXX");
    if (mkdtemp(root) == NULL)
        return -1;
    saved_path = strdup(getenv("PATH"));
    return saved_path == NULL ? -1 : 0;
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
        TEST(test_points_of_no_kind_are_an_error),
        TEST(test_without_gnuplot_a_note_says_what_to_install),
        TEST(test_gnuplots_own_words_are_in_the_error),
        TEST(test_the_real_gnuplot_fails_on_a_broken_terminal),
        TEST(test_a_gnuplot_that_hangs_is_stopped),
        TEST(test_what_cannot_be_written_or_read_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
