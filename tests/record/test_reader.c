/* reader: the same rows as SQL sees, from files finished, growing, left behind, foreign or broken.
 */
#include "record/reader.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "record/fixture.h"
#include "record/reader_timeline.h"
#include "util/rng.h"

/* A finished run of n requests of every kind, drawn from a seed. */
static void make_run(const char *path, size_t n) {
    struct record_run run = small_run(1);
    run.seed = UINT64_C(18446744073709551615);
    struct record *r;
    struct err e;
    struct rng g;
    rng_seed(&g, 1, 0);
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_manifest(r, "os", "Linux", &e), e);
    assert_ok(record_manifest(r, "cpu", "two", &e), e);
    assert_ok(record_start(r, &e), e);
    uint16_t errors[] = {0, record_error_id(r, "first"), record_error_id(r, "second")};
    for (size_t i = 0; i < n; i++) {
        int64_t sent = (int64_t)i * 1000000 + (int64_t)rng_below(&g, 1000);
        struct sample s = ok_sample(sent, (int64_t)rng_below(&g, 90000000));
        s.outcome = rng_below(&g, OUTCOME_COUNT) & 0xff;
        s.user = (uint32_t)rng_below(&g, 1000);
        s.endpoint = (uint16_t)rng_below(&g, 2);
        s.status = rng_below(&g, 3) == 0 ? 0 : (uint16_t)(200 + rng_below(&g, 300));
        s.error = errors[rng_below(&g, 3)];
        s.flags = rng_below(&g, 2) ? SAMPLE_NEW_CONNECTION : 0;
        s.dns_us = (uint32_t)rng_below(&g, 3);
        s.connect_us = (uint32_t)rng_below(&g, 3);
        s.tls_us = (uint32_t)rng_below(&g, 3);
        s.bytes_sent = (uint32_t)rng_next(&g);
        s.bytes_received = rng_next(&g) >> 20 & SAMPLE_BYTES_MAX;
        s.http_version = rng_below(&g, HTTP_VERSION_COUNT) & 0xf;
        s.previous_end = rng_below(&g, CONNECTION_END_COUNT) & 0xf;
        s.previous_idle_us = (uint32_t)rng_below(&g, 3);
        if (rng_below(&g, 5) == 0) {
            s.flags |= SAMPLE_SENT_AGAIN;
            s.resent_us = (uint32_t)(1 + rng_below(&g, 1000));
        }
        if (rng_below(&g, 2))
            s.intended_ns = sent - (int64_t)rng_below(&g, 5000000);
        if (rng_below(&g, 4) == 0)
            s.ttfb_us = SAMPLE_NO_TTFB;
        if (s.outcome == OUTCOME_NOT_SENT) {
            s.intended_ns = sent;
            s.sent_ns = s.end_ns = SAMPLE_NO_TIME;
        }
        assert_true(queue_push(record_queue(r, 0), &s));
    }
    record_users(r, 0, 3);
    record_users(r, 4, 10);
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &valid_end, &e), e);
}

static void print_value(FILE *out, int64_t value) {
    if (value == READER_NO_VALUE)
        fputs("|NULL", out);
    else
        fprintf(out, "|%lld", (long long)value);
}

struct printer {
    FILE *out;
    struct reader *r;
    const struct endpoint *endpoints;
};

static const char *or_null(const char *text) {
    return text == NULL ? "NULL" : text;
}

/* In the form that query() gives, all columns of the view but sent_again, which resent_us says
 * too. */
static int print_row(void *context, const struct request *x) {
    struct printer *p = context;
    fprintf(p->out, "%lld", (long long)x->id);
    print_value(p->out, x->user);
    fprintf(p->out, "|%s|%s", p->endpoints[x->endpoint].name, p->endpoints[x->endpoint].method);
    const int64_t times[] = {x->intended_us, x->sent_us,     x->end_us,
                             x->service_us,  x->response_us, x->dns_us,
                             x->connect_us,  x->tls_us,      x->ttfb_us};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        print_value(p->out, times[i]);
    print_value(p->out, x->status == 0 ? READER_NO_VALUE : x->status);
    fprintf(p->out, "|%s|%s|%llu|%llu|%d", outcome_text((int)x->outcome),
            x->error == 0 ? "NULL" : reader_error(p->r, x->error),
            (unsigned long long)x->bytes_sent, (unsigned long long)x->bytes_received,
            x->new_connection);
    print_value(p->out, x->resent_us);
    fprintf(p->out, "|%s|%s", or_null(http_version_text((int)x->http_version)),
            or_null(connection_end_text((int)x->previous_end)));
    print_value(p->out, x->previous_idle_us);
    fputc('\n', p->out);
    return 0;
}

