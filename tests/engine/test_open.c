/* Open loads and paced users against a real server: each arrival that the schedule calls for has
 * one row, and its intended time is the schedule's, whatever the server does. */
#include "engine/bench.h"

/* Reads a column of numbers in the order of the query. */
static size_t column(struct bench *b, const char *sql, int64_t *out, size_t max) {
    sqlite3_stmt *st = NULL;
    size_t n = 0;
    if (sqlite3_prepare_v2(b->db, sql, -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(b->db));
    while (sqlite3_step(st) == SQLITE_ROW && n < max)
        out[n++] = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

static void arrivals_are_rows_at_their_intended_times(void **state) {
    (void)state;
    struct bench b;
    int64_t at[400];
    for (uint32_t threads = 1; threads <= 3; threads++) {
        setup(&b, threads,
              "{" TARGET "{'rate':300,'duration':'1s','max_users':50},"
              "'tasks':[{'path':'/ok?rate'}]}");
        int before = server_count(&server, "?rate");
        run(&b);
        assert_int_equal(b.totals.rows, 300);
        assert_int_equal(number(&b, "select count(*) from requests where outcome = 'ok'"), 300);
        assert_int_equal(server_count(&server, "?rate") - before, 300);
        size_t n = column(&b, "select intended_us from requests order by intended_us", at, 400);
        assert_int_equal(n, 300);
        for (size_t k = 0; k < n; k++) /* k/300 s, to the nearest ns and then cut to us */
            assert_int_equal(at[k], (((int64_t)k * 1000000000 + 150) / 300) / 1000);
        assert_int_equal(number(&b, "select count(*) from requests where sent_us < intended_us"),
                         0);
        assert_int_equal(
            number(&b, "select count(*) from requests where response_us <> end_us - intended_us"),
            0);
        assert_int_equal(
            number(&b, "select count(*) from requests where user not between 0 and 49"), 0);
        finish(&b);
    }
}

static void a_ramp_of_rates_and_its_stages(void **state) {
    (void)state;
    struct bench b;
    int64_t at[200];
    setup(&b, 2,
          "{" TARGET "{'stages':[{'duration':'1s','rate':200},{'duration':'500ms','rate':0}]},"
          "'tasks':[{'path':'/ok'}]}");
    run(&b);
    /* Areas 100 and 50; arrival k of the ramp up is due at sqrt(k/100) s. */
    assert_int_equal(b.totals.rows, 150);
    assert_int_equal(column(&b, "select intended_us from requests order by 1", at, 200), 150);
    assert_int_equal(at[0], 0);
    assert_int_equal(at[1], 100000);
    assert_int_equal(at[4], 200000);
    assert_int_equal(at[81], 900000);
    assert_int_equal(at[100], 1000000);
    assert_int_equal(number(&b, "select at_us from event where text = 'stage 2 of 2: to 0 requests "
                                "per second in 0.5 s'"),
                     1000000);
    assert_int_equal(number(&b, "select at_us from event where kind = 'load_end'"), 1500000);
    finish(&b);
}

/* One user, 100 ms an answer, 50 arrivals a second: a tenth of them can be served. */
static void a_queue_builds_up_behind_a_slow_server(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 1,
          "{" TARGET "{'rate':50,'duration':'1h','max_users':1,'queue_timeout':'300ms'},"
          "'tasks':[{'path':'/slow/100?queue'}]}");
    b.until = "select sum(outcome = 'ok') >= 5 and sum(outcome = 'not_sent') > 30 from requests";
    run(&b);
    /* One every 20 ms, none left out. */
    assert_int_equal(number(&b, "select max(intended_us) / 20000 + 1 from requests"),
                     b.totals.rows);
    assert_int_equal(number(&b, "select count(distinct intended_us) from requests"), b.totals.rows);
    int64_t sent = number(&b, "select count(*) from requests where outcome = 'ok'");
    int64_t given_up = number(&b, "select count(*) from requests where outcome = 'not_sent'");
    assert_int_equal(sent + given_up, b.totals.rows);
    assert_int_equal(sent, server_count(&server, "?queue"));
    /* First come, first served; nobody is served twice at a time. */
    assert_int_equal(number(&b, "select count(*) from (select intended_us < lag(intended_us) over "
                                "(order by sent_us) as wrong, sent_us < lag(end_us) over (order by "
                                "sent_us) as twice from requests where outcome = 'ok') where "
                                "wrong or twice"),
                     0);
    /* Whoever is sent, has not waited longer than the queue's patience when a user became free. */
    assert_true(number(&b, "select count(*) from requests where sent_us - intended_us > 250000") >
                0);
    assert_int_equal(number(&b, "select count(*) from requests where outcome = 'ok' and "
                                "sent_us - intended_us > 100000 and response_us <= service_us"),
                     0);
    assert_int_equal(number(&b, "select count(*) from requests where outcome = 'not_sent' and "
                                "(sent_us is not null or end_us is not null or service_us is not "
                                "null or response_us is not null or user is not null or "
                                "intended_us is null)"),
                     0);
    assert_int_equal(number(&b, "select count(*) from event where kind = 'users_busy'"), 1);
    assert_int_equal(number(&b, "select count(distinct user) from requests where user >= 0"), 1);
    finish(&b);
}

static void a_queue_without_patience_sends_what_finds_a_user(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 1,
          "{" TARGET "{'rate':100,'duration':'500ms','max_users':3,'queue_timeout':0},"
          "'tasks':[{'path':'/hang?none'}]}");
    b.options.stop_timeout_ns = 100 * NS_PER_MS;
    run(&b);
    assert_int_equal(b.totals.rows, 50);
    assert_int_equal(number(&b, "select count(*) from requests where outcome = 'cancelled'"), 3);
    assert_int_equal(number(&b, "select count(*) from requests where outcome = 'not_sent'"), 47);
    /* The first three arrivals found a user each. */
    assert_int_equal(
        number(&b, "select max(intended_us) from requests where outcome = 'cancelled'"), 20000);
    finish(&b);
}

