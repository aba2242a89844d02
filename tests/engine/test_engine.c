/* Whole runs against a real server and a real file: what the rows say must be what the server
 * saw. */
#include "engine/bench.h"

static void every_request_has_one_row_whatever_became_of_it(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 2,
          "{" TARGET "{'users':7,'spawn_rate':100,'duration':'1h'},'wait':{'constant':'2ms'},"
          "'tasks':[{'path':'/ok?mix','weight':3},{'path':'/reset?mix'},{'path':'/status/503?mix'},"
          "{'path':'/short?mix'},{'path':'/echo?mix','method':'POST','body':'hello'}]}");
    b.until = "select count(*) > 200 from requests";
    run(&b);
    assert_int_equal(number(&b, "select count(*) from requests"), b.totals.rows);
    assert_int_equal(server_count(&server, "?mix"), b.totals.rows);
    for (size_t i = 0; i < b.scenario->task_count; i++) {
        char sql[128];
        const char *name = b.scenario->requests[i].name;
        snprintf(sql, sizeof sql, "select count(*) from requests where name = '%s'", name);
        assert_int_equal(number(&b, sql), server_count(&server, name));
    }
    assert_int_equal(number(&b, "select count(*) from requests where name like '/reset%' and "
                                "(outcome <> 'reset' or status is not null)"),
                     0);
    assert_int_equal(number(&b, "select count(*) from requests where name like '/status%' and "
                                "(outcome <> 'http_error' or status <> 503)"),
                     0);
    assert_int_equal(
        number(&b, "select count(*) from requests where name like '/echo%' and bytes_sent <> 5"),
        0);
    assert_int_equal(b.totals.failures,
                     number(&b, "select count(*) from requests where outcome <> 'ok'"));
    finish(&b);
}

/* A server's log is laid over the rows by it. */
static void the_start_is_when_the_clock_was_zero(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 1,
          "{" TARGET "{'users':1,'duration':'300ms'},'wait':{'constant':'10ms'},"
          "'tasks':[{'path':'/ok?start'}]}");
    int64_t before_ms = clock_real_ns() / NS_PER_MS;
    run(&b);
    int64_t after_ms = clock_real_ns() / NS_PER_MS;
    const char *sql =
        "select cast(round((julianday(started_utc) - 2440587.5) * 86400000) as integer)"
        " + (select max(end_us) / 1000 from requests) from run";
    /* The last answer came between the two; the calendar's milliseconds are cut. */
    assert_in_range(number(&b, sql), before_ms, after_ms + 1);
    sql = "select cast(round((julianday(started_utc) - 2440587.5) * 86400000) as integer) from run";
    assert_true(number(&b, sql) >= before_ms - 1);
    finish(&b);
}

static void users_start_evenly_and_keep_their_own_connection(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 3,
          "{" TARGET "{'users':10,'spawn_rate':50,'duration':'1h'},'wait':{'constant':'20ms'},"
          "'tasks':[{'path':'/ok?even'}]}");
    b.until = "select count(distinct user) = 10 and count(*) > 100 from requests";
    run(&b);
    /* User k starts k/50 s after the start: never before, whatever the machine does. */
    assert_int_equal(number(&b, "select count(distinct user) from requests"), 10);
    assert_int_equal(
        number(&b, "select count(*) from (select user, min(sent_us) as first from requests "
                   "group by user) where first < user * 20000"),
        0);
    assert_int_equal(number(&b, "select count(*) from requests where new_connection"), 10);
    /* A wait is counted from the end of a request to the next. */
    assert_int_equal(
        number(&b, "select count(*) from (select sent_us - lag(end_us) over (partition by user "
                   "order by sent_us) as pause from requests) where pause < 20000"),
        0);
    assert_int_equal(number(&b, "select count(*) from event where kind = 'spawning_complete'"), 1);
    assert_int_equal(number(&b, "select max(users) from seconds"), 10);
    finish(&b);
}