static void test_rows_are_those_of_the_view(void **state) {
    (void)state;
    const char *path = in_dir("random.db");
    make_run(path, 5000);
    struct reader *r;
    struct err e;
    char *text = NULL;
    size_t size;
    assert_ok(reader_open(path, &r, &e), e);
    struct printer p = {.out = open_memstream(&text, &size), .r = r};
    p.endpoints = reader_catalog(r)->endpoints;
    assert_int_equal(reader_catalog(r)->endpoint_count, 2);
    assert_ok(reader_scan(r, print_row, &p, &e), e);
    fclose(p.out);
    reader_close(r);
    char *expected = query(path, "SELECT id, user, name, method, intended_us, sent_us, end_us,"
                                 " service_us, response_us, dns_us, connect_us, tls_us, ttfb_us,"
                                 " status, outcome, error, bytes_sent, bytes_received,"
                                 " new_connection, resent_us, http_version, previous_end,"
                                 " previous_idle_us FROM requests ORDER BY id");
    assert_true(strlen(expected) > 5000 * 40);
    assert_true(strcmp(text, expected) == 0);
    free(text);
    free(expected);
}

static void add_pair(void *context, const char *key, const char *value) {
    fprintf(context, "%s=%s\n", key, value);
}

static void test_run_users_and_manifest(void **state) {
    (void)state;
    const char *path = in_dir("run.db");
    make_run(path, 10);
    struct reader *r;
    struct err e;
    assert_ok(reader_open(path, &r, &e), e);
    const struct reader_run *run = reader_run(r);
    assert_string_equal(run->name, "paper");
    assert_string_equal(run->started_utc, "2025-11-24T16:00:00.123Z");
    assert_string_equal(run->scenario, "{ \"name\": \"paper\" }");
    assert_string_equal(run->target, "http://127.0.0.1:8080");
    assert_string_equal(run->version, "0.1.0");
    assert_int_equal(run->duration_us, 4500000);
    assert_int_equal(run->users_max, 10);
    assert_true(run->seed == UINT64_MAX);
    assert_string_equal(run->verdict, "VALID");
    assert_string_equal(run->verdict_reason, "nothing was missed");
    assert_int_equal(run->exit_code, 0);
    assert_true(run->complete);
    assert_string_equal(reader_error(r, 0), "");
    assert_string_equal(reader_error(r, 4711), "");

    struct reader_second *seconds;
    size_t count;
    assert_ok(reader_users(r, &seconds, &count, &e), e);
    assert_int_equal(count, 2);
    assert_int_equal(seconds[0].second, 0);
    assert_int_equal(seconds[0].users, 3);
    assert_int_equal(seconds[1].second, 4);
    assert_int_equal(seconds[1].users, 10);
    free(seconds);

    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_ok(reader_manifest(r, add_pair, out, &e), e);
    fclose(out);
    assert_string_equal(text, "cpu=two\nos=Linux\n");
    free(text);
    reader_close(r);
    reader_close(NULL);
}

static int stop_at_three(void *context, const struct request *row) {
    *(int64_t *)context = row->id;
    return row->id == 3 ? 42 : 0;
}

static void test_a_scan_ends_when_told(void **state) {
    (void)state;
    const char *path = in_dir("stop.db");
    make_run(path, 10);
    struct reader *r;
    struct err e;
    int64_t last = 0;
    assert_ok(reader_open(path, &r, &e), e);
    assert_int_equal(reader_scan(r, stop_at_three, &last, &e), 42);
    assert_int_equal(last, 3);
    reader_close(r);
}

static int count_row(void *context, const struct request *row) {
    (void)row;
    *(int64_t *)context += 1;
    return 0;
}

static int64_t count_rows(struct reader *r) {
    struct err e;
    int64_t n = 0;
    assert_ok(reader_scan(r, count_row, &n, &e), e);
    return n;
}

