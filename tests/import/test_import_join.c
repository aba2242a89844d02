/* Which server request is whose, and how far the clocks are apart: by traces of known rows. */
#include "import/fixture.h"

#define TRACE(user, n) TRACE_RUN "0000000" #user "0000000" #n

/* Two users take turns; one arrival found no user (its number is a free one of the engine's, it is
 * no request of user 1); the last is given up at the end of the run. */
static const struct client_row rows[] = {
    {0, 1000, 100, OUTCOME_OK, 0, false},     {1, 1050, 100, OUTCOME_OK, 0, false},
    {1, 1160, 0, OUTCOME_NOT_SENT, 0, false}, {0, 1200, 300, OUTCOME_OK, 0, false},
    {1, 1300, 80, OUTCOME_TIMEOUT, 0, false}, {0, 1600, 50, OUTCOME_CANCELLED, 0, false},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* The server's clock is 2.5 s ahead. On the way there: 10, 20, 15, 30 and 12 ms; it takes what it
 * takes; the way back is what is left of the client's time: 20, 10, 25. */
#define AHEAD (2500 * MS)
static const struct server_line lines[] = {
    {"a", "s", START_US + 1010 * MS + AHEAD, 70 * MS, 200, "i1", TRACE(0, 0)},
    {"b", "s", START_US + 1070 * MS + AHEAD, 70 * MS, 200, "i1", TRACE(1, 0)},
    {"c", "s", START_US + 1215 * MS + AHEAD, 260 * MS, 200, "i1", TRACE(0, 1)},
    /* The client gave up, the server did not: this one's end says nothing of the clocks. */
    {"d", "s", START_US + 1330 * MS + AHEAD, 900 * MS, 200, "i1", TRACE(1, 1)},
    {"e", "s", START_US + 1612 * MS + AHEAD, 900 * MS, 200, "i1", TRACE(0, 2)},
};
enum { LINES = sizeof lines / sizeof *lines };

static void put_lines(const char *path, bool reverse) {
    FILE *f = make_file(path);
    for (size_t i = 0; i < LINES; i++)
        put_request(f, &lines[reverse ? LINES - 1 - i : i]);
    fclose(f);
}

static void test_traces_join_and_bound_the_offset(void **state) {
    (void)state;
    const char *run = in_dir("join.db"), *log = in_dir("join.log");
    make_client(run, rows, ROWS, TRACE_RUN);
    put_lines(log, false);
    struct import_result r = import_files(run, log, NULL, usual());
    assert_string_equal(r.join.state, "joined");
    assert_int_equal(r.join.joined, 5);
    assert_int_equal(r.join.pairs, 5);
    /* upper: 2500 + the quickest way there; lower: 2500 - the quickest way back */
    assert_int_equal(r.join.upper_us, 2510 * MS);
    assert_int_equal(r.join.lower_us, 2490 * MS);
    assert_int_equal(r.join.offset_us, 2500 * MS);
    import_result_done(&r);
    assert_query(run,
                 "SELECT request_id, at_us, latency_us, trace FROM server_requests ORDER BY at_us",
                 "1|1010000|70000|" TRACE(
                     0, 0) "\n"
                           "2|1070000|70000|" TRACE(
                               1, 0) "\n"
                                     "4|1215000|260000|" TRACE(
                                         0, 1) "\n"
                                               "5|1330000|900000|" TRACE(
                                                   1, 1) "\n"
                                                         "6|1612000|900000|" TRACE(0, 2) "\n");
    assert_query(run, "SELECT offset_us, lower_us, upper_us, pairs FROM server_side",
                 "2500000|2490000|2510000|5\n");
}

static void test_the_order_of_the_log_does_not_matter(void **state) {
    (void)state;
    const char *sql = "SELECT * FROM server_requests ORDER BY at_us";
    char *got[2];
    for (int reverse = 0; reverse < 2; reverse++) {
        const char *run = in_dir(reverse ? "reverse.db" : "forward.db");
        make_client(run, rows, ROWS, TRACE_RUN);
        put_lines(in_dir("order.log"), reverse);
        import_log_of(run, in_dir("order.log"));
        got[reverse] = query(run, sql);
    }
    assert_string_equal(got[0], got[1]);
    assert_has(got[0], "1010000|70000|POST|/predict|200|i1|s-1|");
    free(got[0]);
    free(got[1]);
}

static void test_what_does_not_join(void **state) {
    (void)state;
    const char *run = in_dir("foreign.db"), *log = in_dir("foreign.log");
    make_client(run, rows, ROWS, TRACE_RUN);
    FILE *f = make_file(log);
    const struct server_line more[] = {
        /* The service sent the request on to itself: same trace, later. */
        {"z", "s", START_US + 1020 * MS + AHEAD, 5 * MS, 200, "i1", TRACE(0, 0)},
        lines[0],
        {"y", "s", START_US + 1300 * MS + AHEAD, 5 * MS, 200, "i1", TRACE(0, 9)},
        {"x", "s", START_US + 1300 * MS + AHEAD, 5 * MS, 200, "i1", TRACE(7, 0)},
        {"w", "s", START_US + 1300 * MS + AHEAD, 5 * MS, 200, "i1",
         "ffffffffffffffff0000000000000000"},
        {"v", "s", START_US + 1300 * MS + AHEAD, 5 * MS, 200, "i1", NULL},
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        put_request(f, &more[i]);
    fclose(f);
    struct import_result r = import_files(run, log, NULL, usual());
    assert_int_equal(r.join.joined, 1);
    assert_int_equal(r.join.repeated, 1);
    assert_int_equal(r.join.astray, 2);
    assert_int_equal(r.join.foreign, 2);
    import_result_done(&r);
    assert_query(run, "SELECT latency_us, request_id FROM server_requests WHERE request_id > 0",
                 "70000|1\n");
}

static void assert_not_joined(const char *run, const char *state) {
    put_lines(in_dir("none.log"), false);
    struct import_result r = import_files(run, in_dir("none.log"), NULL, usual());
    assert_string_equal(r.join.state, state);
    assert_int_equal(r.join.joined, 0);
    assert_int_equal(r.join.offset_us, 0);
    assert_true(r.join.lower_us == SERVER_NONE && r.join.upper_us == SERVER_NONE);
    import_result_done(&r);
    /* Then the clocks are taken to agree. */
    assert_query(run, "SELECT min(at_us), count(request_id) FROM server_requests", "3510000|0\n");
    assert_query(run, "SELECT offset_us, lower_us, upper_us, pairs, join_state FROM server_side",
                 strcmp(state, "no_trace") == 0 ? "0|NULL|NULL|0|no_trace\n"
                 : strcmp(state, "lost") == 0   ? "0|NULL|NULL|0|lost\n"
                                                : "0|NULL|NULL|0|foreign\n");
}

static void sql(const char *path, const char *text) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_runs_that_cannot_be_joined(void **state) {
    (void)state;
    make_client(in_dir("untraced.db"), rows, ROWS, NULL);
    assert_not_joined(in_dir("untraced.db"), "no_trace");
    make_client(in_dir("others.db"), rows, ROWS, "fedcba9876543210");
    assert_not_joined(in_dir("others.db"), "foreign");
    make_client(in_dir("lost.db"), rows, ROWS, TRACE_RUN);
    sql(in_dir("lost.db"),
        "UPDATE run SET verdict = 'INVALID', verdict_reason = '7 requests are missing "
        "in the file, which could not be written as fast as they ended'");
    assert_not_joined(in_dir("lost.db"), "lost");
    make_client(in_dir("lossy.db"), rows, ROWS, TRACE_RUN);
    sql(in_dir("lossy.db"), "INSERT INTO client_second VALUES (3, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0)");
    assert_not_joined(in_dir("lossy.db"), "lost");
}

/* No answer came whole: only the arrivals tell, and only that the server is not further ahead. */
static void test_one_bound_alone(void **state) {
    (void)state;
    static const struct client_row one[] = {{0, 1000, 100, OUTCOME_TIMEOUT, 0, false}};
    static const struct {
        int64_t ahead_us, chosen_us;
    } cases[] = {{5 * MS, 0}, {-200 * MS, -190 * MS}};
    for (size_t i = 0; i < 2; i++) {
        char name[32];
        snprintf(name, sizeof name, "one%zu.db", i);
        make_client(in_dir(name), one, 1, TRACE_RUN);
        FILE *f = make_file(in_dir("one.log"));
        const struct server_line x = {
            "a", "s", START_US + 1010 * MS + cases[i].ahead_us, 900 * MS, 200, "i", TRACE(0, 0)};
        put_request(f, &x);
        fclose(f);
        struct import_result r = import_files(in_dir(name), in_dir("one.log"), NULL, usual());
        assert_int_equal(r.join.upper_us, cases[i].ahead_us + 10 * MS);
        assert_true(r.join.lower_us == SERVER_NONE);
        assert_int_equal(r.join.offset_us, cases[i].chosen_us);
        import_result_done(&r);
    }
}

/* A server that noted an answer's end late, or a clock that was set: no offset suits all pairs.
 * What arrivals say holds in the first case. */
static void test_bounds_that_cross(void **state) {
    (void)state;
    static const struct client_row two[] = {{0, 1000, 100, OUTCOME_OK, 0, false},
                                            {0, 2000, 100, OUTCOME_OK, 0, false}};
    make_client(in_dir("cross.db"), two, 2, TRACE_RUN);
    FILE *f = make_file(in_dir("cross.log"));
    const struct server_line x[] = {
        {"a", "s", START_US + 1010 * MS, 80 * MS, 200, "i", TRACE(0, 0)},
        {"b", "s", START_US + 3010 * MS, 80 * MS, 200, "i", TRACE(0, 1)}};
    put_request(f, &x[0]);
    put_request(f, &x[1]);
    fclose(f);
    struct import_result r = import_files(in_dir("cross.db"), in_dir("cross.log"), NULL, usual());
    assert_int_equal(r.join.upper_us, 10 * MS);
    assert_int_equal(r.join.lower_us, 990 * MS);
    assert_int_equal(r.join.offset_us, 10 * MS);
    import_result_done(&r);
}

/* What the join says of the clocks for these rows, whose server's clock is AHEAD. */
static void assert_bounds(const char *name, const struct client_row *client,
                          const struct server_line *server, size_t n, int64_t lower_us,
                          int64_t upper_us) {
    char log[64];
    snprintf(log, sizeof log, "%s.log", name);
    make_client(in_dir(name), client, n, TRACE_RUN);
    FILE *f = make_file(in_dir(log));
    for (size_t i = 0; i < n; i++)
        put_request(f, &server[i]);
    fclose(f);
    struct import_result r = import_files(in_dir(name), in_dir(log), NULL, usual());
    assert_int_equal(r.join.joined, n);
    assert_int_equal(r.join.upper_us - AHEAD, upper_us);
    assert_int_equal(r.join.lower_us - AHEAD, lower_us);
    assert_int_equal(r.join.offset_us - AHEAD, (lower_us + upper_us) / 2);
    import_result_done(&r);
}

/* The stream takes 8 s after its head. On the way there: 10 ms; 40 ms to the head; back: 20 ms. */
static void test_a_log_to_the_head_bounds_by_heads(void **state) {
    (void)state;
    static const struct client_row client[] = {{0, 1000, 8070, OUTCOME_OK, 70, false},
                                               {1, 1100, 8090, OUTCOME_OK, 90, false}};
    const struct server_line to_head[] = {
        {"a", "s", START_US + 1010 * MS + AHEAD, 40 * MS, 200, "i", TRACE(0, 0)},
        {"b", "s", START_US + 1110 * MS + AHEAD, 40 * MS, 200, "i", TRACE(1, 0)}};
    const struct server_line to_end[] = {
        {"a", "s", START_US + 1010 * MS + AHEAD, 8040 * MS, 200, "i", TRACE(0, 0)},
        {"b", "s", START_US + 1110 * MS + AHEAD, 8040 * MS, 200, "i", TRACE(1, 0)}};
    assert_bounds("heads.db", client, to_head, 2, -20 * MS, 10 * MS);
    assert_bounds("ends.db", client, to_end, 2, -20 * MS, 10 * MS);
}

/* The server sees only later that the client has left: such ends are no bound. */
static void test_what_the_client_left_is_no_bound(void **state) {
    (void)state;
    static const struct client_row client[] = {
        {0, 1000, 100, OUTCOME_OK, 0, false},
        {0, 2000, 500, OUTCOME_OK, 50, true},
        {0, 3000, 500, OUTCOME_TIMEOUT, 50, false},
        {0, 4000, 500, OUTCOME_STREAM_IDLE, 50, false},
        {0, 5000, 500, OUTCOME_STREAM_CUT, 50, false},
        {0, 6000, 500, OUTCOME_CANCELLED, 50, false},
    };
    struct server_line server[6] = {
        {"a", "s", START_US + 1010 * MS + AHEAD, 70 * MS, 200, "i", TRACE(0, 0)},
        {"b", "s", START_US + 2010 * MS + AHEAD, 3000 * MS, 200, "i", TRACE(0, 1)},
        {"c", "s", START_US + 3010 * MS + AHEAD, 3000 * MS, 200, "i", TRACE(0, 2)},
        {"d", "s", START_US + 4010 * MS + AHEAD, 3000 * MS, 200, "i", TRACE(0, 3)},
        {"e", "s", START_US + 5010 * MS + AHEAD, 3000 * MS, 200, "i", TRACE(0, 4)},
        {"f", "s", START_US + 6010 * MS + AHEAD, 3000 * MS, 200, "i", TRACE(0, 5)},
    };
    assert_bounds("left.db", client, server, 6, -20 * MS, 10 * MS);
}

/* A request with this run's trace is of this run, even where the server's clock is a day off. */
static void test_own_traces_are_taken_at_any_time(void **state) {
    (void)state;
    make_client(in_dir("day.db"), rows, ROWS, TRACE_RUN);
    FILE *f = make_file(in_dir("day.log"));
    struct server_line own = lines[0], other = lines[1];
    own.at_us += 86400 * S;
    other.at_us += 86400 * S;
    other.trace = NULL;
    put_request(f, &own);
    put_request(f, &other);
    fclose(f);
    struct import_result r = import_files(in_dir("day.db"), in_dir("day.log"), NULL, usual());
    assert_int_equal(r.sources[0].used, 1);
    assert_int_equal(r.sources[0].outside, 1);
    assert_int_equal(r.sources[0].outside_first_us, other.at_us);
    import_result_done(&r);
    assert_query(in_dir("day.db"), "SELECT request_id FROM server_requests", "1\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traces_join_and_bound_the_offset),
        cmocka_unit_test(test_the_order_of_the_log_does_not_matter),
        cmocka_unit_test(test_what_does_not_join),
        cmocka_unit_test(test_runs_that_cannot_be_joined),
        cmocka_unit_test(test_one_bound_alone),
        cmocka_unit_test(test_bounds_that_cross),
        cmocka_unit_test(test_a_log_to_the_head_bounds_by_heads),
        cmocka_unit_test(test_what_the_client_left_is_no_bound),
        cmocka_unit_test(test_own_traces_are_taken_at_any_time),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
