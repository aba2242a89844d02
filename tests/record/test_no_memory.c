/* record while SQLite has no memory: at its n-th allocation, one after the other, alone or with all
 * that follow. A reader shows what it shows with memory, or says that there is none. An import says
 * so and leaves the file as it was. A run keeps what was committed. */
#include <stdatomic.h>

#include "record/fixture.h"
#include "record/reader.h"
#include "record/reader_server.h"
#include "record/reader_shards.h"
#include "record/reader_streams.h"
#include "record/reader_timeline.h"
#include "record/server.h"
#include "stream/stream_times.h"
#include "util/buf.h"

/* SQLite's allocations. */

static sqlite3_mem_methods real;
static atomic_long left; /* allocations before the first that fails; negative: none fails */
static atomic_long failed;
static bool for_ever;

static bool fails(void) {
    if (atomic_load(&left) < 0 || atomic_fetch_sub(&left, 1) > 0)
        return false;
    atomic_store(&left, for_ever ? 0 : -1);
    atomic_fetch_add(&failed, 1);
    return true;
}

static void *fail_malloc(int size) {
    return fails() ? NULL : real.xMalloc(size);
}

static void *fail_realloc(void *old, int size) {
    return fails() ? NULL : real.xRealloc(old, size);
}

static void arm(long n, bool forever) {
    for_ever = forever;
    atomic_store(&failed, 0);
    atomic_store(&left, n);
}

/* True if an allocation has failed since arm(). */
static bool disarm(void) {
    atomic_store(&left, -1);
    return atomic_load(&failed) > 0;
}

static int fail_when_told(void **state) {
    sqlite3_mem_methods own;
    atomic_store(&left, -1);
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real) != SQLITE_OK)
        return 1;
    own = real;
    own.xMalloc = fail_malloc;
    own.xRealloc = fail_realloc;
    /* Small ones too: by themselves, they come from a place that each file has. */
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &own) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK)
        return 1;
    return make_dir(state);
}

/* A file with something in each of its tables. */

static const struct catalog full_catalog = {
    .endpoints = (struct endpoint[]){{"/", "GET"}, {"/predict", "POST"}},
    .endpoint_count = 2,
    .tasks = (struct catalog_task[]){{"visit", CATALOG_STEPS}},
    .task_count = 1,
    .checks = (struct catalog_check[]){{"status is 200", 1, false}},
    .check_count = 1};

static void push_stream(struct record *r) {
    unsigned char times[64];
    size_t bytes = stream_times_put(0, times);
    bytes += stream_times_put(7000000, times + bytes);
    struct stream_result result = {.first_event_ns = 9000000,
                                   .ttft_ns = 10000000,
                                   .ttfo_ns = 10000000,
                                   .last_token_ns = 17000000,
                                   .events = 2,
                                   .token_events = 2,
                                   .reads = 2,
                                   .output_tokens = 5,
                                   .prompt_tokens = 12,
                                   .cached_tokens = -1,
                                   .reasoning_tokens = -1,
                                   .first_tokens = 1,
                                   .finish = STREAM_FINISH_STOP,
                                   .done = true,
                                   .error = "",
                                   .times = times,
                                   .times_bytes = bytes};
    struct sample s = ok_sample(1000000, 20000000);
    queue_push_stream(
        record_queue(r, 0), &s,
        stream_record_new(&result, 0, (struct stream_asked){.tokens = 64, .words = ASKED_NOTHING}));
}

static void push_all(struct record *r) {
    struct sample s = ok_sample(2000000, 1500000);
    s.endpoint = 1;
    s.user = 3;
    queue_push(record_queue(r, 0), &s);
    s.outcome = OUTCOME_TIMEOUT;
    s.error = record_error_id(r, "no answer within 1 s");
    s.resent_us = 900;
    s.flags = SAMPLE_SENT_AGAIN | SAMPLE_NEW_CONNECTION;
    s.sent_ns = INT64_C(1100000000);
    s.end_ns = INT64_C(1200000000);
    queue_push(record_queue(r, 0), &s);
    push_stream(r);
    s = ok_sample(2000000, 9000000);
    s.endpoint = 0;
    s.flags = SAMPLE_ITERATION;
    queue_push(record_queue(r, 0), &s);
}

