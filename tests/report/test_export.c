/* The formats of other tools, from runs of random rows and of hostile texts; check_exports.py works
 * each number out again. */
#include "report/fixture.h"

#include <math.h>
#include <sys/wait.h>

#include "report/export.h"
#include "report/export_k6.h"
#include "report/export_rows.h"
#include "report/report.h"

static void check_exports(const char *name, const struct thresholds *thresholds) {
    static const char *const words[] = {"hgrm", "hgrm-service", "jtl", "k6-summary", "junit"};
    struct reader *reader = NULL;
    struct model *m = NULL;
    struct err e = {""};
    char command[2048], run[512];
    snprintf(run, sizeof run, "%s/%s", dir, name);
    assert_ok(reader_open(run, &reader, &e), e);
    assert_ok(model_new(reader, &(struct model_options){0}, &m, &e), e);
    m->thresholds = thresholds;
    struct document document;
    assert_ok(document_init(&document, m, &e), e);
    struct report_source source = {.reader = reader, .document = &document};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const struct report_format *f = report_format(words[i]);
        assert_non_null(f);
        FILE *to = fopen(in_dir(f->file), "w");
        assert_non_null(to);
        assert_ok(report_write(to, f, &source, &e), e);
        assert_int_equal(fclose(to), 0);
    }
    document_done(&document);
    model_free(m);
    reader_close(reader);
    snprintf(command, sizeof command, "python3 tests/report/check_exports.py %s %s", run, dir);
    assert_int_equal(system(command), 0);
}

static void test_closed_load(void **state) {
    (void)state;
    make_run(in_dir("closed.db"), 3000, false);
    check_exports("closed.db", NULL);
}

static void test_open_load(void **state) {
    (void)state;
    make_run(in_dir("open.db"), 3000, true);
    check_exports("open.db", NULL);
}

static void test_a_few_requests_and_none(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 7};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char name[32];
        snprintf(name, sizeof name, "run-%zu.db", sizes[i]);
        make_run(in_dir(name), sizes[i], true);
        check_exports(name, NULL);
    }
}

static void test_hostile_texts(void **state) {
    (void)state;
    char command[1024];
    snprintf(command, sizeof command, "python3 tests/cli/make_run.py %s attack",
             in_dir("attack.db"));
    assert_int_equal(system(command), 0);
    check_exports("attack.db", NULL);
}

static int add_to_k6(void *context, const struct request *row) {
    k6_add(context, row);
    return 0;
}

/* Times that do not fit into memory are read again: the same summary, which check_exports.py has
 * worked out. */
static void test_k6_without_room_for_the_times(void **state) {
    (void)state;
    static const size_t rooms[] = {0, 1000, 20000};
    char command[1024];
    make_run(in_dir("rooms.db"), 3000, false);
    check_exports("rooms.db", NULL);
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        struct reader *reader = NULL;
        struct model *m = NULL;
        struct document d;
        struct export_rows rows = {.jtl = NULL};
        struct err e = {""};
        assert_ok(reader_open(in_dir("rooms.db"), &reader, &e), e);
        assert_ok(model_new(reader, &(struct model_options){0}, &m, &e), e);
        assert_ok(document_init(&d, m, &e), e);
        assert_ok(k6_new(reader, &rows.k6, &e), e);
        k6_keep(rows.k6, rooms[i]);
        assert_ok(reader_scan(reader, add_to_k6, rows.k6, &e), e);
        const struct report_source source = {.reader = reader, .document = &d, .rows = &rows};
        FILE *to = fopen(in_dir("less.json"), "w");
        assert_non_null(to);
        assert_ok(report_format("k6-summary")->write(to, &source, &e), e);
        assert_int_equal(fclose(to), 0);
        k6_free(rows.k6);
        document_done(&d);
        model_free(m);
        reader_close(reader);
        snprintf(command, sizeof command, "cmp %s %s", in_dir("k6_summary.json"),
                 in_dir("less.json"));
        assert_int_equal(system(command), 0);
    }
}

