/* Tables of what was counted while rows were written equal those of the file, whatever happened to
 * the rows. */
#include "report/fixture.h"

#include "report/counted.h"
#include "report/emitting.h"
#include "report/model.h"

#define ENDPOINTS_MAX 600

/* A listener as a run has one. */
struct counting {
    struct counted *counted;
    uint64_t fed;
};

static void feed(void *context, const struct request *requests, size_t n) {
    struct counting *c = context;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(counted_add(c->counted, &requests[i], NULL), 0);
    c->fed += n;
}

struct shape {
    size_t requests, endpoints;
    bool open_load;
    size_t keep_bytes; /* for times */
    size_t queue;      /* samples that its queue holds; 0: enough */
    int64_t spread_us; /* more time for some, so that no two are alike */
};

static struct endpoint many[ENDPOINTS_MAX];
static char names[ENDPOINTS_MAX][32];

/* Every seventh name is there twice. */
static struct catalog catalog_of(const struct shape *s) {
    for (size_t i = 0; i < s->endpoints; i++) {
        snprintf(names[i], sizeof names[i], "/%zu", i % 7 == 6 ? i - 1 : i * 31 % 1000);
        many[i] = (struct endpoint){names[i], i % 2 == 0 ? "GET" : "POST"};
    }
    return (struct catalog){.endpoints = many, .endpoint_count = s->endpoints};
}

static void push(struct record *r, const struct shape *s) {
    struct rng rng;
    rng_seed(&rng, s->requests, s->open_load);
    uint16_t error = record_error_id(r, "no answer within 1s");
    for (size_t i = 0; i < s->requests; i++) {
        struct sample x = any_sample(&rng, s->open_load, error);
        x.endpoint = (unsigned)rng_below(&rng, s->endpoints) & SAMPLE_ENDPOINT_MAX;
        if (x.end_ns != SAMPLE_NO_TIME && s->spread_us > 0)
            x.end_ns += (int64_t)rng_below(&rng, (uint64_t)s->spread_us) * 1000;
        x.flags = rng_below(&rng, 3) == 0 ? SAMPLE_NEW_CONNECTION : 0;
        queue_push(record_queue(r, 0), &x);
    }
}

static void make_counted(const char *path, const struct shape *s, struct counting *c,
                         struct record_totals *totals) {
    struct record *r = NULL;
    struct err e = {""};
    struct catalog catalog_here = catalog_of(s);
    const struct record_run run = {.name = "test",
                                   .started_real_ns = INT64_C(1764000000123000000),
                                   .users_max = 10,
                                   .scenario = "{}",
                                   .target = "http://127.0.0.1:8080",
                                   .version = "0.1.0",
                                   .catalog = &catalog_here,
                                   .queue_max_samples = s->queue,
                                   .worker_count = 1};
    const struct record_end end = {
        .duration_ns = RUN_SECONDS * NS_PER_S, .verdict = "VALID", .verdict_reason = ""};
    struct counted_options o = {.rule = SUMMARY_EXACT};
    const struct record_watch watch = {.requests = feed, .context = c};
    *c = (struct counting){0};
    assert_ok(counted_new(many, s->endpoints, &o, &c->counted, &e), e);
    summary_keep(c->counted->summary, s->keep_bytes);
    unlink(path);
    assert_ok(record_open(path, &run, &r, &e), e);
    record_watch(r, &watch);
    if (s->queue > 0) /* what does not fit is dropped: the writer has not begun */
        push(r, s);
    assert_ok(record_start(r, &e), e);
    if (s->queue == 0)
        push(r, s);
    record_users(r, 0, 10);
    assert_ok(record_stop(r, &e), e);
    record_totals(r, totals);
    assert_ok(record_close(r, &end, &e), e);
}

/* The tables and the JSON, which has every digit. */
static char *report(const char *path, struct counted *c) {
    struct reader *r = NULL;
    struct model *m = NULL;
    struct err e = {""};
    struct model_options o = {.no_guess = true, .counted = c};
    struct buf b;
    buf_init(&b, 1 << 26);
    assert_ok(reader_open(path, &r, &e), e);
    assert_ok(model_new(r, &o, &m, &e), e);
    as_json(&b, m);
    as_table(&b, m, false);
    assert_true(buf_ok(&b));
    model_free(m);
    reader_close(r);
    return buf_take(&b);
}

