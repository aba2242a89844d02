/*
 * The whole import, into real run files: instances and series by hand, metrics beside logs, what is
 * passed over, importing twice, older files, and ones that cannot be imported into.
 */
#include "import/fixture.h"

#include "record/reader.h"

static const struct client_row some_rows[] = {{0, 1000, 100, OUTCOME_OK, 0, false}};

static const char *new_run(const char *name) {
    static char paths[32][512]; /* in_dir() keeps four only */
    static int next;
    char *path = paths[next++ % 32];
    snprintf(path, sizeof paths[0], "%s", in_dir(name));
    make_client(path, some_rows, 1, TRACE_RUN);
    return path;
}

#define START "Starting new instance. Reason: AUTOSCALING - Instance started due to traffic."
#define START_MIN                                                                                  \
    "Starting new instance. Reason: MANUAL_OR_CUSTOMER_MIN_INSTANCE - Instance started because of"
#define READY "Default STARTUP TCP probe succeeded after 1 attempt for container"
#define FAILED                                                                                     \
    "Default STARTUP TCP probe failed 1 time consecutively for container. The instance was not "   \
    "started."

static struct server_line served(const char *id, int64_t at_ms, int64_t ms, const char *instance) {
    return (struct server_line){id, "s", START_US + at_ms * MS, ms * MS, 200, instance, NULL};
}

/*
 * a: started at 2 s for a request that came at 1.9 s, ready at 4 s; that request ends at 4.25 s, a
 *    second one is in it from 4.1 to 4.6 s, a third from 5.3 to 5.32 s; then idle.
 * b: only one request of it is known, from 5 to 5.5 s.
 * c: started at 6 s, ready at 6.5 s, a request from 6.6 s; killed for its memory at 7 s.
 * d: started at 6 s, its probe failed at 8 s.
 * e: kept by min-instances from 3 s on, ready at 3.2 s.
 * And a request at 6.2 s that reached none of them.
 */
static void put_lives(const char *path) {
    FILE *f = make_file(path);
    struct server_line lines[] = {served("1", 1900, 2350, "a"), served("2", 4100, 500, "a"),
                                  served("3", 5300, 20, "a"),   served("4", 5000, 500, "b"),
                                  served("5", 6600, 400, "c"),  served("6", 6200, 0, NULL)};
    lines[4].status = 500;
    lines[5].status = 429;
    for (size_t i = 0; i < 6; i++)
        put_request(f, &lines[i]);
    put_event(f, "7", START_US + 2000 * MS, "a", START);
    put_event(f, "8", START_US + 4000 * MS, "a", READY);
    put_event(f, "9", START_US + 6000 * MS, "c", START);
    put_event(f, "10", START_US + 6500 * MS, "c", READY);
    put_event(f, "11", START_US + 7000 * MS, "c",
              "Memory limit of 512 MiB exceeded with 524 MiB used.");
    put_event(f, "12", START_US + 7050 * MS, "c", "Container terminated on signal 9.");
    put_event(f, "13", START_US + 6000 * MS, "d", START);
    put_event(f, "14", START_US + 8000 * MS, "d", FAILED);
    put_event(f, "15", START_US + 3000 * MS, "e", START_MIN);
    put_event(f, "16", START_US + 3200 * MS, "e", READY);
    fclose(f);
}

static void test_instances_from_the_log(void **state) {
    (void)state;
    const char *run = new_run("lives.db");
    put_lives(in_dir("lives.log"));
    import_log_of(run, in_dir("lives.log"));
    /* 905.32 s = 5.32 s + 15 min */
    assert_query(run,
                 "SELECT instance, started_us, ready_us, ended_us, reason, end_kind, start_kind,"
                 " requests FROM instances ORDER BY instance",
                 "a|2000000|4000000|905320000|AUTOSCALING|idle_limit|log|3\n"
                 "b|5000000|NULL|905500000|NULL|idle_limit|first_seen|1\n"
                 "c|6000000|6500000|7050000|AUTOSCALING|memory|log|1\n"
                 "d|6000000|NULL|8000000|AUTOSCALING|probe_failed|log|0\n"
                 "e|3000000|3200000|NULL|MANUAL_OR_CUSTOMER_MIN_INSTANCE|open|log|0\n");
    assert_query(run, "SELECT kind, count(*) FROM server_events GROUP BY kind",
                 "memory|1\nprobe_failed|1\nready|3\nsignal|1\nstart|4\n");
}

