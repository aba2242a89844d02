/* record: what goes in through the queue comes out of the views, to the letter. */
#include "record/record.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "record/fixture.h"

#define NS_US INT64_C(1000)

/* Opens, pushes the samples through worker 0, stops and closes. */
static void record_all(const char *path, const struct record_run *run, const struct sample *samples,
                       size_t n, struct record_totals *totals) {
    struct record *r;
    struct err e;
    assert_ok(record_open(path, run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    for (size_t i = 0; i < n; i++)
        assert_true(queue_push(record_queue(r, 0), &samples[i]));
    assert_ok(record_stop(r, &e), e);
    if (totals != NULL)
        record_totals(r, totals);
    assert_ok(record_close(r, &valid_end, &e), e);
}

#define KINDS 7

static void make_kinds(struct sample out[KINDS], uint16_t refused) {
    const struct sample samples[KINDS] = {
        /* 1: a closed loop's, on a new TLS connection, cut to microseconds one by one */
        {.intended_ns = SAMPLE_NO_TIME,
         .sent_ns = 1000999,
         .end_ns = 3002000,
         .bytes_received = 5000000000,
         .bytes_sent = 4000000000,
         .user = 70000,
         .dns_us = 11,
         .connect_us = 22,
         .tls_us = 33,
         .ttfb_us = 1500,
         .endpoint = 1,
         .status = 200,
         .outcome = OUTCOME_OK,
         .http_version = HTTP_VERSION_2,
         .flags = SAMPLE_NEW_CONNECTION},
        /* 2: scheduled, late by 250 us, answered with 503 */
        {.intended_ns = 2000000,
         .sent_ns = 2250000,
         .end_ns = 9250000,
         .user = 1,
         .ttfb_us = 7000,
         .http_version = HTTP_VERSION_1_0,
         .status = 503,
         .outcome = OUTCOME_HTTP_ERROR},
        /* 3: refused: no byte, no status */
        {.intended_ns = 5000000,
         .sent_ns = 5000000,
         .end_ns = 5100000,
         .ttfb_us = SAMPLE_NO_TTFB,
         .error = refused,
         .outcome = OUTCOME_CONNECT_ERROR},
        /* 4: never sent */
        {.intended_ns = 6000000,
         .sent_ns = SAMPLE_NO_TIME,
         .end_ns = SAMPLE_NO_TIME,
         .ttfb_us = SAMPLE_NO_TTFB,
         .endpoint = 1,
         .outcome = OUTCOME_NOT_SENT},
        /* 5: given up */
        {.intended_ns = 6500000,
         .sent_ns = 7000000,
         .end_ns = 8000000,
         .bytes_sent = 1,
         .ttfb_us = SAMPLE_NO_TTFB,
         .outcome = OUTCOME_CANCELLED},
        /* 6: at the very start, in no time, on a connection that another had made way for */
        {.intended_ns = 0,
         .sent_ns = 0,
         .end_ns = 0,
         .ttfb_us = 0,
         .status = 204,
         .flags = SAMPLE_NEW_CONNECTION},
        /* 7: due at 1 ms, sent at 2, lost with a connection that had been idle for 5 s, sent again
         * at 10, answered from 12 to 15 */
        {.intended_ns = 1000000,
         .sent_ns = 2000000,
         .end_ns = 15000000,
         .bytes_received = SAMPLE_BYTES_MAX,
         .ttfb_us = 10000,
         .resent_us = 8000,
         .previous_idle_us = 5000000,
         .previous_end = CONNECTION_END_LOST,
         .http_version = HTTP_VERSION_1_1,
         .status = 200,
         .flags = SAMPLE_NEW_CONNECTION | SAMPLE_SENT_AGAIN},
    };
    memcpy(out, samples, sizeof samples);
}

static void test_requests_view_shows_every_kind_of_row(void **state) {
    (void)state;
    const char *path = in_dir("kinds.db");
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    assert_ok(record_open(path, &run, &r, &e), e);
    struct sample samples[KINDS];
    make_kinds(samples, record_error_id(r, "connection refused"));
    assert_ok(record_start(r, &e), e);
    for (size_t i = 0; i < KINDS; i++)
        assert_true(queue_push(record_queue(r, 0), &samples[i]));
    assert_ok(record_stop(r, &e), e);
    struct record_totals totals;
    record_totals(r, &totals);
    assert_int_equal(totals.rows, 7);
    assert_int_equal(totals.lost, 0);
    assert_int_equal(totals.answered, 4); /* 1, 2, 6, 7 */
    assert_int_equal(totals.failures, 2); /* 2, 3 */
    assert_ok(record_close(r, &valid_end, &e), e);

    assert_query(
        path,
        "SELECT id, user, name, method, intended_us, sent_us, end_us, service_us,"
        " response_us, dns_us, connect_us, tls_us, ttfb_us, status, outcome, error,"
        " bytes_sent, bytes_received, new_connection, sent_again, resent_us, http_version,"
        " previous_end, previous_idle_us FROM requests",
        "1|70000|/predict|POST|NULL|1000|3002|2002|2002|11|22|33|1500|200|ok|NULL"
        "|4000000000|5000000000|1|0|NULL|2|NULL|NULL\n"
        "2|1|/"
        "|GET|2000|2250|9250|7000|7250|NULL|NULL|NULL|7000|503|http_error|NULL|0|0|0|0|NULL|1.0"
        "|NULL|NULL\n"
        "3|0|/|GET|5000|5000|5100|100|100|NULL|NULL|NULL|NULL|NULL|connect_error"
        "|connection refused|0|0|0|0|NULL|NULL|NULL|NULL\n"
        "4|NULL|/predict|POST|6000|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|not_sent|NULL"
        "|0|0|0|0|NULL|NULL|NULL|NULL\n"
        "5|0|/|GET|6500|7000|8000|NULL|NULL|NULL|NULL|NULL|NULL|NULL|cancelled|NULL|1|0|0|0|NULL"
        "|NULL|NULL|NULL\n"
        "6|0|/|GET|0|0|0|0|0|NULL|NULL|NULL|0|204|ok|NULL|0|0|1|0|NULL|NULL|NULL|NULL\n"
        "7|0|/|GET|1000|2000|15000|5000|14000|NULL|NULL|NULL|2000|200|ok|NULL|0|4398046511103"
        "|1|1|10000|1.1|lost|5000000\n");
    assert_query(path, "SELECT group_concat(name, ' ') FROM pragma_table_info('requests')",
                 "id user name method intended_us sent_us end_us service_us response_us dns_us"
                 " connect_us tls_us ttfb_us status outcome error bytes_sent bytes_received"
                 " new_connection sent_again resent_us http_version previous_end"
                 " previous_idle_us grpc_status\n");
}

static void test_run_and_manifest(void **state) {
    (void)state;
    const char *path = in_dir("run.db");
    struct record_run run = small_run(1);
    run.seed = UINT64_MAX;
    struct record *r;
    struct err e;
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_manifest(r, "kernel", "6.1", &e), e);
    assert_ok(record_manifest(r, "argv", "coldswarm run", &e), e);
    assert_query(path, "SELECT duration_us, verdict, verdict_reason, exit_code FROM run",
                 "NULL|NULL|NULL|NULL\n");
    assert_ok(record_start(r, &e), e);
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &valid_end, &e), e);
    /* 1764000000.123 is 2025-11-24T16:00:00.123Z (date -u -d @1764000000). */
    assert_query(path, "SELECT * FROM run",
                 "paper|2025-11-24T16:00:00.123Z|4500000|10|{ \"name\": \"paper\" }"
                 "|http://127.0.0.1:8080|18446744073709551615|0.1.0|VALID|nothing was missed|0\n");
    assert_query(path, "SELECT key, value FROM manifest", "argv|coldswarm run\nkernel|6.1\n");
    assert_query(path, "PRAGMA user_version", "10\n");
    assert_query(path, "SELECT printf('%x', application_id) FROM pragma_application_id",
                 "6373776d\n");
    /* One file is left, and looking at it leaves no others. */
    assert_int_equal(access(in_dir("run.db-wal"), F_OK), -1);
    assert_int_equal(access(in_dir("run.db-shm"), F_OK), -1);
}

