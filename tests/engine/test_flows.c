/* Whole runs of users that log in, carry values on and check answers: what the server wrote down is
 * what must have been sent. */
#define SERVER_SCRIPT "tests/support/shop.py"
#include "engine/bench.h"

#define FEED(mode) "'feeders':{'row':{'csv':'tests/support/users.csv','mode':'" mode "'}},"
#define LOGIN                                                                                      \
    "'on_start':[{'method':'POST','path':'/login','json':{'user':'${row.user}'},"                  \
    "'capture':{'token':{'json':'/token'}},'checks':[{'status':200}]}],"

static int64_t rows(struct bench *b, const char *where) {
    char sql[512];
    snprintf(sql, sizeof sql, "select count(*) from requests where %s", where);
    return number(b, sql);
}

/* The lines of the server's log since the last call that hold `text`. */
static int seen(const char *text) {
    return server_count(&server, text);
}

static void values_travel_from_feeder_and_answer_to_request(void **state) {
    (void)state;
    struct bench b;
    setup(
        &b, 2,
        "{" TARGET "{'users':3,'spawn_rate':1000,'duration':'1h'},'wait':{'constant':'20ms'},"
        "'variables':{'absent':'','kind':'cat \\'quoted\\''}," FEED("unique") LOGIN
        "'setup':[{'path':'/item/41','capture':{'item':{'json':'/next'}}}],"
        "'teardown':[{'path':'/bye/${item}'}],"
        "'on_stop':[{'method':'POST','path':'/logout/${row.user}','auth':{'bearer':'${token}'}}],"
        "'tasks':[{'name':'buy','steps':["
        "{'path':'/item/${user.id}?c=${row.card}','name':'item','capture':{'n':{'json':'/next'}}},"
        "{'wait':{'constant':'2ms'}},"
        "{'repeat':2,'steps':[{'method':'POST','path':'/predict','auth':{'bearer':'${token}'},"
        "'json':{'who':'${row.user}','kind':'${kind}','item':'${item}','n':'${n}'},"
        "'checks':[{'status':201},{'json':'/class','equals':'cat','name':'is a cat'}]}]},"
        "{'when':'${absent}','steps':[{'path':'/never'}]}]}]}");
    b.until = "select count(*) = 3 from (select user from requests where name = '/predict'"
              " group by user having count(*) > 6)";
    run(&b);
    static const char *const users[] = {"ann", "bob", "cy"};
    static const char *const cards[] = {"1", "2%2C2", "3"};
    for (int u = 0; u < 3; u++) {
        char text[256], where[128];
        snprintf(where, sizeof where, "name = '/predict' and user = %d", u);
        int64_t predicted = rows(&b, where);
        assert_true(predicted > 2);
        snprintf(
            text, sizeof text,
            "{\\\"who\\\":\\\"%s\\\",\\\"kind\\\":\\\"cat \\\\\\\"quoted\\\\\\\"\\\",\\\"item\\\":"
            "\\\"42\\\",\\\"n\\\":\\\"%d\\\"}\", \"authorization\": \"Bearer t-%s-",
            users[u], u + 1, users[u]);
        assert_int_equal(seen(text), predicted);
        snprintf(text, sizeof text, "\"/item/%d?c=%s\"", u, cards[u]);
        snprintf(where, sizeof where, "name = 'item' and user = %d", u);
        assert_int_equal(seen(text), rows(&b, where));
        snprintf(text, sizeof text, "\"/logout/%s\"", users[u]);
        assert_int_equal(seen(text), 1);
    }
    assert_int_equal(rows(&b, "outcome <> 'ok'"), 0);
    assert_int_equal(rows(&b, "name = '/never'"), 0);
    assert_int_equal(seen("/never"), 0);
    assert_int_equal(seen("\"/bye/42\""), 1);
    assert_int_equal(rows(&b, "name like '/bye%' or name = '/item/41'"), 0);
    assert_int_equal(number(&b, "select count(*) from event where kind in ('setup', 'teardown')"),
                     2);
    /* An iteration has its three requests and its wait in it; each of its users ends in the middle
     * of one at most. */
    int64_t iterations = number(&b, "select count(*) from iterations where name = 'buy' and ok");
    assert_in_range(rows(&b, "name = '/predict'") - 2 * iterations, 0, 6);
    assert_true(iterations > 3);
    assert_int_equal(number(&b, "select count(*) from iterations as i where duration_us < 2000 or"
                                " 3 <> (select count(*) from requests as r where r.user = i.user"
                                " and r.sent_us >= i.start_us and r.end_us <= i.end_us)"),
                     0);
    assert_int_equal(number(&b, "select sum(passes) from checks where name = 'is a cat'"),
                     rows(&b, "name = '/predict'"));
    assert_int_equal(number(&b, "select sum(fails) from checks"), 0);
    finish(&b);
}