static void test_an_instance_that_served_after_a_crash_had_not_ended(void **state) {
    (void)state;
    const char *run = new_run("alive.db");
    FILE *f = make_file(in_dir("alive.log"));
    struct server_line after = served("1", 3000, 100, "a");
    put_event(f, "2", START_US + 1000 * MS, "a", START);
    put_event(f, "3", START_US + 1500 * MS, "a", FAILED);
    put_event(f, "4", START_US + 1900 * MS, "a", READY);
    put_event(f, "5", START_US + 2000 * MS, "a", "Container called exit(1).");
    put_request(f, &after);
    fclose(f);
    import_log_of(run, in_dir("alive.log"));
    assert_query(run, "SELECT ended_us, end_kind FROM instances", "903100000|idle_limit\n");
}

/* Seconds are 0 to 1, 1 to 2 ... of the run. A point stands at the end of its second. */
static void assert_series(const char *run, const char *metric, const char *label,
                          const char *expected) {
    char sql[500];
    snprintf(sql, sizeof sql,
             "SELECT at_us / 1000000, round(value, 6) FROM server_series WHERE metric = '%s'"
             " AND label = '%s' AND at_us <= 9000000 ORDER BY at_us",
             metric, label);
    assert_query(run, sql, expected);
}

static void test_series_from_the_log(void **state) {
    (void)state;
    const char *run = new_run("series.db");
    put_lives(in_dir("series.log"));
    import_log_of(run, in_dir("series.log"));
    /* a works from its start at 2 s to 4.6 s and in the sixth second, b in the sixth, c in the
     * seventh (6.6 s to 7 s). */
    assert_series(run, "container/instance_count", "active",
                  "2|0.0\n3|1.0\n4|1.0\n5|1.0\n6|2.0\n7|1.0\n8|0.0\n9|0.0\n");
    /* e is idle from its start on, c before and after its request, d all the time that it tries. */
    assert_series(run, "container/instance_count", "idle",
                  "2|0.0\n3|0.0\n4|1.0\n5|1.0\n6|1.0\n7|4.0\n8|5.0\n9|3.0\n");
    /* a: 2 to 4.6 s is one stretch of 2.6 s; 20 ms are 0.1 s. b: 0.5 s. c: 6 to 6.5 and 6.6 to 7
     * s. d: 2 s. e: 0.2 s. */
    assert_series(run, "container/billable_instance_time", "",
                  "2|0.0\n3|1.0\n4|1.2\n5|0.6\n6|0.6\n7|1.9\n8|1.0\n9|0.0\n");
    assert_series(run, "request_count", "2xx",
                  "2|0.0\n3|0.0\n4|0.0\n5|2.0\n6|2.0\n7|0.0\n8|0.0\n9|0.0\n");
    assert_series(run, "request_count", "5xx",
                  "2|0.0\n3|0.0\n4|0.0\n5|0.0\n6|0.0\n7|0.0\n8|1.0\n9|0.0\n");
    /* It reached no instance, so the metric would not have it. */
    assert_series(run, "request_count", "4xx", "");
    /* 2350 and 500 ms ended in the fifth second; 2100 of the first was before the probe passed. */
    assert_series(run, "request_latency/e2e_latencies", "mean", "5|1425.0\n6|260.0\n8|400.0\n");
    assert_series(run, "request_latencies", "mean", "5|375.0\n6|260.0\n8|400.0\n");
    assert_series(run, "request_latency/pending", "mean", "5|1050.0\n6|0.0\n8|0.0\n");
    assert_series(run, "request_latencies", "p50", "5|375.0\n6|260.0\n8|400.0\n");
    /* 20 + 0.95 * 480, linear between the two */
    assert_series(run, "request_latencies", "p95", "5|487.5\n6|476.0\n8|400.0\n");
    assert_series(run, "request_latencies", "count", "5|2.0\n6|2.0\n8|1.0\n");
    assert_query(run, "SELECT DISTINCT source FROM server_series", "logs\n");
}