/* Iterations and checks, made by hand here. */
static void test_iterations_and_checks(void **state) {
    (void)state;
    char command[2048];
    make_run(in_dir("flow.db"), 500, false);
    snprintf(command, sizeof command,
             "sqlite3 %s \"DROP VIEW iterations;"
             "CREATE VIEW iterations(id, user, name, start_us, end_us, duration_us, ok) AS "
             "SELECT id, user, 'task', sent_us, end_us, 3 * (end_us - sent_us), 1 FROM requests "
             "WHERE id %% 4 = 0 AND sent_us NOT NULL AND end_us NOT NULL;"
             "INSERT INTO check_name VALUES (0, 0, 'status'), (1, 1, 'status'), (2, 0, ']]> <x>');"
             "INSERT INTO check_second(second, id, passes, fails) "
             "VALUES (0, 0, 5, 1), (1, 1, 2, 0), (1, 2, 0, 3);\"",
             in_dir("flow.db"));
    assert_int_equal(system(command), 0);
    check_exports("flow.db", NULL);
}

/* True stands for crossed in k6's summary; JUnit has a case for each, hostile ones too. */
static void test_thresholds(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum gate_verdict verdict;
        const char *reason;
    } all[] = {
        {"http_req_duration p(95)<500", GATE_HOLDS, ""},
        {"http_req_duration p(99)<1", GATE_CROSSED, "2200 is not below 1"},
        {"http_req_failed{name:x} rate<0.01", GATE_CROSSED, "]]> \033 &"},
        {"cold_start_duration max<1000", GATE_PENDING, "nothing is imported"},
    };
    enum { N = sizeof all / sizeof *all };
    struct gate_result results[N];
    struct thresholds thresholds = {.results = results};
    struct err e = {""};
    for (size_t i = 0; i < N; i++)
        assert_ok(gate_rules_parse(&thresholds.rules, "-e", all[i].text, &e), e);
    free(thresholds.rules.items[2].name);
    thresholds.rules.items[2].name = strdup("]]>\"<b>\033");
    for (size_t i = 0; i < N; i++) {
        results[i] = (struct gate_result){.rule = &thresholds.rules.items[i],
                                          .verdict = all[i].verdict,
                                          .value = (double)NAN,
                                          .low = (double)NAN,
                                          .high = (double)NAN,
                                          .margin = (double)NAN};
        snprintf(results[i].reason, sizeof results[i].reason, "%s", all[i].reason);
    }
    char command[2048];
    make_run(in_dir("gate.db"), 500, false);
    check_exports("gate.db", &thresholds);
    gate_rules_done(&thresholds.rules);
    snprintf(
        command, sizeof command,
        "cd %s && python3 - <<'PYTHON'\n"
        "import json, xml.etree.ElementTree as xml\n"
        "m = json.load(open('k6_summary.json'))['metrics']\n"
        "assert m['http_req_duration']['thresholds'] == {'p(95)<500': False, 'p(99)<1': True}\n"
        "assert m[r'http_req_failed{name:\"]]>\\\"<b>\\x1b\"}'] == {'thresholds': {'rate<0.01': "
        "True}}, m\n"
        "assert m['cold_start_duration'] == {'thresholds': {'max<1000': True}}\n"
        "cases = [c for c in xml.parse('junit.xml').iter('testcase')\n"
        "         if c.get('classname') == 'coldswarm.threshold']\n"
        "assert [c.get('name') for c in cases] == ['http_req_duration p(95)<500',\n"
        "    'http_req_duration p(99)<1', r'http_req_failed{name:\"]]>\\\"<b>\\x1b\"}' + ' "
        "rate<0.01',\n"
        "    'cold_start_duration max<1000'], cases\n"
        "assert [[x.tag for x in c] for c in cases] == [[], ['failure'], ['failure'], "
        "['skipped']]\n"
        "assert cases[1][0].get('message') == 'http_req_duration p(99)<1: 2200 is not below 1'\n"
        "assert cases[2][0].get('message').endswith(': ]]> \\\\x1b &'), cases\n"
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
        cmocka_unit_test(test_k6_without_room_for_the_times),
        cmocka_unit_test(test_iterations_and_checks),
        cmocka_unit_test(test_thresholds),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
