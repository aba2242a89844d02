#include "report/fixture.h"

#include <math.h>

#include "near.h"
#include "report/model.h"

static struct reader *reader;

static struct model *load(const char *path, bool locust, bool figures) {
    struct model *m = NULL;
    struct err e = {""};
    struct model_options o = {.locust = locust, .figures = figures};
    assert_ok(reader_open(path, &reader, &e), e);
    assert_ok(model_new(reader, &o, &m, &e), e);
    return m;
}

static void unload(struct model *m) {
    model_free(m);
    reader_close(reader);
}

#define TIMED "outcome NOT IN ('not_sent', 'cancelled', 'unsendable')"

/* The value that SQL's sort puts at a rank, in microseconds. */
static double at_rank(const char *path, const char *column, const char *where, uint64_t rank) {
    return sql(path,
               "SELECT %s FROM requests WHERE %s AND " TIMED " ORDER BY 1 LIMIT 1 OFFSET %llu",
               column, where, (unsigned long long)rank);
}

/* Linear interpolation at p * (n - 1). */
static double exact_ms(const char *path, const char *column, const char *where, int percent) {
    double n = sql(path, "SELECT count(*) FROM requests WHERE %s AND " TIMED, where);
    double position = percent / 100.0 * (n - 1), low = floor(position);
    double a = at_rank(path, column, where, (uint64_t)low);
    double b = at_rank(path, column, where, (uint64_t)ceil(position));
    return (a + (b - a) * (position - low)) / 1000;
}

/* A median of n values lies within the k-th value from either end, k as in the tables of the sign
 * test: here by the sums of a binomial (n, 1/2). */
static void check_medians_interval(const char *path, const struct summary_row *row,
                                   const char *where, uint64_t n) {
    long double sum = 0, one = powl(0.5L, (long double)n); /* a double would be 0 */
    uint64_t k = 0;
    for (; sum + one <= 0.025L; k++) {
        sum += one;
        one *= (long double)(n - k) / (long double)(k + 1);
    }
    if (n < 6) {
        assert_true(isnan(row->response_intervals[0].low_ms));
        return;
    }
    assert_true(k > 0);
    assert_near(row->response_intervals[0].low_ms,
                at_rank(path, "response_us", where, k - 1) / 1000, 0);
    assert_near(row->response_intervals[0].high_ms,
                at_rank(path, "response_us", where, n - k) / 1000, 0);
    assert_near(row->service_intervals[0].low_ms, at_rank(path, "service_us", where, k - 1) / 1000,
                0);
    assert_near(row->service_intervals[0].high_ms, at_rank(path, "service_us", where, n - k) / 1000,
                0);
    assert_true(isnan(row->response_intervals[SUMMARY_LEVELS - 1].low_ms));
}

static void check_entry(const char *path, const struct model_entry *x, const char *where) {
    const struct summary_row *row = &x->row;
#define COUNT "SELECT count(*) FROM requests WHERE %s AND "
    double n = sql(path, COUNT TIMED, where);
    double failures = sql(path, COUNT TIMED " AND outcome <> 'ok'", where);
    assert_near((double)row->requests, n, 0);
    assert_near((double)row->failures, failures, 0);
    assert_near((double)row->not_sent, sql(path, COUNT "outcome = 'not_sent'", where), 0);
    assert_near((double)row->cancelled, sql(path, COUNT "outcome = 'cancelled'", where), 0);
    assert_near((double)row->unsendable, sql(path, COUNT "outcome = 'unsendable'", where), 0);
    assert_near(row->requests_per_second, n / RUN_SECONDS, 1e-9);
    assert_near(row->failures_per_second, failures / RUN_SECONDS, 1e-9);
    if (n == 0)
        return;
#define OVER(what) "SELECT " what " FROM requests WHERE %s AND " TIMED
    assert_near(row->average_ms, sql(path, OVER("avg(response_us)"), where) / 1000, 1e-9);
    assert_near(row->min_ms, sql(path, OVER("min(response_us)"), where) / 1000, 0);
    assert_near(row->max_ms, sql(path, OVER("max(response_us)"), where) / 1000, 0);
    assert_near(row->average_size_bytes, sql(path, OVER("avg(bytes_received)"), where), 1e-9);
    for (size_t i = 0; i < SUMMARY_LEVELS; i++) {
        int level = summary_levels[i];
        if (level < 100 && n * (100 - level) < 100) {
            assert_true(isnan(row->response_ms[i]));
            continue;
        }
        assert_near(row->response_ms[i], exact_ms(path, "response_us", where, level), 1e-9);
        assert_near(row->service_ms[i], exact_ms(path, "service_us", where, level), 1e-9);
    }
    check_medians_interval(path, row, where, (uint64_t)n);
}

static void check_all(const char *path, const struct model *m) {
    assert_int_equal(m->entry_count, 4);
    static const char *const expected[][2] = {
        {"/a", "GET"}, {"/a", "POST"}, {"/never", "GET"}, {"/predict", "POST"}};
    for (size_t i = 0; i < 4; i++) {
        char where[128];
        assert_string_equal(m->entries[i].name, expected[i][0]);
        assert_string_equal(m->entries[i].method, expected[i][1]);
        snprintf(where, sizeof where, "name = '%s' AND method = '%s'", expected[i][0],
                 expected[i][1]);
        check_entry(path, &m->entries[i], where);
    }
    check_entry(path, &m->aggregated, "1");
    assert_string_equal(m->aggregated.name, "Aggregated");
}