#define SERIES(type, labels, revision, kind, points)                                               \
    "{\"metric\":{\"type\":\"run.googleapis.com/" type "\",\"labels\":{" labels                    \
    "}},\"resource\":{\"type\":\"cloud_run_revision\",\"labels\":{\"service_name\":\"s\","         \
    "\"revision_name\":\"" revision "\"}},\"metricKind\":\"" kind "\",\"points\":[" points "]}"
#define AT(second, value)                                                                          \
    "{\"interval\":{\"startTime\":\"2025-11-24T16:00:0" #second                                    \
    ".123Z\",\"endTime\":\"2025-11-24T16:01:0" #second ".123Z\"},\"value\":{" value "}}"

#define THREE AT(2, "\"int64Value\":\"3\"")
#define TWO AT(1, "\"int64Value\":\"2\"")
#define ONE AT(2, "\"int64Value\":\"1\"")
#define ACTIVE(revision, points)                                                                   \
    SERIES("container/instance_count", "\"state\":\"active\"", revision, "GAUGE", points)
#define CPU_VALUES(count, buckets)                                                                 \
    "\"distributionValue\":{\"count\":" count ",\"bucketOptions\":{\"linearBuckets\":{"            \
    "\"numFiniteBuckets\":2,\"width\":10,\"offset\":0}},\"bucketCounts\":[" buckets "]}"
#define CPU(container, values)                                                                     \
    SERIES("container/cpu/utilizations", "\"container_name\":\"" container "\"", "s-1", "DELTA",   \
           AT(1, values))
#define ACTIVE_1 ACTIVE("s-1", THREE "," TWO)
#define ACTIVE_2 ACTIVE("s-2", ONE)
#define CPU_APP CPU("app", CPU_VALUES("\"10\",\"mean\":2", "\"0\",\"10\""))
#define CPU_PROXY CPU("proxy", CPU_VALUES("\"30\",\"mean\":18", "\"0\",\"0\",\"30\""))

static const char metrics_text[] = "{\"timeSeries\":[" ACTIVE_1 "," ACTIVE_2 "," CPU_APP
                                   "," CPU_PROXY "],\"nextPageToken\":\"x\"}";

static void put_text(const char *path, const char *text) {
    FILE *f = make_file(path);
    fputs(text, f);
    fclose(f);
}

static void test_metrics_alone(void **state) {
    (void)state;
    const char *run = new_run("metrics.db");
    put_text(in_dir("metrics.json"), metrics_text);
    struct import_result r = import_files(run, NULL, in_dir("metrics.json"), usual());
    assert_int_equal(r.sources[0].entries, 5);
    assert_int_equal(r.sources[0].used, 5);
    assert_int_equal(r.points, 5);
    assert_true(r.has_instance_count && r.has_cpu && !r.has_memory && !r.has_request_count);
    assert_string_equal(r.service, "s");
    assert_string_equal(r.join.state, "no_requests");
    import_result_done(&r);
    /* Revisions add up. */
    assert_query(run,
                 "SELECT label, at_us, value, start_us, kind, source FROM server_series"
                 " WHERE metric = 'container/instance_count' ORDER BY at_us",
                 "active|61000000|2.0|1000000|gauge|metrics\n"
                 "active|62000000|4.0|2000000|gauge|metrics\n");
    /* 10 values below 10 with mean 2, 30 between 10 and 20 with mean 18: their mean is 14, the
     * median of 40 is the 20th, a third into the second bucket. */
    assert_query(run,
                 "SELECT label, round(value, 6), kind, source FROM server_series"
                 " WHERE metric = 'container/cpu/utilizations' ORDER BY label",
                 "count|40.0|delta|metrics\nmean|14.0|gauge|metrics\np50|13.333333|gauge|metrics\n"
                 "p95|19.333333|gauge|metrics\np99|19.866667|gauge|metrics\n");
    assert_query(run, "SELECT count(*) FROM instances", "0\n");
}