static void test_scans_of_a_growing_file_agree(void **state) {
    (void)state;
    const char *path = in_dir("growing.db");
    struct record_run run = small_run(1);
    struct record *w;
    struct reader *r, *later;
    struct err e;
    assert_ok(record_open(path, &run, &w, &e), e);
    assert_ok(record_start(w, &e), e);
    assert_ok(reader_open(path, &r, &e), e);
    assert_int_equal(count_rows(r), 0);
    struct sample s = ok_sample(1999999000, 1000);
    queue_push(record_queue(w, 0), &s);
    for (int i = 0; i < 6000 && query_number(path, "SELECT count(*) FROM requests") == 0; i++)
        usleep(10000);
    assert_int_equal(count_rows(r), 0);
    assert_false(reader_run(r)->complete);
    assert_int_equal(reader_run(r)->duration_us, 0);
    assert_ok(reader_open(path, &later, &e), e);
    assert_int_equal(count_rows(later), 1);
    assert_int_equal(reader_run(later)->duration_us, 2000000);
    assert_int_equal(reader_run(later)->exit_code, -1);
    /* Readers do not keep a run from ending, only from tidying up. */
    assert_ok(record_stop(w, &e), e);
    assert_ok(record_close(w, &valid_end, &e), e);
    assert_int_equal(count_rows(r), 0);
    reader_close(r);
    reader_close(later);
    assert_ok(reader_open(path, &r, &e), e);
    assert_true(reader_run(r)->complete);
    assert_int_equal(count_rows(r), 1);
    reader_close(r);
}

static void sql(const char *path, const char *text) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void put(const char *path, const char *bytes) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(bytes, f);
    fclose(f);
}

static void assert_refused(const char *path, const char *why) {
    struct reader *r = NULL;
    struct err e;
    if (reader_open(path, &r, &e) == 0)
        fail_msg("%s was read", path);
    assert_null(r);
    assert_has(e.text, path);
    assert_has(e.text, why);
}

static void test_what_is_no_run_file_is_refused_by_name(void **state) {
    (void)state;
    assert_refused(in_dir("missing.db"), "No such file");
    assert_refused(dir, "is a directory");
    put(in_dir("empty.db"), "");
    assert_refused(in_dir("empty.db"), "is empty");
    put(in_dir("short.db"), "hello");
    assert_refused(in_dir("short.db"), "not a run file");
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put(in_dir("long.db"), text);
    assert_refused(in_dir("long.db"), "not a run file");
    sql(in_dir("other.db"), "CREATE TABLE run(name); PRAGMA user_version = 1");
    assert_refused(in_dir("other.db"), "coldswarm did not make it");
    make_run(in_dir("newer.db"), 1);
    sql(in_dir("newer.db"), "PRAGMA user_version = 99");
    assert_refused(in_dir("newer.db"), "newer coldswarm");
}

static void take_client(void *context, const struct reader_client *c) {
    struct reader_client *all = context;
    all[c->second] = *c;
    all[3].second++; /* how many came */
}

static void test_client_seconds_and_a_file_of_before_they_were_kept(void **state) {
    (void)state;
    const char *path = in_dir("client.db");
    struct reader_client got[4] = {{0}};
    struct reader *r;
    struct err e;
    make_run(path, 10);
    sql(path, "INSERT INTO client_second VALUES"
              " (0, 0.5, 0.75, 0.25, 60, 900, 17, 2, 12, 5, 3),"
              " (1, 0, 0, 0, NULL, NULL, 0, 0, NULL, NULL, NULL);"
              "INSERT INTO dispatch_second VALUES (0, 9, 1, 8, 11000, 12000)");
    assert_ok(reader_open(path, &r, &e), e);
    assert_ok(reader_client(r, take_client, got, &e), e);
    reader_close(r);
    assert_int_equal(got[3].second, 2);
    assert_true(got[0].cpu_max == 0.5 && got[0].cpu_sum == 0.75 && got[0].cpu_writer == 0.25);
    assert_int_equal(got[0].loop_lag_mean_us, 60);
    assert_int_equal(got[0].loop_lag_max_us, 900);
    assert_int_equal(got[0].queued_max, 17);
    assert_int_equal(got[0].lost, 2);
    assert_int_equal(got[0].open_files, 12);
    assert_int_equal(got[0].ports, 5);
    assert_int_equal(got[0].retransmits, 3);
    assert_int_equal(got[0].scheduled, 9);
    assert_int_equal(got[0].late, 1);
    assert_int_equal(got[0].dispatch_p50_us, 8);
    assert_int_equal(got[0].dispatch_p99_us, 11000);
    assert_int_equal(got[0].dispatch_max_us, 12000);
    assert_int_equal(got[1].loop_lag_max_us, READER_NO_VALUE);
    assert_int_equal(got[1].open_files, READER_NO_VALUE);
    assert_int_equal(got[1].scheduled, 0);
    assert_int_equal(got[1].dispatch_max_us, READER_NO_VALUE);

    sql(path, "DROP VIEW client; DROP TABLE client_second; DROP TABLE dispatch_second;"
              "PRAGMA user_version = 1");
    int64_t rows = 0;
    memset(got, 0, sizeof got);
    assert_ok(reader_open(path, &r, &e), e);
    assert_ok(reader_client(r, take_client, got, &e), e);
    assert_ok(reader_scan(r, count_row, &rows, &e), e);
    reader_close(r);
    assert_int_equal(got[3].second, 0);
    assert_int_equal(rows, 10);
}