static void checks_and_captures_decide(void **state) {
    (void)state;
    struct bench b;
    setenv("SHOP_SECRET", "hunter2-hunter2", 1);
    setup(&b, 1,
          "{" TARGET "{'users':1,'duration':'1h'},'wait':{'constant':'1ms'},'sequence':true,"
          "'http':{'compressed':true},'tasks':["
          "{'path':'/fail/503','name':'listed','checks':[{'status':[503]}]},"
          "{'path':'/fail/500','name':'unlisted','auth':{'bearer':'${env.SHOP_SECRET}'},"
          "'checks':[{'status':'2xx','name':'fine'}]},"
          "{'path':'/fail/404','name':'plain','checks':[{'body':{'contains':'sorry'}}]},"
          "{'path':'/item/1','name':'missing','capture':{'a':{'json':'/none'}}},"
          "{'path':'/use/${a}','name':'needs a'},"
          "{'path':'/item/1','name':'default','capture':{'b':{'json':'/none','default':'d'}}},"
          "{'path':'/use/${b}','name':'uses b'},"
          "{'path':'/inject','name':'inject','capture':{'c':{'json':'/token'}}},"
          "{'path':'/use/c','name':'evil','headers':{'X-C':'${c}'}},"
          "{'path':'/gzip','name':'gzip','capture':{'d':{'json':'/token'}}},"
          "{'path':'/binary','name':'binary','capture':{'e':{'regex':'token=(.*?);'}}},"
          "{'path':'/use/${d}/${e}','name':'both'},"
          "{'path':'/big/3000000','name':'big','checks':[{'size':{'min':3000000}}],"
          "'capture':{'f':{'body':true}}},"
          "{'path':'/use/last','name':'last'}]}");
    b.until = "select count(*) > 11 from requests where name = 'last'";
    run(&b);
    assert_int_equal(rows(&b, "name = 'listed' and (outcome <> 'ok' or status <> 503)"), 0);
    assert_int_equal(rows(&b, "name = 'unlisted' and (outcome <> 'check_failed' or status <> 500 or"
                              " error not like 'check fine:%')"),
                     0);
    assert_int_equal(rows(&b, "name = 'plain' and outcome <> 'http_error'"), 0);
    assert_int_equal(rows(&b, "name = 'missing' and (outcome <> 'check_failed' or"
                              " error not like 'capture a:%')"),
                     0);
    assert_int_equal(rows(&b, "name = 'needs a' and (outcome <> 'unsendable' or"
                              " error not like '%${a}%')"),
                     0);
    assert_true(rows(&b, "name = 'needs a'") > 0);
    assert_int_equal(rows(&b, "name in ('default', 'uses b') and outcome <> 'ok'"), 0);
    assert_int_equal(seen("\"/use/d\""), rows(&b, "name = 'uses b'"));
    /* A line end in a value never becomes a header. */
    assert_int_equal(rows(&b, "name = 'evil' and (outcome <> 'unsendable' or"
                              " error not like '%X-C%control character%')"),
                     0);
    assert_true(rows(&b, "name = 'evil'") > 0);
    assert_int_equal(seen("\"/use/c\"") + seen("x-evil"), 0);
    assert_int_equal(seen("\"/use/packed/raw\""), rows(&b, "name = 'both'"));
    /* A body of 3 MB is captured whole. */
    assert_int_equal(rows(&b, "name = 'big' and outcome <> 'ok'"), 0);
    assert_true(rows(&b, "name = 'big'") > 0);
    /* The first ten bodies of each request that a check refused, without the secret that this one
     * repeats. */
    int64_t refused = rows(&b, "name = 'unlisted'");
    assert_int_equal(number(&b, "select count(*) from failed_bodies where request = 'unlisted' and"
                                " body = 'sorry, Bearer *** is wrong' and status = 500 and"
                                " bytes = length('sorry, Bearer hunter2-hunter2 is wrong')"),
                     refused < 10 ? refused : 10);
    assert_int_equal(number(&b, "select count(*) from failed_bodies where body like '%hunter2%' or"
                                " length(body) > 4096"),
                     0);
    assert_int_equal(number(&b, "select sum(fails) from checks where name = 'fine'"), refused);
    /* A task of one request is an iteration each time that it was sent. */
    assert_int_equal(number(&b, "select count(*) from iterations"),
                     rows(&b, "outcome not in ('unsendable', 'cancelled')"));
    assert_int_equal(number(&b, "select count(*) from iteration"), 0);
    finish(&b);
}