static void note_all(struct record *r) {
    struct record_client client = {.second = 1,
                                   .cpu_max = 0.5,
                                   .cpu_sum = 0.75,
                                   .cpu_writer = 0.25,
                                   .loop_lag_mean_us = 10,
                                   .loop_lag_max_us = 20,
                                   .queued_max = 3,
                                   .open_files = 9,
                                   .ports = 2,
                                   .retransmits = RECORD_UNKNOWN};
    struct record_dispatch dispatch = {
        .second = 1, .sent = 2, .late = 1, .p50_us = 5, .p99_us = 6, .max_us = 7};
    struct record_body body = {.at_ns = 1200000000,
                               .endpoint = 1,
                               .user = 3,
                               .status = 500,
                               .bytes = 5,
                               .error = "check failed",
                               .seen = "cat",
                               .body = "a\0cat",
                               .body_bytes = 5};
    struct record_series series = {.id = 0, .metric = "queue", .label = "a", .cumulative = false};
    struct record_point point = {.series = 0, .value = 4.5};
    record_started(r, INT64_C(1764000000123456000));
    record_users(r, 0, 4);
    record_client(r, &client);
    record_dispatch(r, &dispatch);
    record_check(r, 1, 0, 4, 2, 1);
    record_body(r, &body);
    record_series(r, &series);
    record_points(r, INT64_C(1000000000), &point, 1);
    record_event(r, 0, "stage", "4 users");
    record_event(r, INT64_C(2000000000), "stage", "8 users");
    record_event(r, INT64_C(2500000000), "scrape_failed", "no answer");
    record_event(r, INT64_C(3000000000), "stop", "Ctrl-C");
}

static int run_all(const char *path, struct record_totals *totals, struct err *e) {
    struct record_run run = small_run(1);
    struct record *r;
    run.catalog = &full_catalog;
    *totals = (struct record_totals){0};
    if (record_open(path, &run, &r, e) != 0)
        return -1;
    struct err ignored;
    int rc = record_manifest(r, "trace_run", "0123456789abcdef", e);
    if (rc == 0 && (rc = record_start(r, e)) == 0) {
        note_all(r);
        push_all(r);
        rc = record_stop(r, e);
        record_totals(r, totals);
    }
    int closed = record_close(r, &valid_end, rc == 0 ? e : &ignored);
    return rc != 0 ? rc : closed;
}

/* What an import does to the file, from its opening to its commit. */

static int count_fact(void *context, const struct server_fact *x) {
    (void)x;
    ++*(int *)context;
    return 0;
}

static int count_served(void *context, const struct server_served *x) {
    (void)x;
    ++*(int *)context;
    return 0;
}

static int count_distribution(void *context, const struct server_distribution *x) {
    (void)x;
    ++*(int *)context;
    return 0;
}

static int add_rows(struct server_file *f, struct err *e) {
    static const uint8_t trace[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                      0,    0,    0,    3,    0,    0,    0,    0};
    const int64_t start = server_run(f)->start_us;
    bool is_new;
    for (uint64_t key = 1; key <= 3; key++) {
        struct server_request x = {.key = key,
                                   .at_us = start + 2000 * (int64_t)key,
                                   .latency_us = 1000,
                                   .status = 200,
                                   .request_bytes = 10,
                                   .response_bytes = SERVER_NONE,
                                   .method = "POST",
                                   .path = "/predict",
                                   .path_len = 8,
                                   .instance = key == 3 ? "two" : "one",
                                   .revision = "r1",
                                   .text = "log text",
                                   .trace = key == 1 ? trace : NULL};
        if (server_add_request(f, &x, &is_new, e) != 0)
            return -1;
    }
    struct server_event event = {.key = 1,
                                 .at_us = start,
                                 .instance = "one",
                                 .kind = "start",
                                 .severity = "INFO",
                                 .reason = "AUTOSCALING",
                                 .text = "started"};
    return server_add_event(f, &event, &is_new, e);
}