static void test_a_damaged_file_says_so(void **state) {
    (void)state;
    const char *path = in_dir("damaged.db");
    struct reader *r;
    struct err e;
    int64_t n = 0;
    make_run(path, 10);
    sql(path, "UPDATE request SET result = 100000 WHERE id = 5");
    assert_ok(reader_open(path, &r, &e), e);
    assert_int_equal(reader_scan(r, count_row, &n, &e), -1);
    assert_has(e.text, "damaged: request 5");
    assert_int_equal(n, 4);
    reader_close(r);
    sql(path, "UPDATE result SET outcome = 99 WHERE id = 2");
    assert_refused(path, "damaged: result 2");
    sql(path, "UPDATE result SET outcome = 1, endpoint = -1 WHERE id = 2");
    assert_refused(path, "damaged: result 2");
    sql(path, "DELETE FROM run");
    assert_refused(path, "damaged");
    make_run(in_dir("cut.db"), 5000);
    assert_int_equal(truncate(in_dir("cut.db"), 81920), 0);
    int rc = reader_open(in_dir("cut.db"), &r, &e);
    if (rc == 0) {
        rc = reader_scan(r, count_row, &n, &e);
        reader_close(r);
    }
    assert_int_equal(rc, -1);
    assert_has(e.text, "damaged");
}

/* As indexes or in sums, these would reach beyond what there is. */
static void test_numbers_that_no_run_has_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *set;
        bool brief; /* the column is read by brief scans too */
    } rows[] = {
        {"at_us = 9223372036854775807", true},
        {"took_us = -9223372036854775807", true},
        {"lag_us = -9223372036854775807", true},
        {"user = 9223372036854775807", true},
        {"user = 100000000", true},
        {"user = -1", true},
        {"bytes_received = -1", true},
        {"bytes_sent = -1", false},
        {"rest_us = 9223372036854775807", false},
        {"tls_us = -9223372036854775807", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = in_dir("impossible.db");
        struct reader *r;
        struct err e;
        int64_t n = 0;
        char text[128];
        make_run(path, 10);
        snprintf(text, sizeof text, "UPDATE request SET %s WHERE id = 5", rows[i].set);
        sql(path, text);
        assert_ok(reader_open(path, &r, &e), e);
        assert_int_equal(reader_scan(r, count_row, &n, &e), -1);
        assert_has(e.text, "damaged: request 5");
        assert_has(e.text, "a number that no run has");
        assert_int_equal(n, 4);
        assert_int_equal(reader_scan_brief(r, count_row, &n, &e), rows[i].brief ? -1 : 0);
        reader_close(r);
        remove(path);
    }
}