static void test_client_view_joins_what_was_seen_and_how_late_it_was(void **state) {
    (void)state;
    const char *path = in_dir("client.db");
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    struct record_client seen = {.second = 0,
                                 .cpu_max = 0.51239,
                                 .cpu_sum = 0.75,
                                 .cpu_writer = 0.125,
                                 .loop_lag_mean_us = 60,
                                 .loop_lag_max_us = 900,
                                 .queued_max = 17,
                                 .lost = 2,
                                 .open_files = 12,
                                 .ports = 5,
                                 .retransmits = 3};
    struct record_client little = {.second = 1,
                                   .loop_lag_mean_us = RECORD_UNKNOWN,
                                   .loop_lag_max_us = RECORD_UNKNOWN,
                                   .open_files = RECORD_UNKNOWN,
                                   .ports = RECORD_UNKNOWN,
                                   .retransmits = RECORD_UNKNOWN};
    struct record_dispatch early = {.second = 0, .sent = 4, .late = 0, .p50_us = 7};
    struct record_dispatch full = {
        .second = 0, .sent = 5, .late = 1, .p50_us = 8, .p99_us = 11000, .max_us = 12000};
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    record_client(r, &seen);
    record_dispatch(r, &early);
    record_client(r, &little);
    assert_ok(record_stop(r, &e), e);
    record_dispatch(r, &full); /* the last samples come out of the queues while it stops */
    assert_ok(record_close(r, &valid_end, &e), e);
    assert_query(path, "SELECT * FROM client ORDER BY second",
                 "0|0.5124|0.75|0.125|60|900|17|2|12|5|3|5|1|8|11000|12000\n"
                 "1|0.0|0.0|0.0|NULL|NULL|0|0|NULL|NULL|NULL|0|0|NULL|NULL|NULL\n");
}