/* Ten arrivals in 100 ms and one user who takes 60 ms for each: they are served long after the
 * load's end. */
static void what_waits_at_the_end_is_still_sent(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 1,
          "{" TARGET "{'rate':100,'duration':'100ms','max_users':1,'queue_timeout':'1h'},"
          "'tasks':[{'path':'/slow/60'}]}");
    run(&b);
    assert_int_equal(b.totals.rows, 10);
    assert_int_equal(number(&b, "select count(*) from requests where outcome = 'ok'"), 10);
    assert_true(b.result.duration_ns >= 600 * NS_PER_MS);
    finish(&b);
    /* Not beyond the stop timeout. */
    setup(&b, 1,
          "{" TARGET "{'rate':100,'duration':'100ms','max_users':1,'queue_timeout':'1h'},"
          "'tasks':[{'path':'/slow/60'}]}");
    b.options.stop_timeout_ns = 150 * NS_PER_MS;
    run(&b);
    assert_int_equal(b.totals.rows, 10);
    assert_true(number(&b, "select count(*) from requests where outcome = 'not_sent'") >= 4);
    assert_int_equal(number(&b, "select count(*) from requests where outcome not in ('ok', "
                                "'not_sent', 'cancelled')"),
                     0);
    finish(&b);
}

struct interruption {
    int64_t at_ns;
    int sent;
    const struct bench *bench;
};

/* Each of two threads has given up what waited: it has heard of the first order. */
#define BOTH_OBEY                                                                                  \
    "select count(distinct intended_us / 1000 % 2) = 2 from requests where outcome = 'not_sent'"

/* Notes the moments as events, so that rows can be compared with them. */
static struct engine_order interrupt(void *context, const struct engine_progress *p) {
    struct interruption *i = context;
    assert_true(p->users <= 2 && p->users_max == 2); /* those that are busy */
    if ((i->sent == 0 && p->elapsed_ns >= i->at_ns && p->users == 2) ||
        (i->sent == 1 && holds(i->bench, BOTH_OBEY))) {
        i->sent++;
        record_event(i->bench->record, p->elapsed_ns, "order", "");
        return (struct engine_order){.wish = i->sent == 1 ? ENGINE_FINISH : ENGINE_CANCEL,
                                     .signal = SIGINT};
    }
    return (struct engine_order){0};
}