static void test_metrics_beside_a_log_are_kept_as_they_are(void **state) {
    (void)state;
    const char *run = new_run("both.db");
    put_text(in_dir("both.json"), metrics_text);
    put_lives(in_dir("both.log"));
    struct import_result r = import_files(run, in_dir("both.log"), in_dir("both.json"), usual());
    import_result_done(&r);
    assert_query(run,
                 "SELECT metric, source, count(DISTINCT label) FROM server_series"
                 " GROUP BY metric, source ORDER BY metric",
                 "container/billable_instance_time|logs|1\n"
                 "container/cpu/utilizations|metrics|5\n"
                 "container/instance_count|metrics|1\n"
                 "request_count|logs|2\n"
                 "request_latencies|logs|5\n"
                 "request_latency/e2e_latencies|logs|5\n"
                 "request_latency/pending|logs|5\n");
}

/* The log does not tell that an idle instance was taken away; the metrics do. */
static void test_metrics_tell_the_end_of_an_idle_instance(void **state) {
    (void)state;
    const char *run = new_run("gone.db");
    FILE *f = make_file(in_dir("gone.log"));
    struct server_line x = served("1", 1000, 500, "a");
    put_request(f, &x);
    fclose(f);
    put_text(
        in_dir("gone.json"),
        "[" SERIES("container/instance_count", "\"state\":\"active\"", "s-1", "GAUGE",
                   AT(3, "\"int64Value\":\"0\"") "," AT(
                       1, "\"int64Value\":\"0\"")) "," SERIES("container/instance_count",
                                                              "\"state\":\"idle\"", "s-1", "GAUGE",
                                                              AT(3, "\"int64Value\":\"0\"") "," AT(
                                                                  1, "\"int64Value\":\"1\"")) "]");
    struct import_result r = import_files(run, in_dir("gone.log"), in_dir("gone.json"), usual());
    import_result_done(&r);
    assert_query(run, "SELECT ended_us, end_kind FROM instances", "63000000|metrics\n");
}

/* All that an import leaves, in order. */
static char *everything(const char *run) {
    return query(run,
                 "SELECT * FROM (SELECT 'request', r.* FROM server_requests AS r ORDER BY trace,"
                 " at_us) UNION ALL SELECT 'event', at_us, instance, kind, severity, text, reason,"
                 " revision, 0, 0, 0, 0, 0 FROM server_events UNION ALL SELECT 'instance', i.*, 0,"
                 " 0, 0 FROM instances AS i UNION ALL SELECT 'point', s.*, 0, 0, 0, 0, 0 FROM"
                 " server_series AS s UNION ALL SELECT 'source', i.*, 0 FROM imported AS i");
}

static void test_importing_twice_changes_nothing(void **state) {
    (void)state;
    const char *run = new_run("twice.db");
    put_text(in_dir("twice.json"), metrics_text);
    put_lives(in_dir("twice.log"));
    struct import_result r = import_files(run, in_dir("twice.log"), in_dir("twice.json"), usual());
    assert_int_equal(r.sources[0].added, 16);
    assert_int_equal(r.sources[1].added, 5);
    import_result_done(&r);
    char *once = everything(run);
    assert_has(once, "request|");
    r = import_files(run, in_dir("twice.log"), in_dir("twice.json"), usual());
    assert_int_equal(r.sources[0].used, 16);
    assert_int_equal(r.sources[0].added, 0);
    assert_int_equal(r.sources[1].added, 0);
    import_result_done(&r);
    char *twice = everything(run);
    assert_string_equal(once, twice);
    free(once);
    free(twice);
}