/* The first n names of a user, joined. */
static void sequence(struct bench *b, int user, char *out, size_t bytes) {
    char sql[256];
    sqlite3_stmt *st = NULL;
    snprintf(sql, sizeof sql,
             "select group_concat(name, ' ') from (select name from requests where user = %d order "
             "by sent_us "
             "limit 20)",
             user);
    assert_int_equal(sqlite3_prepare_v2(b->db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    snprintf(out, bytes, "%s", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
}

static void a_seed_repeats_what_each_user_does(void **state) {
    (void)state;
    struct bench b;
    char seen[3][1024];
    static const uint32_t threads[] = {1, 3, 1};
    for (int i = 0; i < 3; i++) {
        setup(&b, threads[i],
              "{" TARGET
              "{'users':5,'spawn_rate':1000,'duration':'1h'},'wait':{'between':['1ms','3ms']},"
              "'tasks':[{'path':'/ok?a','name':'a'},{'path':'/ok?b','name':'b','weight':2}]}");
        b.until = "select count(*) >= 20 from requests where user = 3";
        b.options.seed = i == 2 ? 8 : 7;
        run(&b);
        sequence(&b, 3, seen[i], sizeof seen[i]);
        assert_int_equal(strlen(seen[i]), 39);
        finish(&b);
    }
    assert_string_equal(seen[0], seen[1]);
    assert_string_not_equal(seen[0], seen[2]);
}

static void weights_are_kept(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 1,
          "{" TARGET "{'users':4,'spawn_rate':1000,'duration':'1s'},"
          "'tasks':[{'path':'/ok?1','weight':1},{'path':'/ok?4','weight':4},{'path':'/"
          "ok?0','weight':0}]}");
    run(&b);
    double n = (double)b.totals.rows;
    double share = (double)number(&b, "select count(*) from requests where name = '/ok?1'") / n;
    /* Five standard deviations of a fraction of 1/5. */
    double slack = 5 * 0.4 / __builtin_sqrt(n);
    assert_true(share > 0.2 - slack && share < 0.2 + slack);
    assert_int_equal(number(&b, "select count(*) from requests where name = '/ok?0'"), 0);
    finish(&b);
}

static void what_does_not_end_in_time_is_cancelled(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 2,
          "{" TARGET
          "{'users':6,'spawn_rate':1000,'duration':'300ms'},'tasks':[{'path':'/hang'}]}");
    b.options.stop_timeout_ns = 200 * NS_PER_MS;
    run(&b);
    assert_int_equal(number(&b, "select count(*) from requests where outcome = 'cancelled'"), 6);
    assert_int_equal(b.totals.rows, 6);
    assert_int_equal(b.totals.failures, 0);
    assert_int_equal(number(&b, "select count(*) from requests where end_us < 500000"), 0);
    finish(&b);
}

static void requests_under_way_may_finish(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 1,
          "{" TARGET
          "{'users':3,'spawn_rate':1000,'duration':'100ms'},'tasks':[{'path':'/slow/400'}]}");
    run(&b);
    assert_int_equal(number(&b, "select count(*) from requests where outcome = 'ok'"), 3);
    assert_int_equal(b.totals.rows, 3);
    assert_true(b.result.duration_ns >= 400 * NS_PER_MS);
    finish(&b);
}

static void stages_go_up_and_down(void **state) {
    (void)state;
    struct bench b;
    setup(
        &b, 2,
        "{" TARGET "{'stages':[{'duration':'500ms','users':8},{'duration':'300ms','users':8},"
        "{'duration':'500ms','users':1},{'duration':'500ms','users':1}]},'wait':{'constant':'5ms'},"
        "'tasks':[{'path':'/ok'}]}");
    run(&b);
    assert_int_equal(number(&b, "select count(distinct user) from requests"), 8);
    /* In the last stage only user 0 is left. On a machine that stands still before it, what each of
     * the others was to send comes late, once. */
    assert_int_equal(number(&b, "select count(*) from (select user from requests where user > 0 and"
                                " sent_us > 1500000 group by user having count(*) > 1)"),
                     0);
    assert_int_equal(number(&b, "select count(*) from event where kind = 'stage'"), 4);
    assert_int_equal(
        number(&b, "select at_us from event where text = 'stage 3 of 4: to 1 user in 0.5 s'"),
        800000);
    assert_int_equal(number(&b, "select at_us from event where kind = 'load_end'"), 1800000);
    finish(&b);
}