static void same_tables(const char *path, struct counted *c) {
    char *counted = report(path, c), *read = report(path, NULL);
    assert_non_null(strstr(read, "Aggregated"));
    assert_string_equal(counted, read);
    free(counted);
    free(read);
}

static void test_counted_tables_equal_those_of_the_file(void **state) {
    (void)state;
    static const struct shape shapes[] = {
        {.requests = 0, .endpoints = 2, .keep_bytes = SUMMARY_KEEP_BYTES},
        {.requests = 1, .endpoints = 1, .keep_bytes = SUMMARY_KEEP_BYTES},
        {.requests = 20000, .endpoints = 5, .keep_bytes = SUMMARY_KEEP_BYTES},
        {.requests = 20000, .endpoints = 5, .keep_bytes = SUMMARY_KEEP_BYTES, .open_load = true},
        {.requests = 30000, .endpoints = 600, .keep_bytes = SUMMARY_KEEP_BYTES, .open_load = true},
        {.requests = 20000, .endpoints = 3, .keep_bytes = SUMMARY_KEEP_BYTES, .spread_us = 900000},
        /* Times that do not fit: the file is read for them. */
        {.requests = 20000, .endpoints = 5, .keep_bytes = 0},
        {.requests = 20000, .endpoints = 5, .keep_bytes = 30000, .open_load = true},
        {.requests = 20000, .endpoints = 3, .keep_bytes = 90000, .spread_us = 900000},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct counting c;
        struct record_totals totals;
        struct reader *r = NULL;
        struct err e = {""};
        const char *path = in_dir("counted.db");
        make_counted(path, &shapes[i], &c, &totals);
        assert_int_equal(totals.rows, shapes[i].requests);
        assert_ok(reader_open(path, &r, &e), e);
        assert_true(counted_is_of(c.counted, r));
        reader_close(r);
        same_tables(path, c.counted);
        counted_free(c.counted);
    }
}

static void test_dropped_requests_are_in_neither(void **state) {
    (void)state;
    const struct shape s = {
        .requests = 50000, .endpoints = 4, .keep_bytes = SUMMARY_KEEP_BYTES, .queue = 5000};
    struct counting c;
    struct record_totals totals;
    const char *path = in_dir("dropped.db");
    make_counted(path, &s, &c, &totals);
    assert_true(totals.lost > 0 && totals.rows > 0);
    assert_int_equal(c.fed, totals.rows);
    same_tables(path, c.counted);
    counted_free(c.counted);
}

static void change(const char *path, const char *query) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, query, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Times that only the file has show where the tables are from. */
static void test_what_is_not_of_the_file_is_not_used(void **state) {
    (void)state;
    static const struct {
        const char *query;
        bool used;
    } cases[] = {
        {"SELECT 1", true},
        {"DELETE FROM request WHERE id = (SELECT max(id) FROM request)", false},
        {"INSERT INTO request SELECT max(id) + 1, result, user, at_us, lag_us, took_us, rest_us,"
         " dns_us, connect_us, tls_us, bytes_sent, bytes_received FROM request",
         false},
        {"UPDATE endpoint SET name = '/other' WHERE id = 1", false},
        {"UPDATE endpoint SET method = 'PUT' WHERE id = 1", false},
        {"INSERT INTO endpoint VALUES (5, '/more', 'GET')", false},
    };
    const struct shape s = {.requests = 500, .endpoints = 5, .keep_bytes = SUMMARY_KEEP_BYTES};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct counting c;
        struct record_totals totals;
        const char *path = in_dir("other.db");
        make_counted(path, &s, &c, &totals);
        change(path, "UPDATE request SET took_us = took_us + 50000000");
        change(path, cases[i].query);
        char *with = report(path, c.counted), *read = report(path, NULL);
        if ((strcmp(with, read) != 0) != cases[i].used)
            fail_msg("%s: %s", cases[i].query, with);
        free(with);
        free(read);
        counted_free(c.counted);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counted_tables_equal_those_of_the_file),
        cmocka_unit_test(test_dropped_requests_are_in_neither),
        cmocka_unit_test(test_what_is_not_of_the_file_is_not_used),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