/* The first n bodies with a text in them, one after the other. */
static void bodies(const char *text, int n, char *out, size_t bytes) {
    char line[4096];
    size_t len = 0;
    FILE *f = fopen(server.log, "r");
    out[0] = '\0';
    while (f != NULL && n > 0 && fgets(line, sizeof line, f) != NULL) {
        const char *body = strstr(line, "\"body\": ");
        if (strstr(line, text) == NULL || body == NULL)
            continue;
        len += (size_t)snprintf(out + len, bytes - len, "%.*s\n", (int)strcspn(body, ","), body);
        n--;
    }
    if (f != NULL)
        fclose(f);
    assert_int_equal(n, 0);
}

static void a_seed_repeats_what_is_sent(void **state) {
    (void)state;
    static const uint32_t threads[] = {1, 3, 1};
    char sent[3][4096];
    for (int i = 0; i < 3; i++) {
        struct bench b;
        char text[1024], mark[32];
        snprintf(mark, sizeof mark, "run%d-2", i);
        snprintf(text, sizeof text,
                 "{" TARGET "{'users':4,'spawn_rate':1000,'duration':'1h'},"
                 "'wait':{'constant':'1ms'}," FEED(
                     "random") "'tasks':[{'method':'POST','path':'/a/run%d-${user.id}',"
                               "'body':'${row.user} ${random.int(1,1000)} ${iteration} ${uuid} "
                               "${random.choice(x,y)}'}]}",
                 i);
        setup(&b, threads[i], text);
        b.until = "select count(*) >= 10 from requests where user = 2";
        b.options.seed = i == 2 ? 8 : 7;
        run(&b);
        bodies(mark, 10, sent[i], sizeof sent[i]);
        finish(&b);
    }
    assert_string_equal(sent[0], sent[1]);
    assert_string_not_equal(sent[0], sent[2]);
}

static void users_are_of_classes(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 2,
          "{" TARGET "{'users':14,'spawn_rate':100,'duration':'400ms'},'wait':{'constant':'5ms'},"
          "'users':[{'name':'many','weight':5,'tasks':[{'path':'/many'}]},"
          "{'name':'few','weight':1,'wait':{'constant':'20ms'},'tasks':[{'path':'/few'}],"
          "'on_stop':[{'path':'/bye'}]},"
          "{'name':'two','fixed_count':2,'sequence':true,'tasks':[{'path':'/1'},{'path':'/"
          "2','weight':"
          "0},{'path':'/3'}]}]}");
    run(&b);
    /* The fixed ones first, then five of one to one of the other, spread evenly. */
    assert_int_equal(number(&b, "select count(distinct user) from requests where name = '/many'"),
                     10);
    assert_int_equal(number(&b, "select count(*) from (select distinct user from requests where"
                                " name = '/few') where user in (5, 11)"),
                     2);
    assert_int_equal(number(&b, "select count(distinct user) from requests where name = '/1' and"
                                " user < 2"),
                     2);
    assert_int_equal(rows(&b, "name = '/bye'"), 2);
    assert_int_equal(number(&b, "select count(*) from (select name, lag(name) over (partition by"
                                " user order by sent_us) as before from requests where user < 2)"
                                " where before is not null and name <> case before when '/1' then"
                                " '/2' when '/2' then '/3' else '/1' end"),
                     0);
    finish(&b);
}