struct interruption {
    int64_t at_ns, again_ns;
    int sent;
};

static struct engine_order interrupt(void *context, const struct engine_progress *p) {
    struct interruption *i = context;
    if (i->sent == 0 && p->elapsed_ns >= i->at_ns && p->users == 4) {
        assert_false(p->stopped);
        i->sent++;
        return (struct engine_order){.wish = ENGINE_FINISH, .signal = SIGINT};
    }
    if (i->sent == 1 && i->again_ns > 0 && p->elapsed_ns >= i->again_ns) {
        assert_true(p->stopped && p->stopping);
        i->sent++;
        return (struct engine_order){.wish = ENGINE_CANCEL, .signal = SIGTERM};
    }
    return (struct engine_order){0};
}

static void an_order_stops_the_run_and_a_second_cancels(void **state) {
    (void)state;
    struct bench b;
    struct interruption i = {.at_ns = 300 * NS_PER_MS, .again_ns = 600 * NS_PER_MS};
    setup(&b, 2,
          "{" TARGET "{'users':4,'spawn_rate':1000,'duration':'1h'},'tasks':[{'path':'/hang'}]}");
    b.options.stop_timeout_ns = 3600 * NS_PER_S;
    b.options.tick = interrupt;
    b.options.tick_context = &i;
    run(&b);
    assert_int_equal(b.result.signal, SIGINT);
    assert_int_equal(number(&b, "select count(*) from requests where outcome = 'cancelled'"), 4);
    assert_int_equal(i.sent, 2);
    finish(&b);
    i = (struct interruption){.at_ns = 300 * NS_PER_MS};
    setup(&b, 1,
          "{" TARGET
          "{'users':4,'spawn_rate':1000,'duration':'1h'},'tasks':[{'path':'/slow/20?int'}]}");
    b.options.tick = interrupt;
    b.options.tick_context = &i;
    run(&b);
    assert_int_equal(number(&b, "select count(*) from requests where outcome <> 'ok'"), 0);
    assert_int_equal(b.totals.rows, server_count(&server, "?int"));
    finish(&b);
}

static void secrets_do_not_reach_the_file(void **state) {
    (void)state;
    struct bench b;
    setenv("ENGINE_TEST_SECRET", "hunter2secret", 1);
    setup(&b, 1,
          "{" TARGET "{'users':1,'spawn_rate':1,'duration':'200ms'},'wait':{'constant':'50ms'},'"
          "http':{'resolve':"
          "['hunter2secret.invalid:80:127.0.0.1']},'tasks':[{'path':'http://"
          "${env.ENGINE_TEST_SECRET}/'},"
          "{'path':'/ok','headers':{'X-Key':'${env.ENGINE_TEST_SECRET}'}}]}");
    run(&b);
    sqlite3_close(b.db);
    b.db = NULL;
    char command[256];
    snprintf(command, sizeof command, "grep -c hunter2secret %s >/dev/null", b.path);
    assert_int_not_equal(system(command), 0);
    finish(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_has_one_row_whatever_became_of_it),
        cmocka_unit_test(the_start_is_when_the_clock_was_zero),
        cmocka_unit_test(users_start_evenly_and_keep_their_own_connection),
        cmocka_unit_test(a_seed_repeats_what_each_user_does),
        cmocka_unit_test(weights_are_kept),
        cmocka_unit_test(what_does_not_end_in_time_is_cancelled),
        cmocka_unit_test(requests_under_way_may_finish),
        cmocka_unit_test(stages_go_up_and_down),
        cmocka_unit_test(an_order_stops_the_run_and_a_second_cancels),
        cmocka_unit_test(secrets_do_not_reach_the_file),
    };
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    int failed = 0;
    RUN_WITH_EACH_TRANSPORT(tests, failed);
    return failed;
}