static void test_load_tells_what_waits_and_what_was_lost(void **state) {
    (void)state;
    struct record_run run = small_run(2);
    run.queue_max_samples = 1024;
    struct record *r;
    struct record_load load;
    struct err e;
    assert_ok(record_open(in_dir("load.db"), &run, &r, &e), e);
    struct sample s = ok_sample(0, 1000);
    for (int i = 0; i < 1030; i++)
        queue_push(record_queue(r, 0), &s);
    queue_push(record_queue(r, 1), &s);
    record_load(r, &load);
    assert_int_equal(load.queued, 1025);
    assert_int_equal(load.lost, 6);
    assert_int_equal(load.cpu_ns, 0);
    assert_ok(record_start(r, &e), e);
    for (int i = 0; i < 6000 && load.queued > 0; i++) {
        usleep(10000);
        record_load(r, &load);
    }
    assert_int_equal(load.queued, 0);
    assert_true(load.cpu_ns > 0);
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &valid_end, &e), e);
}

static void test_seconds_view_counts_at_the_end_and_fills_gaps(void **state) {
    (void)state;
    const char *path = in_dir("seconds.db");
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    struct sample x[] = {
        ok_sample(100 * NS_PER_MS, 100 * NS_PER_MS),  /* second 0 */
        ok_sample(900 * NS_PER_MS, 100 * NS_PER_MS),  /* ends at 1.000: second 1 */
        ok_sample(500 * NS_PER_MS, 2499 * NS_PER_MS), /* ends at 2.999: second 2 */
        ok_sample(2500 * NS_PER_MS, 100 * NS_PER_MS), /* second 2, failed */
        ok_sample(2600 * NS_PER_MS, 100 * NS_PER_MS), /* cancelled: not counted */
        ok_sample(2700 * NS_PER_MS, 0),               /* not sent: not counted */
    };
    x[3].outcome = OUTCOME_TIMEOUT;
    x[4].outcome = OUTCOME_CANCELLED;
    x[5].outcome = OUTCOME_NOT_SENT;
    x[5].intended_ns = x[5].sent_ns;
    x[5].sent_ns = x[5].end_ns = SAMPLE_NO_TIME;
    for (size_t i = 0; i < 6; i++)
        queue_push(record_queue(r, 0), &x[i]);
    record_users(r, 0, 1);
    record_users(r, 2, 4);
    record_users(r, 2, 5); /* the later word counts */
    assert_ok(record_stop(r, &e), e);
    /* Still without a duration: up to the last second that something says. */
    assert_query(path, "SELECT * FROM seconds", "0|1|1|0\n1|1|1|0\n2|5|2|1\n");
    assert_ok(record_close(r, &valid_end, &e), e); /* 4.5 s: seconds 0 to 4 */
    assert_query(path, "SELECT second, users, requests, failures FROM seconds",
                 "0|1|1|0\n1|1|1|0\n2|5|2|1\n3|5|0|0\n4|5|0|0\n");
}