static int add_metrics(struct server_file *f, struct err *e) {
    struct server_metric number = {"instances", "{}", "active", "gauge", "sum", "1"},
                         spread = {"latency", "{}", "r1", "delta", "sum", "ms"};
    const int64_t start = server_run(f)->start_us;
    int64_t id;
    bool is_new;
    for (int i = 0; i < 2; i++) { /* the second is known already */
        if (server_add_metric(f, &number, &id, e) != 0)
            return -1;
        struct server_point p = {
            .metric = id, .start_us = start, .end_us = start + 60000000, .value = 2};
        if (server_add_point(f, &p, &is_new, e) != 0 || server_add_metric(f, &spread, &id, e) != 0)
            return -1;
        p = (struct server_point){.metric = id,
                                  .start_us = start,
                                  .end_us = start + 60000000,
                                  .value = 3.5,
                                  .count = 2,
                                  .buckets = "[[4,2]]"};
        if (server_add_point(f, &p, &is_new, e) != 0)
            return -1;
    }
    return 0;
}

static int derive(struct server_file *f, struct err *e) {
    struct server_join join;
    int facts = 0, served = 0, spreads = 0;
    int64_t first, last, none;
    uint64_t requests, events, points;
    bool has;
    struct server_derived derived = {.metric = "cold",
                                     .label = "one",
                                     .kind = "gauge",
                                     .source = "logs",
                                     .start_us = 0,
                                     .end_us = 1000000,
                                     .value = 1};
    struct server_instance instance = {.instance = 1,
                                       .revision = SERVER_NONE,
                                       .started_us = 0,
                                       .ready_us = 3000000,
                                       .ended_us = SERVER_NONE,
                                       .start_kind = "autoscaling",
                                       .reason = "",
                                       .end_kind = "",
                                       .requests = 2};
    if (server_join(f, "service", 15000000, &join, e) != 0 || server_clear_derived(f, e) != 0 ||
        server_facts(f, count_fact, &facts, e) != 0 || server_add_instance(f, &instance, e) != 0 ||
        server_served(f, count_served, &served, e) != 0 ||
        server_distributions(f, count_distribution, &spreads, e) != 0 ||
        server_span(f, &first, &last, e) != 0 ||
        server_totals(f, &requests, &events, &points, e) != 0 ||
        server_has_metric(f, "instances", &has, e) != 0 ||
        server_no_instance(f, server_run(f)->start_us, &none, e) != 0 ||
        server_add_derived(f, &derived, e) != 0 || server_set_step(f, 1000000, e) != 0)
        return -1;
    /* What was read is right, or the import would go on with less. */
    assert_int_equal(requests, 3);
    assert_int_equal(events, 1);
    assert_int_equal(points, 2);
    assert_int_equal(facts, 4);
    assert_int_equal(spreads, 1);
    assert_true(has);
    assert_int_equal(join.joined, 1);
    assert_string_equal(server_run(f)->trace_run, "0123456789abcdef");
    return 0;
}

static int import_all(const char *path, struct err *e) {
    struct server_source source = {
        .kind = "logs", .file = "log.json", .entries = 4, .used = 4, .complaint = ""};
    struct server_file *f;
    if (server_open(path, &f, e) != 0)
        return -1;
    int rc = add_rows(f, e);
    if (rc == 0 && (rc = server_restart(f, e)) == 0 && (rc = server_clear(f, e)) == 0 &&
        (rc = add_rows(f, e)) == 0 && (rc = add_metrics(f, e)) == 0 &&
        (rc = server_add_source(f, &source, e)) == 0 && (rc = derive(f, e)) == 0)
        rc = server_commit(f, e);
    server_close(f);
    return rc;
}

/* All that a reader gives, a line each. */

#define SHOWN_MAX 1000000

static void mix_text(struct buf *d, const char *text) {
    buf_printf(d, "%s\n", text == NULL ? "(none)" : text);
}