/* A log in two exports that overlap, imported one after the other, is the whole log. */
static void test_exports_that_overlap(void **state) {
    (void)state;
    const char *run = new_run("overlap.db");
    FILE *f = make_file(in_dir("first.log"));
    struct server_line a = served("1", 1000, 100, "a"), b = served("2", 2000, 100, "a"),
                       c = served("3", 3000, 100, "a");
    put_request(f, &a);
    put_request(f, &b);
    fclose(f);
    f = make_file(in_dir("second.log"));
    put_request(f, &c);
    put_request(f, &b);
    fclose(f);
    import_log_of(run, in_dir("first.log"));
    import_log_of(run, in_dir("second.log"));
    assert_query(run, "SELECT at_us FROM server_requests ORDER BY at_us",
                 "1000000\n2000000\n3000000\n");
    assert_query(run, "SELECT requests FROM instances", "3\n");
}

static void test_what_is_passed_over_is_counted_and_named(void **state) {
    (void)state;
    const char *run = new_run("passed.db");
    FILE *f = make_file(in_dir("passed.log"));
    struct server_line mine = served("1", 1000, 100, "a"), other = served("2", 1000, 100, "x"),
                       early = served("3", -1201000, 100, "a"),
                       late = served("4", 1211000, 100, "a"),
                       edge = served("5", -1199000, 100, "a");
    other.service = "t";
    put_request(f, &mine);
    put_request(f, &other);
    put_request(f, &early);
    put_request(f, &late);
    put_request(f, &edge);
    fputs("{\"logName\":\"projects/p/logs/cloudaudit.googleapis.com%2Factivity\"}\n"
          "{\"logName\":\"p/logs/"
          "run.googleapis.com%2Fstdout\",\"timestamp\":\"2025-11-24T16:00:01Z\"}\n"
          "{\"logName\":\"p/logs/run.googleapis.com%2Frequests\"}\n"
          "17\n"
          "{\"logName\":\"p/logs/run.googleapis.com%2Frequ\n"
          "{\"a\":1,\"a\":2}\n",
          f);
    fclose(f);
    struct import_options o = usual();
    o.service = "s";
    struct import_result r = import_files(run, in_dir("passed.log"), NULL, o);
    const struct import_source *x = &r.sources[0];
    assert_int_equal(x->entries, 11);
    assert_int_equal(x->used, 2);
    assert_int_equal(x->elsewhere, 1);
    assert_int_equal(x->outside, 2);
    assert_int_equal(x->outside_first_us, early.at_us);
    assert_int_equal(x->outside_last_us, late.at_us);
    assert_int_equal(x->unknown, 1);
    assert_int_equal(x->output, 1);
    assert_int_equal(x->bad, 4);
    assert_has(buf_text(&x->complaints), "passed.log:8: it has no timestamp\n");
    assert_has(buf_text(&x->complaints), "passed.log:10: it is damaged");
    assert_has(buf_text(&x->complaints), "passed.log:9: it is a number, not an object\n");
    assert_has(buf_text(&x->complaints), "passed.log:11: ");
    assert_false(x->cut_short);
    import_result_done(&r);
    o.all = true;
    r = import_files(run, in_dir("passed.log"), NULL, o);
    assert_int_equal(r.sources[0].used, 4);
    assert_int_equal(r.sources[0].added, 2);
    import_result_done(&r);
}

static void test_a_file_cut_in_half_gives_what_is_whole(void **state) {
    (void)state;
    const char *run = new_run("half.db");
    FILE *f = make_file(in_dir("half.log"));
    fputc('[', f);
    for (int i = 0; i < 10; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        struct server_line x = served(id, 1000 + i, 100, "a");
        if (i > 0)
            fputc(',', f);
        put_request(f, &x);
    }
    long size = ftell(f);
    fclose(f);
    assert_int_equal(truncate(in_dir("half.log"), size / 2), 0);
    struct import_result r = import_files(run, in_dir("half.log"), NULL, usual());
    assert_true(r.sources[0].cut_short);
    assert_in_range(r.sources[0].used, 4, 5);
    assert_int_equal(r.sources[0].bad, 0);
    import_result_done(&r);
    assert_query(run, "SELECT cut_short FROM imported", "1\n");
}

