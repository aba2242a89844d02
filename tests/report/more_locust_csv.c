/* Locust's files, against Locust's own code (Debian's python3-locust). */
#include "report/locust_fixture.h"

/* /usr/bin/python3 has what Debian's python3-locust installs, whatever python3 is first in the
 * PATH. */
static void same_as_locust(size_t n, bool open_load, bool full) {
    char run[512], ours[512], theirs[512];
    snprintf(run, sizeof run, "%s/%zu-%d-%d.db", dir, n, open_load, full);
    snprintf(ours, sizeof ours, "%s/ours", dir);
    snprintf(theirs, sizeof theirs, "%s/theirs", dir);
    make_run(run, n, open_load);
    replay(run, ours, full);
    assert_int_equal(shell("/usr/bin/python3 tests/report/locust_truth.py %s %s %s", run, theirs,
                           full ? "--full-history" : ""),
                     0);
    static const char *const names[] = {"stats", "stats_history", "failures"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(shell("diff %s_%s.csv %s_%s.csv", theirs, names[i], ours, names[i]), 0);
    /* Ours are grouped by their text; Locust's stand as the first of each came. */
    assert_int_equal(
        shell("sort -o %s_exceptions.csv %s_exceptions.csv && sort %s_exceptions.csv | "
              "diff - %s_exceptions.csv",
              theirs, theirs, ours, theirs),
        0);
}

static void test_same_as_locust(void **state) {
    (void)state;
    same_as_locust(2000, false, false);
    same_as_locust(2000, true, false);
    same_as_locust(3, false, false);
    same_as_locust(0, false, false);
}

static void test_same_as_locust_with_full_history(void **state) {
    (void)state;
    same_as_locust(2000, false, true);
    same_as_locust(2000, true, true);
    same_as_locust(1, true, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_locust),
        cmocka_unit_test(test_same_as_locust_with_full_history),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