static void loads_have_their_own_time_and_tasks(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 2,
          "{'target':'http://127.0.0.1:@','wait':{'constant':'5ms'},'tasks':[{'path':'/shared'}],"
          "'loads':[{'name':'a','load':{'users':2,'spawn_rate':100,'duration':'300ms'}},"
          "{'name':'b','start':'200ms','load':{'rate':100,'duration':'400ms','max_users':5},"
          "'on_start':[{'path':'/hello'}],'tasks':[{'path':'/b'}]},"
          "{'name':'c','start':'400ms','load':{'users':1,'duration':'100ms'}}]}");
    run(&b);
    /* Nothing is begun after its load's end; what was due just before may be sent a little late. */
    assert_in_range(rows(&b, "name = '/shared' and user < 2 and sent_us > 300000"), 0, 2);
    assert_int_equal(rows(&b, "name = '/b' and intended_us < 200000"), 0);
    /* Arrivals 0 .. 39 of 100/s from 200 ms on, each a row at its own time. */
    assert_int_equal(number(&b, "select count(distinct intended_us) from requests where name = "
                                "'/b' and (intended_us - 200000) % 10000 = 0"),
                     40);
    assert_int_equal(
        rows(&b, "name = '/hello'"),
        number(&b, "select count(distinct user) from requests where user between 2 and 6"));
    assert_int_equal(rows(&b, "name = '/shared' and user = 7 and sent_us < 400000"), 0);
    assert_true(rows(&b, "name = '/shared' and user = 7") > 0);
    assert_int_equal(number(&b, "select count(*) from event where kind = 'load_start' and"
                                " (text, at_us) in (('load a: begins', 0), ('load b: begins', "
                                "200000), ('load c: begins', 400000))"),
                     3);
    assert_int_equal(number(&b, "select count(*) from event where kind = 'load_end'"), 3);
    assert_true(b.result.duration_ns >= 600 * NS_PER_MS);
    finish(&b);
}

static void a_feeder_that_is_empty_ends_the_run_or_the_user(void **state) {
    (void)state;
    struct bench b;
    setup(&b, 2,
          "{" TARGET
          "{'users':4,'spawn_rate':1000,'duration':'30s'},'wait':{'constant':'1ms'}," FEED(
              "once") "'tasks':[{'path':'/once/${row.user}'}]}");
    run(&b);
    assert_int_equal(b.totals.rows, 3);
    assert_int_equal(seen("\"/once/ann\"") + seen("\"/once/bob\"") + seen("\"/once/cy\""), 3);
    assert_true(b.result.duration_ns < 20 * NS_PER_S);
    assert_true(number(&b, "select count(*) from event where kind = 'feeder_empty' and text like"
                           " 'the feeder row has no row left after 3: the run%'") > 0);
    finish(&b);
    setup(&b, 1,
          "{" TARGET
          "{'users':5,'spawn_rate':1000,'duration':'300ms'},'wait':{'constant':'5ms'}," FEED(
              "unique") "'tasks':[{'path':'/mine/${row.user}'}]}");
    run(&b);
    assert_int_equal(number(&b, "select count(distinct user) from requests where user < 3"), 3);
    assert_int_equal(rows(&b, "user >= 3"), 0);
    finish(&b);
}

/* Three rows, and 50 arrivals for users who leave when there is none: what nobody can serve waits
 * for nobody. */