/* The service that the run was sent to is the one with its traces, not the one with most
 * entries. */
static void test_several_services(void **state) {
    (void)state;
    const char *run = new_run("services.db");
    FILE *f = make_file(in_dir("services.log"));
    struct server_line big[3] = {served("1", 1000, 1, "x"), served("2", 1001, 1, "x"),
                                 served("3", 1002, 1, "x")},
                       mine = served("4", 1010, 80, "a");
    for (int i = 0; i < 3; i++) {
        big[i].service = "big";
        put_request(f, &big[i]);
    }
    mine.trace = TRACE_RUN "0000000000000000";
    put_request(f, &mine);
    fclose(f);
    struct import_result r = import_files(run, in_dir("services.log"), NULL, usual());
    assert_string_equal(r.service, "s");
    assert_string_equal(r.others, "big");
    assert_int_equal(r.sources[0].used, 1);
    assert_int_equal(r.sources[0].elsewhere, 3);
    import_result_done(&r);
    assert_query(run, "SELECT instance, request_id FROM server_requests", "a|1\n");
    /* It is remembered, and replaced only when asked to. */
    struct err e = {""};
    struct import_options o = usual();
    const char *log = in_dir("services.log");
    o.logs = &log;
    o.log_count = 1;
    o.service = "big";
    assert_int_equal(import_run(run, &o, &r, &e), -1);
    assert_has(e.text, "already has the server data of service s");
    assert_query(run, "SELECT count(*) FROM server_requests", "1\n");
    o.replace = true;
    r = import_files(run, log, NULL, o);
    assert_int_equal(r.requests, 3);
    import_result_done(&r);
    assert_query(run, "SELECT DISTINCT instance FROM server_requests", "x\n");
    assert_query(run, "SELECT service FROM server_side", "big\n");
}

static void exec(const char *path, const char *text) {
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
    sqlite3_close(db);
}

/* As a coldswarm of before there was an import made it. */
static void make_version_2(const char *run) {
    char *names = query(run, "SELECT 'DROP ' || type || ' ' || name || ';' FROM sqlite_master WHERE"
                             " (name LIKE 'server%' OR name LIKE 'scrape%' OR name IN ('imported', "
                             "'instances', 'task', 'iteration',"
                             " 'iterations', 'check_name', 'check_second', 'checks', 'failed_body',"
                             " 'failed_bodies', 'stream', 'streams')) AND type IN"
                             " ('table', 'view')");
    assert_has(names, "DROP table imported;");
    exec(run, names);
    free(names);
    exec(run,
         "DROP VIEW requests; ALTER TABLE result DROP COLUMN sent_again;"
         "ALTER TABLE result DROP COLUMN http_version; ALTER TABLE result DROP COLUMN previous_end;"
         "ALTER TABLE result DROP COLUMN grpc_status;"
         "DROP TABLE reconnection;"
         "CREATE VIEW requests AS SELECT id FROM request");
    exec(run, "PRAGMA user_version = 2");
}