static void mix_number(struct buf *d, int64_t number) {
    buf_printf(d, "%lld\n", (long long)number);
}

static int on_row(void *context, const struct request *x) {
    mix_number(context, x->id);
    mix_number(context, x->endpoint);
    mix_number(context, x->error);
    mix_number(context, x->user);
    mix_number(context, x->sent_us);
    mix_number(context, x->end_us);
    mix_number(context, x->resent_us);
    mix_number(context, x->status);
    mix_number(context, x->outcome);
    return 0;
}

static int on_stream(void *context, const struct request *x, const struct stream_row *row) {
    mix_number(context, x->id);
    if (row == NULL) /* of an answer that was not streamed */
        return 0;
    mix_number(context, row->ttft_us);
    mix_number(context, row->output_tokens);
    mix_text(context, row->gaps);
    return 0;
}

static void on_client(void *context, const struct reader_client *c) {
    mix_number(context, c->second);
    mix_number(context, (int64_t)(c->cpu_max * 100));
    mix_number(context, c->queued_max);
    mix_number(context, c->dispatch_p99_us);
}

static void on_pair(void *context, const char *key, const char *value) {
    mix_text(context, key);
    mix_text(context, value);
}

static void on_iteration(void *context, const char *name, int64_t end_us, int64_t duration_us,
                         bool ok) {
    mix_text(context, name);
    mix_number(context, end_us);
    mix_number(context, duration_us);
    mix_number(context, ok);
}

static void on_steps(void *context, uint32_t task, int64_t end_us, int64_t took_us) {
    mix_number(context, task);
    mix_number(context, end_us);
    mix_number(context, took_us);
}

static void on_check(void *context, int64_t second, uint32_t check, uint64_t passes,
                     uint64_t fails_n) {
    mix_number(context, second);
    mix_number(context, check);
    mix_number(context, (int64_t)passes);
    mix_number(context, (int64_t)fails_n);
}

static void on_check_total(void *context, const char *request, const char *name, uint64_t passes,
                           uint64_t fails_n, uint64_t not_judged) {
    mix_text(context, request);
    mix_text(context, name);
    mix_number(context, (int64_t)passes);
    mix_number(context, (int64_t)fails_n);
    mix_number(context, (int64_t)not_judged);
}

static int on_server_row(void *context, const struct reader_server_row *x) {
    mix_number(context, x->at_us);
    mix_number(context, x->instance);
    mix_number(context, x->joined);
    mix_number(context, x->sent_us);
    return 0;
}

static int on_point(void *context, const struct reader_point *p) {
    mix_text(context, p->metric);
    mix_text(context, p->label);
    mix_number(context, p->at_us);
    mix_number(context, (int64_t)(p->value * 1000));
    return 0;
}

static void on_shard(void *context, const struct reader_shard *s) {
    mix_number(context, s->shard);
}

