/* Which user, and so which connection, an arrival of an open load goes to: seen in the rows,
 * whatever the machine's pace. */
#include "engine/bench.h"

/* Twenty arrivals at once open up to ten users, and then 50 a second of 60 ms each need a few of
 * them. */
#define BURST_THEN_CALM                                                                            \
    "'max_users':10,'stages':[{'duration':0,'rate':1000},{'duration':'20ms','rate':1000},"         \
    "{'duration':0,'rate':50},{'duration':'1500ms','rate':50}]},'tasks':[{'path':'/slow/60'}]}"

/* Of the requests for which more than one user was free: the share that went to the one whose last
 * answer was `word` (min: the oldest, max: the newest). Ends that lie close together may be handled
 * in either order, and count as equal. */
static double share_that_went_to(struct bench *b, const char *word) {
    char sql[1200];
    snprintf(sql, sizeof sql,
             "with r as (select *, (select max(p.end_us) from requests p where p.user = q.user and"
             " p.end_us <= q.sent_us and p.id <> q.id) as free_since from requests q),"
             " u as (select distinct user from requests),"
             " others as (select r.id, r.free_since, u.user, (select max(p.end_us) from requests p"
             " where p.user = u.user and p.end_us <= r.sent_us) as since from r, u"
             " where r.free_since is not null and not exists (select 1 from requests p"
             " where p.user = u.user and p.sent_us < r.sent_us and p.end_us > r.sent_us)),"
             " choice as (select id, free_since, %s(since) as best from others"
             " where since is not null group by id having count(*) > 1)"
             " select 1000 * sum(abs(free_since - best) < 2000) / count(*) from choice",
             word);
    return (double)number(b, sql) / 1000;
}

/* On a machine that stands still all arrivals come at once, and there is not much to choose: so it
 * is the question of several runs. */
static bool most_went_to(const char *load, const char *word, const char *other) {
    struct bench b;
    setup(&b, 1, load);
    run(&b);
    assert_int_equal(number(&b, "select count(*) from requests where outcome <> 'ok'"), 0);
    bool most = share_that_went_to(&b, word) > 0.8 && share_that_went_to(&b, other) < 0.6;
    finish(&b);
    return most;
}

static void the_user_free_longest_comes_first(void **state) {
    (void)state;
    for (int i = 0; !most_went_to("{" TARGET "{" BURST_THEN_CALM, "min", "max"); i++)
        assert_true(i < 9);
}

static void or_the_one_that_was_busy_last(void **state) {
    (void)state;
    for (int i = 0; !most_went_to("{" TARGET "{'spread':false," BURST_THEN_CALM, "max", "min"); i++)
        assert_true(i < 9);
}

/* Answers are quick: without the number two or three connections would do. */
static void a_number_of_connections_is_opened_first(void **state) {
    (void)state;
    struct bench b;
    for (uint32_t threads = 1; threads <= 2; threads++) {
        setup(&b, threads,
              "{" TARGET "{'rate':100,'duration':'300ms','spread':7,'max_users':7},"
              "'tasks':[{'path':'/ok'}]}");
        run(&b);
        assert_int_equal(b.totals.rows, 30);
        assert_int_equal(number(&b, "select sum(new_connection) from requests"), 7);
        assert_int_equal(number(&b, "select count(distinct user) from requests"), 7);
        /* The first seven of a worker's arrivals go to users of their own. */
        assert_int_equal(number(&b, "select count(*) from (select new_connection from requests"
                                    " order by intended_us limit 7) where new_connection"),
                         7);
        finish(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_user_free_longest_comes_first),
        cmocka_unit_test(or_the_one_that_was_busy_last),
        cmocka_unit_test(a_number_of_connections_is_opened_first),
    };
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    int failed = 0;
    RUN_WITH_EACH_TRANSPORT(tests, failed);
    return failed;
}
