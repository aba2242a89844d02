/* Prometheus' text format: what its documentation gives as examples, the dialects of real servers,
 * and lines that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "import/import_prometheus.h"
#include "util/buf.h"

/* What is read, a line each: NAME{LABELS} VALUE and c (cumulative) or g. */
static void write_sample(void *context, const struct import_prometheus_sample *s, bool *stop) {
    (void)stop;
    buf_printf(context, "%s{%s} %g %s\n", s->metric, s->labels, s->value,
               s->cumulative ? "c" : "g");
}

static void expect(const char *text, const char *wanted, uint64_t bad, const char *complaint) {
    struct import_prometheus_result r;
    struct buf out;
    buf_init(&out, 1 << 16);
    import_prometheus_read(text, strlen(text), write_sample, &out, &r);
    assert_string_equal(buf_text(&out), wanted);
    assert_int_equal(r.bad, bad);
    assert_string_equal(r.complaint.text, complaint);
    buf_done(&out);
}

static void test_types_and_what_they_mean(void **state) {
    (void)state;
    expect("# HELP http_requests_total The total number of HTTP requests.\n"
           "# TYPE http_requests_total counter\n"
           "http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n"
           "http_requests_total{method=\"post\",code=\"400\"}    3 1395066363000\n"
           "\n"
           "# Escaping in label values:\n"
           "msdos_file_access_time_seconds{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"Cannot find "
           "file:\\n\\\"FILE.TXT\\\"\"} 1.458255915e9\n"
           "metric_without_timestamp_and_labels 12.47\n"
           "something_weird{problem=\"division by zero\"} +Inf -3982045\n"
           "# TYPE http_request_duration_seconds histogram\n"
           "http_request_duration_seconds_bucket{le=\"0.05\"} 24054\n"
           "http_request_duration_seconds_sum 53423\n"
           "http_request_duration_seconds_count 144320\n"
           "# TYPE rpc_duration_seconds summary\n"
           "rpc_duration_seconds{quantile=\"0.01\"} 3102\n"
           "rpc_duration_seconds_sum 1.7560473e+07\n"
           "rpc_duration_seconds_count 2693\n",
           "http_requests_total{code=\"200\",method=\"post\"} 1027 c\n"
           "http_requests_total{code=\"400\",method=\"post\"} 3 c\n"
           "msdos_file_access_time_seconds{error=\"Cannot find "
           "file:\\n\\\"FILE.TXT\\\"\",path=\"C:\\\\DIR\\\\FILE.TXT\"} 1.45826e+09 g\n"
           "metric_without_timestamp_and_labels{} 12.47 g\n"
           "something_weird{problem=\"division by zero\"} inf g\n"
           "http_request_duration_seconds_bucket{le=\"0.05\"} 24054 c\n"
           "http_request_duration_seconds_sum{} 53423 c\n"
           "http_request_duration_seconds_count{} 144320 c\n"
           "rpc_duration_seconds{quantile=\"0.01\"} 3102 g\n"
           "rpc_duration_seconds_sum{} 1.75605e+07 c\n"
           "rpc_duration_seconds_count{} 2693 c\n",
           0, "");
}

static void test_a_type_is_of_its_family_only(void **state) {
    (void)state;
    expect("# TYPE a counter\na 1\nb 2\nab_total 3\na_total 4\n# TYPE b gauge\nb 5\n# TYPE c "
           "counter stray\nc 6\n",
           "a{} 1 c\nb{} 2 g\nab_total{} 3 g\na_total{} 4 c\nb{} 5 g\nc{} 6 c\n", 0, "");
}