static int read_run(struct reader *r, struct buf *d, struct err *e) {
    const struct reader_run *run = reader_run(r);
    const char *const texts[] = {run->name,    run->started_utc, run->scenario,      run->target,
                                 run->version, run->verdict,     run->verdict_reason};
    struct reader_second *seconds = NULL;
    size_t count;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        mix_text(d, texts[i]);
    mix_number(d, run->duration_us);
    mix_number(d, run->complete);
    for (size_t i = 0; i < reader_catalog(r)->endpoint_count; i++)
        mix_text(d, reader_catalog(r)->endpoints[i].name);
    mix_number(d, (int64_t)reader_catalog(r)->task_count);
    mix_number(d, (int64_t)reader_catalog(r)->check_count);
    mix_text(d, reader_error(r, 1));
    if (reader_scan(r, on_row, d, e) != 0 || reader_scan_brief(r, on_row, d, e) != 0 ||
        reader_client(r, on_client, d, e) != 0 || reader_manifest(r, on_pair, d, e) != 0 ||
        reader_shards(r, on_shard, d, e) != 0 || reader_users(r, &seconds, &count, e) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        mix_number(d, seconds[i].users);
    free(seconds);
    return 0;
}

static int read_timeline(struct reader *r, struct buf *d, struct err *e) {
    int64_t *stages, us;
    size_t count;
    char text[200];
    mix_number(d, reader_has_iterations(r));
    mix_number(d, reader_has_checks(r));
    mix_number(d, reader_has_failed_bodies(r));
    mix_number(d, reader_has_steps(r));
    mix_number(d, reader_has_client_limits(r));
    mix_number(d, reader_has_streams(r));
    mix_number(d, reader_streams_have_asked(r));
    if (reader_stages(r, &stages, &count, e) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        mix_number(d, stages[i]);
    free(stages);
    int (*const events[])(struct reader *, int64_t *, char *, size_t, struct err *) = {
        reader_stream_limit, reader_feeder_empty, reader_stopped, reader_scrape_failed};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (events[i](r, &us, text, sizeof text, e) != 0)
            return -1;
        mix_number(d, us);
    }
    if (reader_load_end(r, &us, e) != 0)
        return -1;
    mix_number(d, us);
    return reader_iterations(r, on_iteration, d, e) != 0 || reader_steps(r, on_steps, d, e) != 0 ||
                   reader_checks(r, on_check, d, e) != 0 ||
                   reader_check_totals(r, on_check_total, d, e) != 0 ||
                   reader_streams(r, on_stream, d, e) != 0 ||
                   reader_answers(r, on_stream, d, e) != 0
               ? -1
               : 0;
}

static int read_server(struct reader *r, struct buf *d, struct err *e) {
    struct reader_server server;
    struct reader_instance *instances;
    int64_t *cold;
    size_t count;
    double mean;
    uint64_t n;
    if (reader_server(r, &server, e) != 0)
        return -1;
    mix_number(d, server.any);
    mix_number(d, (int64_t)server.requests);
    mix_text(d, server.service);
    mix_text(d, server.join_state);
    mix_number(d, server.joined);
    if (reader_instances(r, &instances, &count, e) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        mix_text(d, instances[i].name);
    free(instances);
    if (reader_cold(r, &cold, &count, e) != 0)
        return -1;
    mix_number(d, (int64_t)count);
    free(cold);
    if (reader_server_scan(r, READER_BY_INSTANCE, on_server_row, d, e) != 0 ||
        reader_server_scan(r, READER_AS_STORED, on_server_row, d, e) != 0 ||
        reader_points(r, "instances", on_point, d, e) != 0 ||
        reader_points(r, "cold", on_point, d, e) != 0 ||
        reader_points(r, "queue", on_point, d, e) != 0 ||
        reader_distributions(r, "latency", on_point, d, e) != 0 ||
        reader_distribution_mean(r, "latency", &mean, &n, e) != 0)
        return -1;
    mix_number(d, (int64_t)(mean * 1000));
    mix_number(d, (int64_t)n);
    return 0;
}

static int read_cut(struct reader *r, struct buf *d, struct err *e) {
    const char *const names[] = {"/predict"};
    struct reader_server server;
    int64_t from, to;
    if (reader_server(r, &server, e) != 0 || reader_stage(r, 2, &from, &to, e) != 0)
        return -1;
    mix_number(d, from);
    /* Only the server's log shows which requests are warm. */
    const struct reader_cut cut = {from, to, names, 1, server.any};
    return reader_cut(r, &cut, e) != 0 ? -1 : reader_scan(r, on_row, d, e);
}

static int read_all(const char *path, struct buf *d, struct err *e) {
    struct reader *r;
    buf_clear(d);
    if (reader_open(path, &r, e) != 0)
        return -1;
    int rc = read_run(r, d, e);
    if (rc == 0 && (rc = read_timeline(r, d, e)) == 0 && (rc = read_server(r, d, e)) == 0)
        rc = read_cut(r, d, e);
    reader_close(r);
    return rc;
}

/* The tests. */

/* Not each: the first, where a file is opened, and ever fewer of what follows. */
static long next(long n) {
    return n + 1 + n / 30;
}

static const char *full_file(void) {
    static char path[512];
    struct record_totals totals;
    struct err e;
    snprintf(path, sizeof path, "%s", in_dir("full.db"));
    if (access(path, F_OK) == 0)
        return path;
    assert_ok(run_all(path, &totals, &e), e);
    assert_int_equal(totals.rows, 3);
    assert_ok(import_all(path, &e), e);
    return path;
}

static void test_a_reader_shows_all_or_says_why_not(void **state) {
    (void)state;
    const char *path = full_file();
    struct buf whole, d;
    struct err e;
    buf_init(&whole, SHOWN_MAX);
    buf_init(&d, SHOWN_MAX);
    assert_ok(read_all(path, &whole, &e), e);
    assert_true(whole.len > 1000);
    for (int forever = 0; forever < 2; forever++) {
        int refused = 0;
        for (long n = 0;; n = next(n)) {
            e.text[0] = '\0';
            arm(n, forever);
            int rc = read_all(path, &d, &e);
            if (!disarm())
                break;
            if (rc == 0 && strcmp(buf_text(&d), buf_text(&whole)) != 0)
                fail_msg("without allocation %ld%s it shows something else, in silence:\n%s", n,
                         forever ? " and later ones" : "", buf_text(&d));
            if (rc != 0)
                assert_has(e.text, "out of memory");
            refused += rc != 0;
        }
        assert_true(refused > 50);
    }
    buf_done(&whole);
    buf_done(&d);
}

static void copy(const char *from, const char *to) {
    char command[1100];
    snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
    assert_int_equal(system(command), 0);
}

static void test_an_import_is_whole_or_did_nothing(void **state) {
    (void)state;
    char plain[512], path[512];
    struct record_totals totals;
    struct err e;
    struct buf before, after;
    buf_init(&before, SHOWN_MAX);
    buf_init(&after, SHOWN_MAX);
    snprintf(plain, sizeof plain, "%s", in_dir("plain.db"));
    snprintf(path, sizeof path, "%s", in_dir("import.db"));
    assert_ok(run_all(plain, &totals, &e), e);
    assert_ok(read_all(plain, &before, &e), e);
    for (int forever = 0; forever < 2; forever++) {
        int refused = 0;
        for (long n = 0;; n = next(n)) {
            copy(plain, path);
            e.text[0] = '\0';
            arm(n, forever);
            int rc = import_all(path, &e);
            if (!disarm())
                break;
            if (rc == 0) {
                assert_query(path, "SELECT count(*) FROM server_request", "3\n");
                continue;
            }
            refused++;
            assert_has(e.text, "out of memory");
            assert_query(path, "PRAGMA integrity_check", "ok\n");
            assert_ok(read_all(path, &after, &e), e);
            assert_string_equal(buf_text(&after), buf_text(&before));
        }
        assert_true(refused > 50);
    }
    buf_done(&before);
    buf_done(&after);
}

static void test_a_run_keeps_what_was_committed(void **state) {
    (void)state;
    struct record_totals totals;
    struct err e;
    int refused = 0;
    for (int forever = 0; forever < 2; forever++) {
        for (long n = 0;; n = next(n)) {
            const char *path = in_dir("run.db");
            record_remove(path);
            e.text[0] = '\0';
            arm(n, forever);
            int rc = run_all(path, &totals, &e);
            if (!disarm())
                break;
            if (rc != 0) {
                refused++;
                assert_has(e.text, "out of memory");
            }
            if (access(path, F_OK) != 0) {
                assert_int_equal(totals.rows, 0);
                continue;
            }
            assert_query(path, "PRAGMA integrity_check", "ok\n");
            assert_int_equal(query_number(path, "SELECT count(*) FROM requests"), totals.rows);
            if (rc == 0)
                assert_int_equal(totals.rows, 3);
        }
    }
    assert_true(refused > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reader_shows_all_or_says_why_not),
        cmocka_unit_test(test_an_import_is_whole_or_did_nothing),
        cmocka_unit_test(test_a_run_keeps_what_was_committed),
    };
    return cmocka_run_group_tests(tests, fail_when_told, remove_dir);
}