static void test_a_run_of_whole_seconds_has_no_empty_second_behind(void **state) {
    (void)state;
    const char *path = in_dir("whole.db");
    struct record_run run = small_run(1);
    struct record_end end = valid_end;
    struct record *r;
    struct err e;
    end.duration_ns = 2 * NS_PER_S;
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    record_users(r, 2, 0); /* said at the very end */
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &end, &e), e);
    assert_query(path, "SELECT * FROM seconds", "0|0|0|0\n1|0|0|0\n");
}

static void test_no_path_is_special(void **state) {
    (void)state;
    struct record_run run = small_run(1);
    char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(dir), 0);
    const char *names[] = {":memory:", "file:a.db?mode=memory"}; /* SQLite would make no file */
    for (int i = 0; i < 2; i++) {
        record_all(names[i], &run, NULL, 0, NULL);
        struct stat st;
        assert_int_equal(stat(names[i], &st), 0);
        assert_true(st.st_size > 0);
    }
    assert_int_equal(chdir(before), 0);
    free(before);
}

static void test_strings_come_out_exact_or_mended(void **state) {
    (void)state;
    const char *path = in_dir("o'dd ?#% name.db");
    struct endpoint odd[] = {
        {"/\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x9d'\"`;--", "G\nET"}, /* two, three, four bytes */
        {"/\xff\xc3(\xed\xa0\x80", "\xc0\xaf"}, /* stray, cut, surrogate, overlong */
    };
    struct record_run run = small_run(1);
    run.catalog = &(struct catalog){.endpoints = odd, .endpoint_count = 2};
    run.name = "=cmd()";
    struct record *r;
    struct err e;
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    struct sample a = ok_sample(0, 1000), b = ok_sample(0, 1000), c = ok_sample(0, 1000);
    /* 511 bytes and a character of two: the cut falls in front of it. */
    char text[600];
    memset(text, 'x', 511);
    memcpy(text + 511, "\xc3\xa4 and more", 12);
    a.error = record_error_id(r, text);
    text[511] = '\0';
    assert_int_equal(record_error_id(r, text), a.error);
    b.endpoint = 1;
    b.error = record_error_id(r, "bad \xfe byte");
    c.error = record_error_id(r, "");
    assert_int_equal(c.error, 0);
    queue_push(record_queue(r, 0), &a);
    queue_push(record_queue(r, 0), &b);
    queue_push(record_queue(r, 0), &c);
    record_event(r, 1500, "stage", "\xff!");
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &valid_end, &e), e);

#define BAD "\xef\xbf\xbd"
    assert_query(path, "SELECT name, method FROM requests WHERE id < 3",
                 "/\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x9d'\"`;--|G\nET\n"
                 "/" BAD BAD "(" BAD BAD BAD "|" BAD BAD "\n");
    assert_query(path, "SELECT length(CAST(error AS BLOB)) FROM requests WHERE id = 1", "511\n");
    assert_query(path, "SELECT error FROM requests WHERE id = 2", "bad " BAD " byte\n");
    assert_query(path, "SELECT error FROM requests WHERE id = 3", "NULL\n");
    assert_query(path, "SELECT * FROM event", "1|stage|" BAD "!\n");
    assert_query(path, "SELECT name FROM run", "=cmd()\n");
    assert_query(path, "PRAGMA integrity_check", "ok\n");
}