static void test_every_number_equals_sql(void **state) {
    (void)state;
    const size_t sizes[] = {3000, 150, 7};
    for (size_t i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "closed-%zu.db", sizes[i]);
        const char *path = in_dir(name);
        make_run(path, sizes[i], false);
        struct model *m = load(path, false, i == 0);
        check_all(path, m);
        assert_false(m->times_differ);
        assert_int_equal(m->run->seed, UINT64_MAX);
        unload(m);
    }
}

static void test_open_load_has_both_times(void **state) {
    (void)state;
    const char *path = in_dir("open.db");
    make_run(path, 2000, true);
    struct model *m = load(path, false, true);
    assert_true(m->times_differ);
    assert_true(m->aggregated.row.not_sent > 0 && m->aggregated.row.cancelled > 0 &&
                m->aggregated.row.unsendable > 0);
    check_all(path, m);
    unload(m);
}

static void test_errors_add_up(void **state) {
    (void)state;
    const char *path = in_dir("errors.db");
    make_run(path, 3000, false);
    struct model *m = load(path, false, false);
    uint64_t sum = 0, before = UINT64_MAX;
    assert_true(m->error_count ==
                3 * 4); /* 500, 503, the timeout and unsendable of three entries */
    for (size_t i = 0; i < m->error_count; i++) {
        const struct model_error *x = &m->errors[i];
        assert_true(x->count <= before);
        before = x->count;
        sum += x->count;
        double n =
            sql(path,
                "SELECT count(*) FROM requests WHERE name = '%s' AND method = '%s' AND outcome "
                "= '%s' AND coalesce(error, 'status ' || status) = '%s'",
                x->name, x->method, x->outcome, x->text);
        assert_near((double)x->count, n, 0);
    }
    assert_int_equal(sum, m->aggregated.row.failures + m->aggregated.row.unsendable);
    unload(m);
}

static void test_series_equal_sql(void **state) {
    (void)state;
    const char *path = in_dir("series.db");
    make_run(path, 3000, false);
    struct model *m = load(path, false, true);
    assert_int_equal(m->seconds, RUN_SECONDS);
    for (unsigned second = 0; second < RUN_SECONDS; second++) {
        struct series_second x = {.median_ms = (double)NAN};
        if (second < series_seconds(m->series))
            series_at(m->series, second, &x);
#define SECOND "FROM seconds WHERE second = %u"
        assert_near((double)x.requests, sql(path, "SELECT requests " SECOND, second), 0);
        assert_near((double)x.failures, sql(path, "SELECT failures " SECOND, second), 0);
        assert_near((double)m->users[second], sql(path, "SELECT users " SECOND, second), 0);
        char where[64];
        snprintf(where, sizeof where, "end_us / 1000000 = %u", second);
        if (x.requests == 0)
            continue;
        assert_near(x.median_ms, exact_ms(path, "response_us", where, 50), 1e-9);
        assert_near(x.p95_ms, exact_ms(path, "response_us", where, 95), 1e-9);
    }
    unload(m);
}

/* Locust: sorted[min(int(n * p), n - 1)], rounded; here by SQL and by hand. */
static void test_locust(void **state) {
    (void)state;
    const char *path = in_dir("locust.db");
    make_run(path, 300, false);
    struct model *m = load(path, true, false);
    double n = (double)m->aggregated.row.requests;
    double last = sql(path, "SELECT max(end_us) FROM requests WHERE " TIMED);
    assert_near(m->aggregated.row.requests_per_second, n * 1e6 / last, 1e-9);
    for (size_t i = 0; i < SUMMARY_LEVELS; i++) {
        double rank = fmin(floor(n * (summary_levels[i] / 100.0)), n - 1);
        double ms = at_rank(path, "response_us", "1", (uint64_t)rank) / 1000;
        double unit = ms < 100 ? 1 : ms < 1000 ? 10 : ms < 10000 ? 100 : 1000;
        assert_near(m->aggregated.row.response_ms[i], rint(ms / unit) * unit, 0);
    }
    for (size_t i = 0; i < SUMMARY_LEVELS; i++)
        assert_false(m->unsupported[i]);
    unload(m);
}

static void test_a_run_without_requests(void **state) {
    (void)state;
    const char *path = in_dir("empty.db");
    make_run(path, 0, false);
    struct model *m = load(path, false, true);
    check_all(path, m);
    assert_int_equal(m->error_count, 0);
    assert_int_equal(m->seconds, RUN_SECONDS);
    assert_true(isnan(m->aggregated.row.response_ms[7]));
    unload(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number_equals_sql),
        cmocka_unit_test(test_open_load_has_both_times),
        cmocka_unit_test(test_errors_add_up),
        cmocka_unit_test(test_series_equal_sql),
        cmocka_unit_test(test_locust),
        cmocka_unit_test(test_a_run_without_requests),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
