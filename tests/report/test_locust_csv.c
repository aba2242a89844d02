/* Locust's files, against numbers worked out by hand. (more_locust_csv.c holds them to Locust's own
 * code.) */
#include "report/locust_fixture.h"

/* The small run of tests/cli/make_run.py: GET / 100 and 301.75 ms; POST /predict 50.25, 1500, 5
 * (503) and 2000 ms (timeout). Rounded: 100, 300 and 50, 1500, 5, 2000. The last request ends at
 * 3.5 s. */
static void test_by_hand(void **state) {
    (void)state;
    char prefix[512];
    snprintf(prefix, sizeof prefix, "%s/new/hand", dir);
    assert_int_equal(shell("python3 tests/cli/make_run.py %s", in_dir("hand.db")), 0);
    replay(in_dir("hand.db"), prefix, false);
    assert_int_equal(
        shell("python3 - %s <<'PYTHON'\n"
              "import sys\n"
              "def lines(name):\n"
              "    text = open(sys.argv[1] + name, newline='').read()\n"
              "    assert text.endswith('\\r\\n') and text.count('\\n') == text.count('\\r\\n'), "
              "name\n"
              "    return text.split('\\r\\n')[:-1]\n"
              "s = lines('_stats.csv')\n"
              "assert s[0] == ('Type,Name,Request Count,Failure Count,Median Response Time,'\n"
              "    'Average Response Time,Min Response Time,Max Response Time,Average Content "
              "Size,'\n"
              "    "
              "'Requests/s,Failures/"
              "s,50%%,66%%,75%%,80%%,90%%,95%%,98%%,99%%,99.9%%,99.99%%,100%%')\n"
              "assert s[1].startswith('GET,/,2,0,100,200.875,100.0,301.75,48.0,'), s[1]\n"
              "assert s[1].endswith(',0.0' + ',300' * 11), s[1]\n"
              "assert s[2].startswith('POST,/predict,4,2,50,888.8125,5.0,2000.0,27.0,'), s[2]\n"
              "assert s[2].endswith(',1500,1500' + ',2000' * 9), s[2]\n"
              "assert s[3].startswith(',Aggregated,6,2,100,659.5,5.0,2000.0,34.0,'), s[3]\n"
              "assert [round(float(x), 6) for x in s[3].split(',')[9:11]] == [1.714286, 0.571429]\n"
              "assert len(s) == 4\n"
              "f = lines('_failures.csv')\n"
              "assert f[0] == 'Method,Name,Error,Occurrences,First Seen,Last Seen'\n"
              "at = '2026-11-24T03:00:0%%dZ'\n"
              "assert sorted(f[1:]) == ['POST,/predict,no answer within 2s,1,%%s,%%s' %% (at %% 3, "
              "at %% 3),\n"
              "    'POST,/predict,status 503,1,%%s,%%s' %% (at %% 3, at %% 3)], f\n"
              "assert lines('_exceptions.csv') == ['Count,Message,Traceback,Nodes']\n"
              "h = lines('_stats_history.csv')\n"
              "assert [x.split(',')[0] for x in h[1:]] == [str(1795489200 + i) for i in range(5)]\n"
              "assert [x.split(',')[1] for x in h[1:]] == ['1', '1', '2', '2', '2'], h\n"
              "assert h[1].endswith(',Aggregated,0.000000,0.000000' + ',N/A' * 11 + "
              "',0,0,0,0.0,0,0,0')\n"
              "assert all(x.split(',')[3] == 'Aggregated' for x in h[1:])\n"
              "PYTHON\n",
              prefix),
        0);
}

/* What a spreadsheet would run does not stand at the front of a cell, and every record is a
 * line. */
static void test_hostile_texts(void **state) {
    (void)state;
    char prefix[512];
    snprintf(prefix, sizeof prefix, "%s/attack", dir);
    assert_int_equal(shell("python3 tests/cli/make_run.py %s attack", in_dir("attack.db")), 0);
    replay(in_dir("attack.db"), prefix, true);
    assert_int_equal(
        shell("python3 - %s <<'PYTHON'\n"
              "import csv, sys\n"
              "for name, columns in (('stats', 22), ('stats_history', 24), ('failures', 6)):\n"
              "    text = open(f'{sys.argv[1]}_{name}.csv', newline='', encoding='utf-8').read()\n"
              "    rows = list(csv.reader(text.split('\\r\\n')[:-1], strict=True))\n"
              "    assert all(len(r) == columns for r in rows), name\n"
              "    assert len(rows) == text.count('\\n') > 17, name\n"
              "    for cell in (c for r in rows for c in r):\n"
              "        assert cell[:1] not in ('=', '+', '-', '@'), cell\n"
              "        assert not any(ord(ch) < 32 or 127 <= ord(ch) < 160 for ch in cell), cell\n"
              "PYTHON\n",
              prefix),
        0);
}

static void test_files_that_cannot_be_made(void **state) {
    (void)state;
    struct reader *reader = NULL;
    struct err e = {""};
    assert_int_equal(shell("python3 tests/cli/make_run.py %s && mkdir %s", in_dir("x.db"),
                           in_dir("taken_stats.csv")),
                     0);
    assert_ok(reader_open(in_dir("x.db"), &reader, &e), e);
    assert_int_equal(locust_csv_replay(reader, in_dir("taken"), false, &e), -1);
    assert_non_null(strstr(e.text, "taken_stats.csv"));
    assert_int_equal(locust_csv_replay(reader, "", false, &e), -1);
    assert_string_equal(e.text, "the prefix of the CSV files is empty");
    reader_close(reader);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_files_that_cannot_be_made),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