/* A file that someone made to do harm: ids that are no indexes, and rows without end. */
static void test_a_hostile_file_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *name, *sql, *says;
    } files[] = {
        {"hostile-result.db",
         "CREATE TABLE r AS SELECT * FROM result; DROP TABLE result; ALTER TABLE r RENAME TO "
         "result;"
         "UPDATE result SET id = 90000000 WHERE rowid = 1; UPDATE result SET id = 'a'"
         " WHERE rowid = 2",
         "damaged: result 90000000"},
        {"hostile-error.db",
         "CREATE TABLE r AS SELECT * FROM error; DROP TABLE error; ALTER TABLE r RENAME TO error;"
         "INSERT INTO error VALUES (90000000, 'x'), ('a', 'y')",
         "damaged: error 1 "},
        {"hostile-endpoint.db",
         "CREATE TABLE r AS SELECT * FROM endpoint; DROP TABLE endpoint;"
         "ALTER TABLE r RENAME TO endpoint; INSERT INTO endpoint VALUES (90000000, 'x', 'y'),"
         " ('a', 'y', 'z')",
         "damaged: id 1 "},
        {"hostile-task.db",
         "CREATE TABLE r AS SELECT * FROM task; DROP TABLE task; ALTER TABLE r RENAME TO task;"
         "INSERT INTO task VALUES (90000000, 'x', 1), ('a', 'y', 2)",
         "damaged: id 90000000"},
        {"hostile-ids.db",
         "INSERT INTO result SELECT 200000000, endpoint, status, outcome, error, new_connection,"
         " sent_again, http_version, previous_end, grpc_status FROM result LIMIT 1",
         "damaged: id 200000000"},
        {"hostile-endless.db", /* a hundred million rows, none of which is shown */
         "ALTER TABLE run RENAME TO was_run; CREATE VIEW run AS SELECT was_run.* FROM was_run,"
         " request AS a, request AS b, request AS c, request AS d, request AS e, request AS f,"
         " request AS g, request AS h WHERE a.user + b.user + c.user + d.user + e.user + f.user"
         " + g.user + h.user < 0",
         "does not come to an end"},
        {"hostile-recursive.db",
         "ALTER TABLE run RENAME TO was_run; CREATE VIEW run AS WITH RECURSIVE n(n) AS"
         " (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT was_run.* FROM n, was_run WHERE n < 0",
         "a view that coldswarm does not make"},
        {"hostile-function.db", /* hours in a single instruction */
         "ALTER TABLE run RENAME TO was_run; CREATE VIEW run AS SELECT * FROM was_run WHERE"
         " instr(hex(zeroblob(16000000)), hex(zeroblob(8000000)) || '1') = 0",
         "a view that coldswarm does not make"},
        {"hostile-generated.db",
         "ALTER TABLE event RENAME TO was_event; CREATE TABLE event(at_us INTEGER, kind TEXT, n,"
         " text TEXT AS (hex(zeroblob(16000000))) VIRTUAL)",
         "a column that is computed"},
        {"hostile-default.db",
         "ALTER TABLE server_name RENAME TO was_name; CREATE TABLE server_name(id INTEGER"
         " PRIMARY KEY, text, more DEFAULT (hex(zeroblob(16000000))))",
         "a column that is computed"},
        {"hostile-virtual.db",
         "ALTER TABLE event RENAME TO was_event; CREATE VIRTUAL TABLE event USING fts5(at_us, "
         "kind)",
         "no such module"},
        {"hostile-shared.db", /* two tables of the same pages */
         "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM"
         " sqlite_master WHERE name = 'request') WHERE name = 'event'",
         "pages are used more than once"},
        {"hostile-long.db", "UPDATE run SET name = zeroblob(65 << 20)", "more than 64 MiB"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        make_run(in_dir(files[i].name), 3000);
        char text[1024] = "PRAGMA legacy_alter_table = ON;"; /* views of the table may break */
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s", files[i].sql);
        sql(in_dir(files[i].name), text);
        assert_refused(in_dir(files[i].name), files[i].says);
    }
}

/* Names are in many places of a report; a scenario is in none. */
static void test_a_long_name_is_cut(void **state) {
    (void)state;
    const char *path = in_dir("long-name.db");
    struct reader *r;
    struct err e;
    make_run(path, 10);
    sql(path, "UPDATE run SET name = replace(hex(zeroblob(1 << 20)), '00', 'é'),"
              " scenario = hex(zeroblob(1 << 20))");
    assert_ok(reader_open(path, &r, &e), e);
    assert_int_equal(strlen(reader_run(r)->name), 1 << 20);
    assert_string_equal(reader_run(r)->name + (1 << 20) - 2, "é");
    assert_int_equal(strlen(reader_run(r)->scenario), 2 << 20);
    reader_close(r);
    sql(path, "UPDATE run SET name = 'x' || name");
    assert_ok(reader_open(path, &r, &e), e);
    assert_int_equal(strlen(reader_run(r)->name), (1 << 20) - 1); /* no half of a character */
    reader_close(r);
}