static void an_order_ends_the_queue(void **state) {
    (void)state;
    struct bench b;
    struct interruption i = {.at_ns = 300 * NS_PER_MS, .bench = &b};
    setup(&b, 2,
          "{" TARGET "{'rate':1000,'duration':'1h','max_users':2,'queue_timeout':'1h'},"
          "'tasks':[{'path':'/hang'}]}");
    b.options.stop_timeout_ns = 3600 * NS_PER_S;
    b.options.tick = interrupt;
    b.options.tick_context = &i;
    run(&b);
    int64_t at = number(&b, "select min(at_us) from event where kind = 'order'");
    assert_int_equal(number(&b, "select count(*) from requests where outcome = 'cancelled'"), 2);
    assert_int_equal(number(&b, "select count(*) from requests where outcome not in ('cancelled', "
                                "'not_sent')"),
                     0);
    /* Every arrival up to the order is there, without gaps, and none after the second. */
    assert_true(number(&b, "select max(intended_us) from requests") >= at - 2000);
    assert_true(number(&b, "select max(intended_us) from requests") <=
                number(&b, "select max(at_us) from event where kind = 'order'"));
    assert_int_equal(number(&b, "select count(*) from (select max(intended_us) / 2000 + 1 - "
                                "count(*) as gap from requests group by intended_us / 1000 % 2) "
                                "where gap <> 0"),
                     0);
    finish(&b);
}

static void one_warm_connection_does_for_few_arrivals(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 1,
          "{" TARGET "{'rate':20,'duration':'500ms','max_users':100},"
          "'tasks':[{'path':'/ok'}]}");
    run(&b);
    assert_int_equal(b.totals.rows, 10);
    assert_int_equal(number(&b, "select count(*) from requests where new_connection"),
                     number(&b, "select count(distinct user) from requests"));
    /* Where all others had ended, the user that was busy last took it. */
    assert_int_equal(
        number(&b, "select count(*) from requests as r where not exists (select 1 from requests as "
                   "p where p.intended_us < r.intended_us and p.end_us >= r.intended_us) and user "
                   "<> (select user from requests as p where p.intended_us < r.intended_us order "
                   "by p.end_us desc limit 1)"),
        0);
    finish(&b);
}

static void users_return_to_the_pool(void **state) {
    (void)state;
    struct bench b;
    /* More work than three users can do, a rest in which all are free, and the same again. */
    setup(&b, 1,
          "{" TARGET "{'start_rate':100,'stages':[{'duration':'200ms','rate':100},{'duration':0,"
          "'rate':0},{'duration':'1s','rate':0},{'duration':0,'rate':100},{'duration':'200ms',"
          "'rate':100}],'max_users':3},'tasks':[{'path':'/slow/100'}]}");
    run(&b);
    assert_int_equal(b.totals.rows, 40);
    assert_int_equal(
        number(&b, "select count(distinct user) from requests where intended_us < 200000"), 3);
    assert_int_equal(
        number(&b, "select count(distinct user) from requests where intended_us >= 1200000"), 3);
    assert_int_equal(number(&b, "select count(*) from requests where new_connection"), 3);
    finish(&b);
}

