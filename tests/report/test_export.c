/* The formats of other tools, from runs of random rows and of hostile texts; check_exports.py works each number out again. */
#include "report/fixture.h"

#include <sys/wait.h>

#include "report/export.h"
#include "report/report.h"

static void check_exports(const char *name, const struct report_threshold *thresholds, size_t n) {
    static const char *const words[] = {"hgrm", "hgrm-service", "jtl", "k6-summary", "junit"};
    struct reader *reader = NULL;
    struct model *m = NULL;
    struct err e = {""};
    char command[2048], run[512];
    snprintf(run, sizeof run, "%s/%s", dir, name);
    assert_ok(reader_open(run, &reader, &e), e);
    assert_ok(model_new(reader, &(struct model_options){0}, &m, &e), e);
    struct report_source source = {
        .reader = reader, .model = m, .thresholds = thresholds, .threshold_count = n};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const struct report_format *f = report_format(words[i]);
        assert_non_null(f);
        FILE *to = fopen(in_dir(f->file), "w");
        assert_non_null(to);
        assert_ok(f->write(to, &source, &e), e);
        assert_int_equal(fclose(to), 0);
    }
    model_free(m);
    reader_close(reader);
    snprintf(command, sizeof command, "python3 tests/report/check_exports.py %s %s", run, dir);
    assert_int_equal(system(command), 0);
}

static void test_closed_load(void **state) {
    (void)state;
    make_run(in_dir("closed.db"), 3000, false);
    check_exports("closed.db", NULL, 0);
}

static void test_open_load(void **state) {
    (void)state;
    make_run(in_dir("open.db"), 3000, true);
    check_exports("open.db", NULL, 0);
}

static void test_a_few_requests_and_none(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 7};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char name[32];
        snprintf(name, sizeof name, "run-%zu.db", sizes[i]);
        make_run(in_dir(name), sizes[i], true);
        check_exports(name, NULL, 0);
    }
}

static void test_hostile_texts(void **state) {
    (void)state;
    char command[1024];
    snprintf(command, sizeof command, "python3 tests/cli/make_run.py %s attack",
             in_dir("attack.db"));
    assert_int_equal(system(command), 0);
    check_exports("attack.db", NULL, 0);
}

/* The two views of a run with flows and checks, made by hand here. */
static void test_iterations_and_checks(void **state) {
    (void)state;
    char command[2048];
    make_run(in_dir("flow.db"), 500, false);
    snprintf(command, sizeof command,
             "sqlite3 %s \"DROP VIEW iterations; DROP VIEW checks;"
             "CREATE VIEW iterations(id, user, name, start_us, end_us, duration_us, ok) AS "
             "SELECT id, user, 'task', sent_us, end_us, 3 * (end_us - sent_us), 1 FROM requests "
             "WHERE id %% 4 = 0 AND end_us NOT NULL;"
             "CREATE VIEW checks(second, request, name, passes, fails) AS "
             "VALUES (0, '/a', 'status', 5, 1), (1, '/b', 'status', 2, 0), (1, '/a', ']]> <x>', 0, "
             "3);\"",
             in_dir("flow.db"));
    assert_int_equal(system(command), 0);
    check_exports("flow.db", NULL, 0);
}

/* True stands for crossed in k6's summary; JUnit has a case for each, hostile ones too. */
static void test_thresholds(void **state) {
    (void)state;
    static const struct report_threshold thresholds[] = {
        {"http_req_duration", "p(95)<500", REPORT_THRESHOLD_HOLDS, ""},
        {"http_req_duration", "p(99)<1", REPORT_THRESHOLD_CROSSED, "2200 is not below 1"},
        {"http_req_failed{name:]]>\"<b>\033}", "rate<0.01", REPORT_THRESHOLD_CROSSED, "]]> \033 &"},
        {"cold_start_duration", "max<1000", REPORT_THRESHOLD_UNKNOWN, "nothing is imported"},
    };
    char command[2048];
    make_run(in_dir("gate.db"), 500, false);
    check_exports("gate.db", thresholds, 4);
    snprintf(
        command, sizeof command,
        "cd %s && python3 - <<'PYTHON'\n"
        "import json, xml.etree.ElementTree as xml\n"
        "m = json.load(open('k6_summary.json'))['metrics']\n"
        "assert m['http_req_duration']['thresholds'] == {'p(95)<500': False, 'p(99)<1': True}\n"
        "assert m['http_req_failed{name:]]>\"<b>\\x1b}'] == {'thresholds': {'rate<0.01': True}}\n"
        "assert m['cold_start_duration'] == {'thresholds': {'max<1000': True}}\n"
        "cases = [c for c in xml.parse('junit.xml').iter('testcase')\n"
        "         if c.get('classname') == 'coldswarm.threshold']\n"
        "assert [c.get('name') for c in cases] == ['http_req_duration p(95)<500',\n"
        "    'http_req_duration p(99)<1', 'http_req_failed{name:]]>\"<b>\\\\x1b} rate<0.01',\n"
        "    'cold_start_duration max<1000'], cases\n"
        "assert [[x.tag for x in c] for c in cases] == [[], ['failure'], ['failure'], "
        "['skipped']]\n"
        "assert cases[1][0].get('message') == '2200 is not below 1'\n"
        "assert cases[2][0].get('message') == ']]> \\\\x1b &'\n"
        "PYTHON\n",
        dir);
    assert_int_equal(system(command), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_load),
        cmocka_unit_test(test_open_load),
        cmocka_unit_test(test_a_few_requests_and_none),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_iterations_and_checks),
        cmocka_unit_test(test_thresholds),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