static void take_step(void *context, uint32_t task, int64_t end_us, int64_t took_us) {
    fprintf(context, "step of %u: %d %d\n", task, (int)end_us, (int)took_us);
}

static void take_check(void *context, int64_t second, uint32_t check, uint64_t passes,
                       uint64_t fails) {
    fprintf(context, "check %u in %d: %d %d\n", check, (int)second, (int)passes, (int)fails);
}

static void test_the_catalog_comes_back(void **state) {
    (void)state;
    const char *path = in_dir("catalog.db");
    const struct catalog catalog = {
        .endpoints = (struct endpoint[]){{"/", "GET"}, {"/buy", "POST"}},
        .endpoint_count = 2,
        .tasks = (struct catalog_task[]){{"home", 0}, {"shop", CATALOG_STEPS}},
        .task_count = 2,
        .checks =
            (struct catalog_check[]){{"is fast", 0, false}, {"has id", 1, false}, {"id", 1, true}},
        .check_count = 3,
    };
    struct record_run run = small_run(1);
    struct record *w;
    struct reader *r;
    struct err e;
    run.catalog = &catalog;
    assert_ok(record_open(path, &run, &w, &e), e);
    assert_ok(record_start(w, &e), e);
    struct sample step = ok_sample(1000000, 5000000);
    step.flags = SAMPLE_ITERATION;
    step.endpoint = 1;
    queue_push(record_queue(w, 0), &step);
    record_check(w, 3, 1, 4, 5, 0);
    record_check(w, 3, 2, 0, 0, 6); /* not judged: neither passed nor failed */
    assert_ok(record_stop(w, &e), e);
    assert_ok(record_close(w, &valid_end, &e), e);
    assert_ok(reader_open(path, &r, &e), e);
    const struct catalog *got = reader_catalog(r);
    assert_int_equal(got->endpoint_count, 2);
    assert_string_equal(got->endpoints[1].name, "/buy");
    assert_string_equal(got->endpoints[1].method, "POST");
    assert_int_equal(got->task_count, 2);
    assert_string_equal(got->tasks[1].name, "shop");
    assert_int_equal(got->tasks[0].endpoint, 0);
    assert_int_equal(got->tasks[1].endpoint, CATALOG_STEPS);
    assert_int_equal(got->check_count, 3);
    assert_string_equal(got->checks[1].name, "has id");
    assert_int_equal(got->checks[1].endpoint, 1);
    assert_false(got->checks[0].capture || got->checks[1].capture);
    assert_true(got->checks[2].capture);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_ok(reader_steps(r, take_step, out, &e), e);
    assert_ok(reader_checks(r, take_check, out, &e), e);
    fclose(out);
    reader_close(r);
    assert_string_equal(text, "step of 1: 6000 5000\ncheck 1 in 3: 4 5\n");
    free(text);
    /* Numbers that nothing has are kept as such, and those of nothing are refused. */
    sql(path, "UPDATE task SET endpoint = 77 WHERE id = 0; UPDATE check_name SET endpoint = -5;"
              "INSERT INTO task VALUES (9, 'far', NULL)");
    assert_ok(reader_open(path, &r, &e), e);
    got = reader_catalog(r);
    assert_int_equal(got->task_count, 10);
    assert_string_equal(got->tasks[5].name, "");
    assert_int_equal(got->tasks[0].endpoint, 77);
    assert_int_equal(got->checks[0].endpoint, UINT32_MAX);
    reader_close(r);
    sql(path, "INSERT INTO task VALUES (1000000000000, 'too far', NULL)");
    assert_refused(path, "damaged");
}

/* Reads as somebody whom permissions hold for: rows, or minus something; the text of the error goes
 * to a pipe. */
