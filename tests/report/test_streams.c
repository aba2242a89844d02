/* streams: the same numbers whether the values are kept or read again; and files that are
 * damaged. */
#include "report/fixture.h"

#include <math.h>

#include "near.h"
#include "report/streams.h"

static void execute(const char *path, const char *text) {
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
    sqlite3_close(db);
}

/* A stream for every second request, with 50 gaps that are spread over 40 s, so that few of them
 * share a bucket. */
static void add_streams(const char *path) {
    execute(
        path,
        "INSERT INTO stream SELECT id, 10, 1000 + id * 7919 % 2000000, 1000 + id * 7919 % 2000000,"
        " 0, 52, 51, 0, 0, 51, 0, 51, 9, 0, NULL, 1, 'stop', 1, 0, 0,"
        " (WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49)"
        " SELECT json_group_array((request.id * 104729 + i * 1299709) % 40000000) FROM n),"
        " NULL, NULL"
        " FROM request WHERE id % 2 = 0;"
        "UPDATE stream SET last_token_us = first_token_us +"
        " (SELECT sum(value) FROM json_each(gaps_us));");
}

static struct streams *load(const char *path, size_t keep_bytes) {
    struct streams *s = NULL;
    struct reader *r = NULL;
    struct err e = {""};
    const struct streams_options o = {.keep_bytes = keep_bytes};
    assert_ok(reader_open(path, &r, &e), e);
    assert_ok(streams_read(r, &o, &s, &e), e);
    reader_close(r); /* it is needed no more */
    return s;
}

static void assert_same(double a, double b) {
    if (isnan(a) || isnan(b))
        assert_true(isnan(a) && isnan(b));
    else
        assert_near(a, b, 0);
}

static void assert_same_part(const struct streams_part *a, const struct streams_part *b) {
    for (enum stream_time k = 0; k < STREAM_TIME_COUNT; k++) {
        struct spread_row x, y;
        streams_times(a, k, &x);
        streams_times(b, k, &y);
        assert_int_equal(x.count, y.count);
        assert_same(x.mean, y.mean);
        assert_same(x.median, y.median);
        assert_same(x.p90, y.p90);
        assert_same(x.p99, y.p99);
        assert_same(x.max, y.max);
    }
}

#define GAPS                                                                                       \
    "FROM streams JOIN requests ON requests.id = request_id, json_each(gaps_us) AS g WHERE "       \
    "outcome NOT IN "                                                                              \
    "('not_sent', 'cancelled', 'unsendable')"

static void values_that_do_not_fit_are_read_again(void **state) {
    (void)state;
    const char *path = in_dir("streams.db");
    make_run(path, 3000, false);
    assert_null(load(path, 0)); /* none yet */
    add_streams(path);
    struct streams *kept = load(path, 0), *read = load(path, 1);
    assert_non_null(kept);
    for (size_t i = 0; i <= kept->names.entry_count; i++) {
        assert_same_part(&streams_at(kept, i)->whole, &streams_at(read, i)->whole);
        assert_same_part(&streams_at(kept, i)->steady, &streams_at(read, i)->steady);
    }
    /* As SQL sorts them. */
    struct spread_row gap;
    streams_times(&streams_all(read)->whole, STREAM_TIME_GAP, &gap);
    double n = sql(path, "SELECT count(*) " GAPS), at = 0.99 * (n - 1);
    double low = sql(path, "SELECT g.value " GAPS " ORDER BY 1 LIMIT 1 OFFSET %.0f", floor(at));
    double high = sql(path, "SELECT g.value " GAPS " ORDER BY 1 LIMIT 1 OFFSET %.0f", ceil(at));
    assert_near((double)gap.count, n, 0);
    assert_near(gap.p99, (low + (high - low) * (at - floor(at))) / 1000, 1e-9);
    streams_free(kept);
    streams_free(read);
}

/* Numbers that no run writes are read without harm; the largest number of a user that the reader
 * takes is one of them. */
static void a_damaged_file_is_read(void **state) {
    (void)state;
    const char *path = in_dir("damaged.db");
    make_run(path, 40, false);
    add_streams(path);
    execute(
        path,
        "UPDATE stream SET gaps_us = '[1,x' WHERE request = 2;"
        "UPDATE stream SET gaps_us = '[9223372036854775807,9223372036854775807]',"
        " first_token_us = 9223372036854775807, last_token_us = 9223372036854775807"
        " WHERE request = 4;"
        "UPDATE stream SET first_token_us = -5, usage_tokens = -1, first_tokens = -9,"
        " prompt_tokens = -7, cached_tokens = 9223372036854775807 WHERE request = 6;"
        "UPDATE stream SET token_events = -1, finish = 'nonsense', reads = -1 WHERE request = 8;"
        "UPDATE request SET user = 16777216 WHERE id = 10;"
        "INSERT INTO manifest VALUES ('load_seconds', 'soon'), ('stream_asked',"
        " '[{\"endpoint\": 99, \"output_tokens\": [1, 1]}, {\"endpoint\": 0, \"output_tokens\":"
        " [5, 2]}, {\"endpoint\": -1}, 7, {\"endpoint\": 1, \"prompt_words\": \"many\"}]')");
    struct streams *s = load(path, 1);
    assert_non_null(s);
    assert_int_equal(streams_all(s)->whole.answers, 20);
    assert_int_equal(streams_all(s)->asked_answers, 0);
    assert_int_equal(streams_all(s)->worded_answers, 0);
    streams_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_that_do_not_fit_are_read_again),
        cmocka_unit_test(a_damaged_file_is_read),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