/* Requests by rate on kept connections, to a service that takes up to 30 ms and answers with
 * 48 bytes. */
static void test_a_common_row_takes_at_most_33_bytes(void **state) {
    (void)state;
    enum { ROWS = 100000 };
    const char *path = in_dir("common.db");
    struct record_run run = small_run(1);
    struct sample *all = calloc(ROWS, sizeof *all);
    assert_non_null(all);
    for (size_t i = 0; i < ROWS; i++) {
        int64_t sent = 600 * NS_PER_S + (int64_t)i * 100 * NS_US;
        all[i] = ok_sample(sent, (int64_t)(300 + i * 7919 % 30000) * NS_US);
        all[i].intended_ns = sent - (int64_t)(i % 100) * NS_US;
        all[i].ttfb_us = (uint32_t)(280 + i * 7919 % 30000);
        all[i].user = (uint32_t)(i % 100);
        all[i].endpoint = i % 5 != 0;
        all[i].bytes_sent = 100;
        all[i].bytes_received = 48;
        all[i].connect_us = all[i].tls_us = all[i].dns_us = 0;
        if (i % 1000 == 0) { /* a connection that was lost */
            all[i].flags = SAMPLE_NEW_CONNECTION | SAMPLE_SENT_AGAIN;
            all[i].resent_us = 150;
            all[i].previous_idle_us = 5003000;
        }
    }
    struct record_totals totals;
    record_all(path, &run, all, ROWS, &totals);
    free(all);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    print_message("           %.1f bytes a row\n", (double)st.st_size / ROWS);
    assert_true((double)st.st_size <= 33.0 * ROWS);
    assert_int_equal(query_number(path, "SELECT sum(resent_us - sent_us) FROM requests"),
                     ROWS / 1000 * 150);
    assert_int_equal(query_number(path, "SELECT count(*) FROM request"), ROWS);
    assert_int_equal(query_number(path, "SELECT count(*) FROM reconnection"), ROWS / 1000);
}

static void test_a_row_takes_less_than_48_bytes(void **state) {
    (void)state;
    enum { ROWS = 100000 };
    const char *path = in_dir("size.db");
    struct record_run run = small_run(1);
    struct sample *all = calloc(ROWS, sizeof *all);
    assert_non_null(all);
    /* An hour into a scheduled run with a thousand users; every tenth request makes a connection
     * and fails now and then: more than most runs have. */
    for (size_t i = 0; i < ROWS; i++) {
        int64_t sent = 3600 * NS_PER_S + (int64_t)i * 40 * NS_US;
        all[i] = ok_sample(sent, (int64_t)(300 + i * 7919 % 90000) * NS_US);
        all[i].intended_ns = sent - (int64_t)(i % 200) * NS_US;
        all[i].ttfb_us -= (uint32_t)(i % 100);
        all[i].user = (uint32_t)(i % 1000);
        all[i].endpoint = i % 5 != 0;
        all[i].http_version = HTTP_VERSION_1_1;
        if (i % 50 == 0) {
            all[i].flags = SAMPLE_NEW_CONNECTION | SAMPLE_SENT_AGAIN;
            all[i].resent_us = 150;
        }
        if (i % 10 == 0) {
            all[i].connect_us = 150;
            all[i].tls_us = 2100;
            all[i].flags = SAMPLE_NEW_CONNECTION;
            all[i].previous_end = CONNECTION_END_IDLE;
            all[i].previous_idle_us = 5003000;
        }
        if (i % 100 == 0) {
            all[i].status = 503;
            all[i].outcome = OUTCOME_HTTP_ERROR;
        }
    }
    struct record_totals totals;
    record_all(path, &run, all, ROWS, &totals);
    free(all);
    assert_int_equal(totals.rows, ROWS);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    double bytes = (double)st.st_size / ROWS;
    print_message("           %.1f bytes a row\n", bytes);
    assert_true(bytes <= 48.0);
    assert_int_equal(query_number(path, "SELECT count(*) FROM requests"), ROWS);
    assert_int_equal(
        query_number(path,
                     "SELECT sum(service_us + coalesce(resent_us - sent_us, 0)) FROM requests"),
        query_number(path, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1"
                           " FROM n WHERE i < 99999)"
                           " SELECT sum(300 + i * 7919 % 90000) FROM n"));
}