static void test_spellings(void **state) {
    (void)state;
    expect(
        "  a  1  \r\n\ta\t{ x = \"1\" , y=\"2\", } 2\r\na{}3\nllamacpp:nan nan\n"
        "{\"my.metric\", z=\"1\"} 4\n{z=\"1\",\"other\"} 5\na{\"quoted\"=\"v\",\"my.label\"=\"w\"} "
        "6\nend 7",
        "a{} 1 g\na{x=\"1\",y=\"2\"} 2 g\na{} 3 g\nllamacpp:nan{} nan g\nmy.metric{z=\"1\"} 4 g\n"
        "other{z=\"1\"} 5 g\na{\"my.label\"=\"w\",quoted=\"v\"} 6 g\nend{} 7 g\n",
        0, "");
    expect("# TYPE a counter\na_total 1 # {t=\"x\"} 0.5 1.5\n# EOF\nb 2\n", "a_total{} 1 c\n", 0,
           "");
    expect("", "", 0, "");
    expect("\n\n# only a comment\n#", "", 0, "");
}

static void test_wrong_lines_are_skipped(void **state) {
    (void)state;
    static const struct {
        const char *line, *why;
    } cases[] = {
        {"1a 1", "it begins with no name of a metric"},
        {"<html>", "it begins with no name of a metric"},
        {"a", "its value is not a number"},
        {"a one", "its value is not a number"},
        {"a 0x10", "its value is not a number"},
        {"a 1 2 3", ""},
        {"a 1 x", "there is more behind its value than a time stamp"},
        {"a{b=\"c\" 1", "its labels do not end with }"},
        {"a{b=\"c} 1", "a quote does not end"},
        {"a{b=c} 1", "the value of a label has no quotes"},
        {"a{b} 1", "a label has no value"},
        {"a{=\"c\"} 1", "a label has no name"},
        {"a{\"\"=\"c\"} 1", "a label has no name"},
        {"a{b=\"1\",b=\"2\"} 1", "two labels have the same name"},
        {"{b=\"c\"} 1", "it has no name of a metric"},
        {"a\x80 1", "it is no text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text, complaint;
        bool bad = cases[i].why[0] != '\0';
        buf_init(&text, 1000);
        buf_init(&complaint, 1000);
        buf_printf(&text, "first 1\n%s\nlast 2\n", cases[i].line);
        if (bad)
            buf_printf(&complaint, "line 2: %s", cases[i].why);
        expect(buf_text(&text),
               bad ? "first{} 1 g\nlast{} 2 g\n" : "first{} 1 g\na{} 1 g\nlast{} 2 g\n", bad,
               buf_text(&complaint));
        buf_done(&text);
        buf_done(&complaint);
    }
}

static void test_names_and_labels_are_bounded(void **state) {
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 16);
    for (int i = 0; i < IMPORT_PROMETHEUS_NAME_BYTES; i++)
        buf_char(&text, 'a');
    buf_str(&text, " 1\nb{v=\"");
    for (int i = 0; i < IMPORT_PROMETHEUS_LABELS_BYTES; i++)
        buf_char(&text, 'v');
    buf_str(&text, "\"} 1\nc{");
    for (int i = 0; i <= IMPORT_PROMETHEUS_LABELS_MAX; i++)
        buf_printf(&text, "l%d=\"\",", i);
    buf_str(&text, "} 1\nd 1\n");
    expect(buf_text(&text), "d{} 1 g\n", 3, "line 1: its name has more than 255 bytes");
    buf_done(&text);
}

static void stop_at_two(void *context, const struct import_prometheus_sample *s, bool *stop) {
    int *n = context;
    (void)s;
    *stop = ++*n == 2;
}

static void test_it_can_be_stopped(void **state) {
    (void)state;
    struct import_prometheus_result r;
    const char *text = "a 1\nb 2\nc 3\n";
    int n = 0;
    import_prometheus_read(text, strlen(text), stop_at_two, &n, &r);
    assert_int_equal(n, 2);
    assert_int_equal(r.samples, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_and_what_they_mean),
        cmocka_unit_test(test_a_type_is_of_its_family_only),
        cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_wrong_lines_are_skipped),
        cmocka_unit_test(test_names_and_labels_are_bounded),
        cmocka_unit_test(test_it_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