static void test_a_file_of_an_older_version_is_upgraded(void **state) {
    (void)state;
    const char *run = new_run("older.db");
    put_lives(in_dir("older.log"));
    make_version_2(run);
    struct reader *reader = NULL;
    struct err e = {""};
    assert_ok(reader_open(run, &reader, &e), e); /* it can be read as it is */
    reader_close(reader);
    import_log_of(run, in_dir("older.log"));
    assert_query(run, "PRAGMA user_version", "10\n");
    assert_query(run, "SELECT count(*) FROM checks", "0\n");
    assert_query(run, "SELECT count(*) FROM server_requests", "6\n");
    assert_query(run, "SELECT count(*), max(sent_again), max(http_version) FROM requests",
                 "1|0|NULL\n");
    /* An import that fails leaves the old one as it was. */
    make_version_2(run);
    const char *none = in_dir("none.log");
    struct import_options o = usual();
    struct import_result r;
    o.logs = &none;
    o.log_count = 1;
    assert_int_equal(import_run(run, &o, &r, &e), -1);
    assert_query(run, "PRAGMA user_version", "2\n");
    assert_query(run, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'server%'", "0\n");
}

static void assert_refused(const char *run, const char *log, const char *says) {
    struct err e = {""};
    struct import_options o = usual();
    struct import_result r;
    o.logs = &log;
    o.log_count = 1;
    assert_int_equal(import_run(run, &o, &r, &e), -1);
    assert_has(e.text, says);
}

static void test_run_files_that_cannot_be_imported_into(void **state) {
    (void)state;
    put_lives(in_dir("fine.log"));
    assert_refused(in_dir("fine.log"), in_dir("fine.log"), "not a run file");
    assert_refused(in_dir("nothing.db"), in_dir("fine.log"), "No such file");
    new_run("newer.db");
    exec(in_dir("newer.db"), "PRAGMA user_version = 99");
    assert_refused(in_dir("newer.db"), in_dir("fine.log"), "newer coldswarm");

    struct err e = {""};
    struct record *r = NULL;
    struct record_run run = small_run(1);
    assert_ok(record_open(in_dir("growing.db"), &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    assert_refused(in_dir("growing.db"), in_dir("fine.log"), "another program has it open");
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, NULL, &e), e);
    import_log_of(in_dir("growing.db"), in_dir("fine.log")); /* one that was cut short is fine */
}

static void test_files_that_are_no_export(void **state) {
    (void)state;
    const char *run = new_run("refused.db");
    put_text(in_dir("empty"), "");
    assert_refused(run, in_dir("empty"), "is empty");
    put_text(in_dir("blank"), " \n\n");
    assert_refused(run, in_dir("blank"), "is empty");
    put_text(in_dir("page"), "<html>\n<body>no</body>\n");
    assert_refused(run, in_dir("page"), "is not JSON with entries");
    put_text(in_dir("table"), "STATUS  LATENCY\n200  0.1s\n");
    assert_refused(run, in_dir("table"), "--format=json");
    put_text(in_dir("start"), "[{\"logName\":\"x");
    assert_refused(run, in_dir("start"), "within its first entry");
    put_text(in_dir("metrics"), metrics_text);
    assert_refused(run, in_dir("metrics"), "give it with --metrics");
    assert_refused(run, dir, "Is a directory");
    assert_refused(run, in_dir("missing"), "No such file");
    assert_query(run, "SELECT count(*) FROM server_side", "0\n");
    put_text(in_dir("none"), "[]\n"); /* what gcloud prints where nothing was found */
    import_log_of(run, in_dir("none"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instances_from_the_log),
        cmocka_unit_test(test_an_instance_that_served_after_a_crash_had_not_ended),
        cmocka_unit_test(test_series_from_the_log),
        cmocka_unit_test(test_metrics_alone),
        cmocka_unit_test(test_metrics_beside_a_log_are_kept_as_they_are),
        cmocka_unit_test(test_metrics_tell_the_end_of_an_idle_instance),
        cmocka_unit_test(test_importing_twice_changes_nothing),
        cmocka_unit_test(test_exports_that_overlap),
        cmocka_unit_test(test_what_is_passed_over_is_counted_and_named),
        cmocka_unit_test(test_a_file_cut_in_half_gives_what_is_whole),
        cmocka_unit_test(test_several_services),
        cmocka_unit_test(test_a_file_of_an_older_version_is_upgraded),
        cmocka_unit_test(test_run_files_that_cannot_be_imported_into),
        cmocka_unit_test(test_files_that_are_no_export),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