struct producer {
    struct record *r;
    size_t worker;
    int64_t pushed;
};

#define FULL_SPEED 200000

static void *produce(void *context) {
    struct producer *p = context;
    char text[64];
    for (int64_t i = 0; i < FULL_SPEED; i++) {
        struct sample s = ok_sample(i * NS_US, 5 * NS_US);
        s.user = (uint32_t)p->worker;
        if (i % 1000 == 0) {
            /* All workers say the same texts, at the same time. */
            snprintf(text, sizeof text, "error %d", (int)(i / 1000));
            s.error = record_error_id(p->r, text);
            s.outcome = OUTCOME_RESET;
            record_event(p->r, i, "worker", text);
            record_users(p->r, (uint32_t)(i / 1000), (uint32_t)p->worker);
        }
        p->pushed += queue_push(record_queue(p->r, p->worker), &s);
    }
    return NULL;
}

static void count_batch(void *context, const struct request *requests, size_t n) {
    (void)requests;
    *(size_t *)context += n;
}

static void test_two_workers_at_full_speed_lose_nothing(void **state) {
    (void)state;
    const char *path = in_dir("speed.db");
    struct record_run run = small_run(2);
    struct record *r;
    struct err e;
    size_t batched = 0;
    assert_ok(record_open(path, &run, &r, &e), e);
    const struct record_watch watch = {.requests = count_batch, .context = &batched};
    record_watch(r, &watch);
    assert_ok(record_start(r, &e), e);
    struct producer p[2] = {{.r = r, .worker = 0}, {.r = r, .worker = 1}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &p[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_ok(record_stop(r, &e), e);
    struct record_totals totals;
    record_totals(r, &totals);
    assert_false(record_failed(r));
    assert_ok(record_close(r, &valid_end, &e), e);
    assert_int_equal(totals.lost, 0);
    assert_int_equal(totals.rows, 2 * FULL_SPEED);
    assert_int_equal(batched, 2 * FULL_SPEED);
    assert_query(path, "SELECT user, count(*), min(sent_us), max(sent_us) FROM requests GROUP BY 1",
                 "0|200000|0|199999\n1|200000|0|199999\n");
    /* In order within a worker, each error text once, and each row has its own. */
    assert_query(path,
                 "SELECT count(*) FROM (SELECT sent_us - lag(sent_us) OVER"
                 " (PARTITION BY user ORDER BY id) AS d FROM requests) WHERE d <> 1",
                 "0\n");
    assert_query(path, "SELECT count(*), count(DISTINCT text) FROM error", "200|200\n");
    assert_query(path, "SELECT count(*) FROM result", "201\n");
    assert_query(path, "SELECT count(*) FROM requests WHERE error = 'error ' || (sent_us / 1000)",
                 "400\n");
    assert_query(path, "SELECT count(*), count(DISTINCT text) FROM event", "400|200\n");
    assert_query(path, "SELECT count(*) FROM user_count", "200\n");
    assert_query(path, "PRAGMA integrity_check", "ok\n");
}

static void test_a_full_queue_is_counted_as_lost(void **state) {
    (void)state;
    const char *path = in_dir("lost.db");
    struct record_run run = small_run(1);
    run.queue_max_samples = 1;
    struct record *r;
    struct err e;
    assert_ok(record_open(path, &run, &r, &e), e);
    uint64_t pushed = 0;
    for (int i = 0; i < 5000; i++) { /* before the writer runs */
        struct sample s = ok_sample(i, 1);
        pushed += queue_push(record_queue(r, 0), &s);
    }
    assert_ok(record_start(r, &e), e);
    assert_ok(record_stop(r, &e), e);
    struct record_totals totals;
    record_totals(r, &totals);
    assert_int_equal(totals.rows, pushed);
    assert_int_equal(totals.lost, 5000 - pushed);
    assert_true(pushed < 5000);
    assert_ok(record_close(r, &valid_end, &e), e);
}

static void test_rows_appear_while_the_run_is_on(void **state) {
    (void)state;
    const char *path = in_dir("live.db");
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    struct sample s = ok_sample(0, 1000);
    assert_true(queue_push(record_queue(r, 0), &s));
    int64_t seen = 0;
    for (int i = 0; i < 6000 && seen == 0; i++) {
        usleep(10000);
        seen = query_number(path, "SELECT count(*) FROM requests");
    }
    assert_int_equal(seen, 1);
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &valid_end, &e), e);
}