static int rows_as_nobody(const char *path, char *why, size_t size) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct reader *r;
        struct err e = {.text = ""};
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(200);
        int64_t n = 0;
        int rc = reader_open(path, &r, &e);
        if (rc == 0)
            rc = reader_scan(r, count_row, &n, &e);
        if (write(ends[1], e.text, strlen(e.text)) < 0)
            _exit(201);
        _exit(rc == 0 ? (int)n : 202);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], why, size - 1);
    why[got < 0 ? 0 : got] = '\0';
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A run of seven requests whose process was killed: its log is still beside it. */
static void make_killed_run(const char *path) {
    pid_t pid = fork();
    if (pid == 0) {
        struct record_run run = small_run(1);
        struct record *r;
        if (record_open(path, &run, &r, NULL) != 0 || record_start(r, NULL) != 0)
            _exit(1);
        for (int i = 0; i < 7; i++) {
            struct sample s = ok_sample(i * NS_PER_S, NS_PER_S);
            queue_push(record_queue(r, 0), &s);
        }
        for (;;)
            pause();
    }
    for (int i = 0; i < 6000; i++) {
        usleep(10000);
        struct stat st;
        if (stat(path, &st) == 0 && st.st_size > 0 &&
            query_number(path, "SELECT count(*) FROM sqlite_master") > 0 &&
            query_number(path, "SELECT count(*) FROM requests") == 7)
            break;
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* Runs a command in the directory of the test. */
static void shell(const char *text) {
    char command[512];
    snprintf(command, sizeof command, "cd '%s' && %s", dir, text);
    assert_int_equal(system(command), 0);
}

static void test_a_place_that_cannot_be_written(void **state) {
    (void)state;
    char why[1024];
    assert_int_equal(chmod(dir, 0755), 0);
    shell("mkdir ro");
    make_run(in_dir("ro/done.db"), 7);
    make_run(in_dir("ro/wal ?#%41.db"), 7);
    sql(in_dir("ro/wal ?#%41.db"), "PRAGMA journal_mode = WAL");
    make_killed_run(in_dir("ro/killed.db"));
    shell("cd ro && cp killed.db copied.db && cp killed.db-wal copied.db-wal");
    shell("cd ro && chmod a=r * && chmod a=rx .");

    const char *readable[] = {"ro/done.db", "ro/wal ?#%41.db", "ro/killed.db"};
    for (int i = 0; i < 3; i++) {
        if (rows_as_nobody(in_dir(readable[i]), why, sizeof why) != 7)
            fail_msg("%s: %s", readable[i], why);
    }
    assert_int_equal(rows_as_nobody(in_dir("ro/copied.db"), why, sizeof why), 202);
    assert_has(why, "copied.db-wal");
    assert_has(why, "copy both");
    shell("chmod u+w ro");
    /* Where it can be written the same two files are enough. */
    struct reader *r;
    struct err e;
    shell("cp ro/copied.db ro/copied.db-wal . && chmod u+w copied.db*");
    assert_ok(reader_open(in_dir("copied.db"), &r, &e), e);
    assert_int_equal(count_rows(r), 7);
    assert_int_equal(reader_run(r)->duration_us, 7000000);
    reader_close(r);
}

static void test_a_file_that_one_may_not_read(void **state) {
    (void)state;
    char why[1024];
    const char *path = in_dir("secret.db");
    make_run(path, 1);
    assert_int_equal(chmod(path, 0600), 0);
    if (geteuid() != 0)
        assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(rows_as_nobody(path, why, sizeof why), 202);
    assert_has(why, "permissions");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_those_of_the_view),
        cmocka_unit_test(test_run_users_and_manifest),
        cmocka_unit_test(test_a_scan_ends_when_told),
        cmocka_unit_test(test_scans_of_a_growing_file_agree),
        cmocka_unit_test(test_what_is_no_run_file_is_refused_by_name),
        cmocka_unit_test(test_client_seconds_and_a_file_of_before_they_were_kept),
        cmocka_unit_test(test_a_damaged_file_says_so),
        cmocka_unit_test(test_numbers_that_no_run_has_are_refused),
        cmocka_unit_test(test_a_hostile_file_is_refused),
        cmocka_unit_test(test_a_long_name_is_cut),
        cmocka_unit_test(test_the_catalog_comes_back),
        cmocka_unit_test(test_a_place_that_cannot_be_written),
        cmocka_unit_test(test_a_file_that_one_may_not_read),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