static void arrivals_without_a_user_who_has_a_row_do_not_wait(void **state) {
    (void)state;
    static const char *const stops[] = {"", "'on_stop':[{'path':'/out'}],"};
    for (size_t i = 0; i < 2; i++) {
        char text[1024];
        struct bench b;
        snprintf(text, sizeof text,
                 "{" TARGET "{'rate':50,'duration':'1s','max_users':2,'queue_timeout':'20s'},%s"
                 "'feeders':{'row':{'csv':'tests/support/users.csv','mode':'once','ends':'user'}},"
                 "'tasks':[{'path':'/once/${row.user}'}]}",
                 stops[i]);
        setup(&b, 1, text);
        run(&b);
        assert_int_equal(rows(&b, "intended_us is not null"), 50);
        assert_int_equal(rows(&b, "outcome = 'ok' and intended_us is not null"), 3);
        assert_int_equal(rows(&b, "outcome = 'not_sent' and error in ('a feeder has no row left "
                                  "for this user', 'a feeder has no row left for any user')"),
                         47);
        finish(&b);
    }
}

static void a_setup_that_fails_sends_no_load(void **state) {
    (void)state;
    struct bench b;
    struct err e = {""};
    setup(&b, 1,
          "{" TARGET "{'users':1,'duration':'300ms'},'tasks':[{'path':'/load'}],"
          "'setup':[{'path':'/fail/500','name':'prepare'},{'path':'/second'}]}");
    assert_int_equal(engine_run(&b.options, &b.result, &e), -1);
    assert_string_equal(e.text, "setup: GET prepare: HTTP 500");
    assert_int_equal(seen("\"/load\"") + seen("\"/second\""), 0);
    record_stop(b.record, NULL);
    record_close(b.record, NULL, NULL);
    b.db = NULL;
    finish(&b);
}

/* User 1 leaves at the first `ms` and comes back at the second. */
static bool leaves_and_comes_back(int ms) {
    struct bench b;
    char text[512], away[128];
    snprintf(text, sizeof text,
             "{" TARGET "{'start_users':2,'stages':[{'duration':'%dms','users':2},{'duration':0,"
             "'users':1},{'duration':'%dms','users':1},{'duration':0,'users':2},{'duration':'%dms',"
             "'users':2}]},'wait':{'constant':'10ms'},'on_start':[{'path':'/in'}],"
             "'on_stop':[{'path':'/out'}],'tasks':[{'path':'/work'}]}",
             ms, ms, ms);
    snprintf(away, sizeof away, "name = '/work' and user = 1 and sent_us between %d and %d",
             1250 * ms, 2000 * ms - 1);
    setup(&b, 1, text);
    run(&b);
    bool good = rows(&b, "name = '/in' and user = 1") == 2 &&
                rows(&b, "name = '/out' and user = 1") == 2 &&
                rows(&b, "name = '/out' and user = 0") == 1 && rows(&b, away) == 0;
    finish(&b);
    return good;
}

static void who_leaves_says_goodbye_in_time_or_not_at_all(void **state) {
    (void)state;
    /* Who is called back before he has left stays: a machine that stood still has another try, with
     * more time. */
    for (int ms = 200; !leaves_and_comes_back(ms); ms *= 3)
        assert_true(ms < 20000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_travel_from_feeder_and_answer_to_request),
        cmocka_unit_test(checks_and_captures_decide),
        cmocka_unit_test(a_seed_repeats_what_is_sent),
        cmocka_unit_test(users_are_of_classes),
        cmocka_unit_test(loads_have_their_own_time_and_tasks),
        cmocka_unit_test(a_feeder_that_is_empty_ends_the_run_or_the_user),
        cmocka_unit_test(arrivals_without_a_user_who_has_a_row_do_not_wait),
        cmocka_unit_test(a_setup_that_fails_sends_no_load),
        cmocka_unit_test(who_leaves_says_goodbye_in_time_or_not_at_all),
    };
    int failed = 0;
    RUN_WITH_EACH_TRANSPORT(tests, failed);
    return failed;
}