static int64_t file_bytes(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* Pushes n rows and waits until a reader sees them all. */
static void push_and_wait(struct record *r, const char *path, int64_t *at, int64_t n) {
    for (int64_t i = 0; i < n; i++, (*at)++) {
        struct sample s = ok_sample(*at * NS_US, NS_US);
        assert_true(queue_push(record_queue(r, 0), &s));
    }
    while (query_number(path, "SELECT coalesce(max(id), 0) FROM request") < *at) /* quick */
        usleep(10000);
}

static void test_the_log_grows_under_a_reader_and_shrinks_after(void **state) {
    (void)state;
    const char *path = in_dir("log.db"), *log = in_dir("log.db-wal");
    const int64_t log_max = INT64_C(4500000); /* 1000 pages with their headers, and some */
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    int64_t at = 0;
    sqlite3 *reader;
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    push_and_wait(r, path, &at, 1000);
    assert_int_equal(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM run", NULL, NULL, NULL), SQLITE_OK);
    push_and_wait(r, path, &at, 200000);
    assert_true(file_bytes(log) > log_max);
    sqlite3_close(reader);
    for (int i = 0; i < 2000 && file_bytes(log) > log_max; i++) /* the looks are readers too */
        push_and_wait(r, path, &at, 10);
    assert_in_range(file_bytes(log), 1, log_max);
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &valid_end, &e), e);
    assert_int_equal(file_bytes(log), 0);
    assert_int_equal(query_number(path, "SELECT count(*) FROM requests"), at);
}

static void test_error_texts_beyond_the_ceiling_share_a_number(void **state) {
    (void)state;
    const char *path = in_dir("errors.db");
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    assert_ok(record_open(path, &run, &r, &e), e);
    char text[32];
    for (int i = 1; i <= 65534; i++) {
        snprintf(text, sizeof text, "e%d", i);
        if (record_error_id(r, text) != i)
            fail_msg("%s has number %d", text, record_error_id(r, text));
    }
    assert_int_equal(record_error_id(r, "one more"), 65535);
    assert_int_equal(record_error_id(r, "and another"), 65535);
    assert_int_equal(record_error_id(r, "e4711"), 4711);
    struct sample s = ok_sample(0, 1);
    s.error = 65535;
    assert_ok(record_start(r, &e), e);
    queue_push(record_queue(r, 0), &s);
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &valid_end, &e), e);
    assert_query(path, "SELECT error FROM requests", "(other errors)\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_view_shows_every_kind_of_row),
        cmocka_unit_test(test_run_and_manifest),
        cmocka_unit_test(test_client_view_joins_what_was_seen_and_how_late_it_was),
        cmocka_unit_test(test_load_tells_what_waits_and_what_was_lost),
        cmocka_unit_test(test_seconds_view_counts_at_the_end_and_fills_gaps),
        cmocka_unit_test(test_a_run_of_whole_seconds_has_no_empty_second_behind),
        cmocka_unit_test(test_no_path_is_special),
        cmocka_unit_test(test_strings_come_out_exact_or_mended),
        cmocka_unit_test(test_a_common_row_takes_at_most_33_bytes),
        cmocka_unit_test(test_a_row_takes_less_than_48_bytes),
        cmocka_unit_test(test_two_workers_at_full_speed_lose_nothing),
        cmocka_unit_test(test_a_full_queue_is_counted_as_lost),
        cmocka_unit_test(test_rows_appear_while_the_run_is_on),
        cmocka_unit_test(test_the_log_grows_under_a_reader_and_shrinks_after),
        cmocka_unit_test(test_error_texts_beyond_the_ceiling_share_a_number),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
