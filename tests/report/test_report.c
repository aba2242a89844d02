#include "report/fixture.h"

#include <sys/stat.h>

#include "report/report.h"

static void write_dir(const char *run, const char *out, struct figures_result *figures,
                      int expected, struct err *e) {
    struct reader *reader = NULL;
    struct model *m = NULL;
    struct model_options o = {.figures = true};
    assert_ok(reader_open(run, &reader, e), *e);
    assert_ok(model_new(reader, &o, &m, e), *e);
    struct document d;
    assert_ok(document_init(&d, m, e), *e);
    const struct report_source source = {.reader = reader, .document = &d};
    assert_int_equal(report_write_dir(out, &source, NULL, figures, e), expected);
    document_done(&d);
    model_free(m);
    reader_close(reader);
}

/* Every number of the data files, worked out again by Python from the view `requests`. */
static const char check_data[] =
    "import csv, sqlite3, statistics, sys\n"
    "db, data = sqlite3.connect(sys.argv[1]), sys.argv[2] + '/data/'\n"
    "def rows(name, head):\n"
    "    with open(data + name, newline='') as f:\n"
    "        assert f.readline() == head + '\\n', name\n"
    "        return list(csv.reader(f))\n"
    "def quantile(v, p):\n"
    "    v, at = sorted(v), p * (len(v) - 1)\n"
    "    return (v[int(at)] + (v[min(int(at) + 1, len(v) - 1)] - v[int(at)]) * (at % 1)) / 1000\n"
    "timed = [r for r in db.execute('SELECT end_us / 1000000, response_us, outcome, method, name "
    "FROM requests') if r[2] not in ('not_sent', 'cancelled', 'unsendable')]\n"
    "known = list(db.execute('SELECT second, users FROM seconds'))\n"
    "rps = rows('requests_per_second.csv', 'second,requests_per_second,failures_per_second')\n"
    "assert [int(r[0]) for r in rps] == list(range(12)) == [s for s, _ in known]\n"
    "for s, n, f in rps:\n"
    "    of = [r for r in timed if r[0] == int(s)]\n"
    "    assert int(n) == len(of) and int(f) == sum(r[2] != 'ok' for r in of), s\n"
    "assert sum(int(r[1]) for r in rps) == len(timed)\n"
    "for s, median, p95 in rows('response_time.csv', 'second,median_ms,p95_ms'):\n"
    "    of = [r[1] for r in timed if r[0] == int(s)]\n"
    "    if not of:\n"
    "        assert (median, p95) == ('', ''), s\n"
    "        continue\n"
    "    assert abs(float(median) - statistics.median(of) / 1000) < 1e-9, s\n"
    "    assert abs(float(p95) - quantile(of, 0.95)) < 1e-9, s\n"
    "users = rows('users.csv', 'second,users')\n"
    "assert [(int(s), int(u)) for s, u in users] == known\n"
    "assert [u for _, u in users[:5]] == ['1', '5', '5', '5', '10']\n"
    "levels = rows('latency_distribution.csv', 'endpoint,percentile,inverse,latency_ms')\n"
    "seen = list(dict.fromkeys(r[0] for r in levels))\n"
    "assert seen == ['GET /a', 'POST /a', 'POST /predict', 'Aggregated'], seen\n"
    "for name in seen:\n"
    "    of = [r[1] for r in timed if name in ('Aggregated', r[3] + ' ' + r[4])]\n"
    "    mine = [[float(x) for x in r[1:]] for r in levels if r[0] == name]\n"
    "    for p, inverse, ms in mine:\n"
    "        assert abs(ms - quantile(of, p / 100)) < 1e-6, (name, p)\n"
    "        assert p == 100 or abs(inverse - 100 / (100 - p)) < 1e-6 * inverse\n"
    "        assert inverse < len(of) or p == 100\n"
    "    assert mine[-1] == [100, len(of), max(of) / 1000], mine[-1]\n"
    "    assert [p for p, _, _ in mine[:7]] == [0, 10, 20, 30, 40, 50, 55]\n";

static void test_a_whole_report(void **state) {
    (void)state;
    struct figures_result figures = {0};
    struct err e = {""};
    make_run(in_dir("run.db"), 3000, true);
    write_dir(in_dir("run.db"), in_dir("new/deep/report/"), &figures, 0, &e);
    static const char *const names[] = {"tables.txt", "tables.md", "tables.csv", "errors.csv",
                                        "tables.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512];
        struct stat s;
        snprintf(path, sizeof path, "%s/new/deep/report/%s", dir, names[i]);
        assert_int_equal(stat(path, &s), 0);
        assert_true(s.st_size > 20);
    }
    char command[8192];
    snprintf(command, sizeof command, "python3 - %s %s <<'PYTHON'\n%s\nPYTHON\n", in_dir("run.db"),
             in_dir("new/deep/report"), check_data);
    assert_int_equal(system(command), 0);
    /* Again over what is there. */
    write_dir(in_dir("run.db"), in_dir("new/deep/report"), &figures, 0, &e);
}

static void test_errors_name_the_path(void **state) {
    (void)state;
    struct figures_result figures = {0};
    struct err e = {""};
    make_run(in_dir("other.db"), 10, false);
    write_dir(in_dir("other.db"), in_dir("other.db"), &figures, -1, &e);
    assert_non_null(strstr(e.text, in_dir("other.db")));
    mkdir(in_dir("taken"), 0777);
    mkdir(in_dir("taken/tables.csv"), 0777);
    write_dir(in_dir("other.db"), in_dir("taken"), &figures, -1, &e);
    assert_non_null(strstr(e.text, "taken/tables.csv: Is a directory"));
    /* A full disk shows when the file is closed. */
    mkdir(in_dir("full"), 0777);
    assert_int_equal(symlink("/dev/full", in_dir("full/tables.txt")), 0);
    write_dir(in_dir("other.db"), in_dir("full"), &figures, -1, &e);
    assert_non_null(strstr(e.text, "full/tables.txt: No space left"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_report),
        cmocka_unit_test(test_errors_name_the_path),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