/* The names by their intended order. */
static void sequence(struct bench *b, char *out, size_t bytes) {
    sqlite3_stmt *st = NULL;
    const char *sql = "select group_concat(name || intended_us, ' ') from (select name, "
                      "intended_us from requests order by intended_us limit 60)";
    assert_int_equal(sqlite3_prepare_v2(b->db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    snprintf(out, bytes, "%s", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
}

static void a_seed_repeats_what_arrives(void **state) {
    (void)state;
    struct bench b;
    char seen[3][4096];
    static const uint32_t threads[] = {1, 3, 3};
    for (int i = 0; i < 3; i++) {
        setup(&b, threads[i],
              "{" TARGET "{'rate':200,'duration':'400ms','arrivals':'poisson','max_users':9},"
              "'tasks':[{'path':'/ok?a','name':'a'},{'path':'/ok?b','name':'b','weight':2}]}");
        b.options.seed = i == 2 ? 8 : 7;
        run(&b);
        sequence(&b, seen[i], sizeof seen[i]);
        finish(&b);
    }
    assert_string_equal(seen[0], seen[1]);
    assert_string_not_equal(seen[0], seen[2]);
}

static void fewer_users_than_threads(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 3,
          "{" TARGET "{'rate':50,'duration':'400ms','max_users':1},'tasks':[{'path':'/ok'}]}");
    run(&b);
    assert_int_equal(number(&b, "select count(*) from requests where outcome = 'ok'"), 20);
    assert_int_equal(b.totals.rows, 20);
    finish(&b);
}

static void paced_users_keep_their_schedule(void **state) {
    (void)state;
    struct bench b;
    /* User k begins at k/10 s; every 50 ms from there, whatever the answers take. */
    setup(&b, 2,
          "{" TARGET "{'users':3,'spawn_rate':10,'duration':'800ms'},'wait':{'pacing':'50ms'},"
          "'tasks':[{'path':'/slow/5'}]}");
    run(&b);
    assert_int_equal(number(&b, "select count(*) from requests where intended_us is null or "
                                "sent_us < intended_us"),
                     0);
    assert_int_equal(
        number(&b, "select count(*) from (select user, intended_us, row_number() over (partition "
                   "by user order by intended_us) - 1 as i from requests) where intended_us <> "
                   "user * 100000 + i * 50000"),
        0);
    finish(&b);
    /* The server takes longer than the pace: requests are late, one after the other, and it
     * counts. */
    setup(&b, 1,
          "{" TARGET "{'users':1,'spawn_rate':1,'duration':'1h'},'wait':{'throughput':50},"
          "'tasks':[{'path':'/slow/60'}]}");
    b.until = "select count(*) >= 5 from requests";
    run(&b);
    assert_int_equal(number(&b,
                            "select count(*) from (select intended_us, row_number() over (order by "
                            "intended_us) - 1 as i from requests) where intended_us <> i * 20000"),
                     0);
    assert_int_equal(
        number(&b, "select count(*) from (select sent_us, lag(end_us) over (order by sent_us) as "
                   "before from requests) where sent_us < before"),
        0);
    assert_true(number(&b, "select max(response_us - service_us) >= 40000 * (count(*) - 1) "
                           "from requests"));
    finish(&b);
}

static void poisson_waits_have_intended_times(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 1,
          "{" TARGET "{'users':20,'spawn_rate':1000,'duration':'1h'},'wait':{'poisson':20},"
          "'tasks':[{'path':'/ok'}]}");
    b.until = "select count(*) = 20 from (select user from requests group by user"
              " having max(intended_us) >= 1000000)";
    run(&b);
    /* 20 users, 20/s, 1 s: 20 at once and 400 on average, standard deviation 20; the seed is
     * fixed. */
    assert_in_range(number(&b, "select count(*) from requests where intended_us < 1000000"), 301,
                    539);
    assert_int_equal(number(&b, "select count(*) from requests where intended_us is null or "
                                "sent_us < intended_us"),
                     0);
    finish(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrivals_are_rows_at_their_intended_times),
        cmocka_unit_test(a_ramp_of_rates_and_its_stages),
        cmocka_unit_test(a_queue_builds_up_behind_a_slow_server),
        cmocka_unit_test(a_queue_without_patience_sends_what_finds_a_user),
        cmocka_unit_test(what_waits_at_the_end_is_still_sent),
        cmocka_unit_test(an_order_ends_the_queue),
        cmocka_unit_test(one_warm_connection_does_for_few_arrivals),
        cmocka_unit_test(users_return_to_the_pool),
        cmocka_unit_test(a_seed_repeats_what_arrives),
        cmocka_unit_test(fewer_users_than_threads),
        cmocka_unit_test(paced_users_keep_their_schedule),
        cmocka_unit_test(poisson_waits_have_intended_times),
    };
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    int failed = 0;
    RUN_WITH_EACH_TRANSPORT(tests, failed);
    return failed;
}
