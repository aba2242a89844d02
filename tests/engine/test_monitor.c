/* What a run says about its client, against a transport that takes a known time, and /proc against
 * other tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sqlite3.h>

#include "engine/engine.h"
#include "engine/monitor.h"
#include "engine/proc.h"
#include "record/reader.h"
#include "util/clock.h"

#define SECONDS_MAX 128
#define TRIES 10 /* a machine may stand still in some of them */

/* ---- a transport without a network: each request takes its caller's thread for a while, and is
 * answered ---- */

static void (*busy)(void); /* what a request does to the loop */

struct transport {
    int unused;
};

struct transport_session {
    uv_timer_t timer;
    transport_done_fn *done;
    void *context;
    int64_t sent_ns;
    bool under_way;
};

static uv_loop_t *loops[4]; /* the first workers' */
static int loop_count;

static int open_transport(uv_loop_t *loop, const struct transport_options *o,
                          struct transport **out, struct err *e) {
    (void)o, (void)e;
    *out = calloc(1, sizeof **out);
    loops[loop_count++ % 4] = loop;
    return 0;
}

static void close_transport(struct transport *t) {
    free(t);
}

static int open_session(struct transport *t, uint32_t user, struct transport_session **out,
                        struct err *e) {
    (void)t, (void)user, (void)e;
    *out = calloc(1, sizeof **out);
    uv_timer_init(loops[0], &(*out)->timer); /* one thread: see setup() */
    (*out)->timer.data = *out;
    return 0;
}

static void free_session(uv_handle_t *h) {
    free(h->data);
}

static void close_session(struct transport_session *s) {
    uv_close((uv_handle_t *)&s->timer, free_session);
}

static int new_request(struct transport *t, const struct transport_request *r, void **out,
                       struct err *e) {
    (void)t, (void)r, (void)e;
    *out = NULL;
    return 0;
}

static void free_request(void *compiled) {
    (void)compiled;
}

static void answer(struct transport_session *s, enum outcome outcome) {
    struct transport_result r = {.outcome = outcome,
                                 .status = outcome == OUTCOME_OK ? 200 : 0,
                                 .sent_ns = s->sent_ns,
                                 .end_ns = clock_mono_ns(),
                                 .ttfb_ns = -1,
                                 .error = ""};
    s->under_way = false;
    s->done(s->context, &r);
}

static void on_timer(uv_timer_t *timer) {
    struct transport_session *s = timer->data;
    busy();
    answer(s, OUTCOME_OK);
}

static void send_request(struct transport_session *s, const void *compiled,
                         const struct transport_parts *parts, uint64_t trace,
                         transport_done_fn *done, void *context) {
    (void)compiled, (void)parts, (void)trace;
    s->done = done;
    s->context = context;
    s->sent_ns = clock_mono_ns();
    s->under_way = true;
    uv_timer_start(&s->timer, on_timer, 1, 0);
}

static void cancel(struct transport_session *s) {
    uv_timer_stop(&s->timer);
    if (s->under_way)
        answer(s, OUTCOME_CANCELLED);
}

static const struct transport_ops pretended = {
    .name = "pretended",
    .open = open_transport,
    .close = close_transport,
    .session_open = open_session,
    .session_close = close_session,
    .request_new = new_request,
    .request_free = free_request,
    .send = send_request,
    .cancel = cancel,
};

/* ---- runs ---- */

static void do_nothing(void) {
}

static void sleep_60_ms(void) {
    usleep(60000);
}

static _Atomic int64_t cpu_left_ns;

/* Uses the CPU, 50 ms at a time and cpu_left_ns in all. */
static void use_cpu(void) {
    int64_t from = clock_thread_cpu_ns(), now = from, left = cpu_left_ns;
    while (now - from < 50 * NS_PER_MS && now - from < left)
        now = clock_thread_cpu_ns();
    cpu_left_ns = left - (now - from);
}

static int64_t used_up_ns;

/* When it is used up, and the second in which it was is over. */
static struct engine_order end_behind_it(void *context, const struct engine_progress *p) {
    (void)context;
    if (cpu_left_ns > 0)
        used_up_ns = p->elapsed_ns;
    bool over = p->elapsed_ns - used_up_ns > 1200 * NS_PER_MS;
    return (struct engine_order){.wish = over ? ENGINE_FINISH : ENGINE_GO_ON};
}

struct seen {
    struct reader_client all[SECONDS_MAX];
    size_t count;
    int64_t duration_us;
};

static void take(void *context, const struct reader_client *c) {
    struct seen *s = context;
    assert_true(s->count < SECONDS_MAX);
    s->all[s->count++] = *c;
}

static void run(struct seen *out, const char *scenario, void (*what)(void)) {
    struct err e = {""};
    char path[64];
    struct scenario *s;
    struct record *record;
    struct reader *reader;
    struct engine_result result;
    memset(out, 0, sizeof *out);
    busy = what;
    loop_count = 0;
    snprintf(path, sizeof path, "/tmp/coldswarm-watch-%d.db", (int)getpid());
    unlink(path);
    if (scenario_parse("test.json", ".", scenario, strlen(scenario), NULL, NULL, &s, &e) != 0)
        fail_msg("%s", e.text);
    struct record_run about = {.name = "test",
                               .scenario = "",
                               .target = "",
                               .version = "0",
                               .catalog = &s->catalog,
                               .worker_count = 1};
    assert_int_equal(record_open(path, &about, &record, &e), 0);
    assert_int_equal(record_start(record, &e), 0);
    struct engine_options o = {.scenario = s,
                               .transport = &pretended,
                               .record = record,
                               .threads = 1,
                               .stop_timeout_ns = NS_PER_S,
                               .user_agent = "test"};
    if (what == use_cpu)
        o.tick = end_behind_it;
    if (engine_run(&o, &result, &e) != 0)
        fail_msg("%s", e.text);
    out->duration_us = result.duration_ns / NS_PER_US;
    struct record_end end = {
        .duration_ns = result.duration_ns, .verdict = "VALID", .verdict_reason = ""};
    assert_int_equal(record_stop(record, &e), 0);
    assert_int_equal(record_close(record, &end, &e), 0);
    assert_int_equal(reader_open(path, &reader, &e), 0);
    assert_int_equal(reader_client(reader, take, out, &e), 0);
    reader_close(reader);
    scenario_free(s);
    unlink(path);
}

#define SCENARIO(users, duration, wait)                                                            \
    "{\"target\":\"http://127.0.0.1:1\",\"load\":{\"users\":" users                                \
    ",\"spawn_rate\":100,\"duration\":\"" duration "\"},\"wait\":{\"constant\":\"" wait "\"},"     \
    "\"tasks\":[{\"path\":\"/\"}]}"

static void each_second_has_a_row_with_plausible_numbers(void **state) {
    (void)state;
    struct seen seen;
    for (int i = 0; i < TRIES; i++) {
        run(&seen, SCENARIO("3", "2500ms", "5ms"), do_nothing);
        if (seen.count > 0 && seen.all[0].second == 0 &&
            seen.all[0].loop_lag_max_us != READER_NO_VALUE)
            break;
    }
    assert_true(seen.count > 0);
    /* A look that comes over a second late makes a gap; there is none where nothing holds the
     * machine up. */
    assert_true(seen.count <= (size_t)(seen.duration_us / 1000000 + 1));
    for (size_t i = 0; i < seen.count; i++) {
        const struct reader_client *c = &seen.all[i];
        assert_true(i == 0 || c->second > seen.all[i - 1].second);
        assert_true(c->cpu_max >= 0 && c->cpu_max <= 1);
        assert_true(c->cpu_sum >= c->cpu_max && c->cpu_sum <= 1);
        assert_true(c->cpu_writer >= 0 && c->cpu_writer <= 1);
        assert_int_equal(c->lost, 0);
        assert_true(c->open_files > 3 && c->open_files < 1000);
        assert_true(c->ports >= 0);
        assert_true(c->retransmits >= 0);
        if (c->loop_lag_max_us != READER_NO_VALUE)
            assert_true(c->loop_lag_mean_us <= c->loop_lag_max_us);
    }
    assert_int_equal(seen.all[0].second, 0);
    assert_int_not_equal(seen.all[0].loop_lag_max_us, READER_NO_VALUE);
}

static void a_loop_that_is_held_up_shows_its_lag(void **state) {
    (void)state;
    struct seen seen;
    /* A user that waits long: only the beat is due, every 20 ms, and the loop sleeps through 60
     * ms. */
    int64_t most = 0;
    for (int k = 0; k < TRIES && most < 35000; k++) {
        run(&seen, SCENARIO("1", "1200ms", "100ms"), sleep_60_ms);
        for (size_t i = 0; i < seen.count; i++)
            if (seen.all[i].loop_lag_max_us > most)
                most = seen.all[i].loop_lag_max_us;
    }
    assert_true(most >= 35000);
}

static void cpu_time_is_found_in_the_shares(void **state) {
    (void)state;
    struct seen seen;
    double sum = 0;
    for (int k = 0; k < TRIES && sum <= 0.3; k++) {
        cpu_left_ns = 600 * NS_PER_MS;
        run(&seen, SCENARIO("1", "1m", "1ms"), use_cpu);
        /* A row may cover a tenth more than its second, and a look that is late leaves one out. */
        sum = 0;
        for (size_t i = 0; i < seen.count; i++)
            sum += seen.all[i].cpu_sum;
    }
    assert_true(sum > 0.3);
}

/* ---- the clocks ---- */

static const struct clock_change {
    double set_s, slept_s; /* the time of the day was set by; the machine slept for */
    const char *events;
} changes[] = {
    {0, 0, ""},
    {0.04, 0, ""}, /* as slewing does */
    {3600, 0, "clock_set: the clock of this machine was set forward by 3600.0 s;"},
    {-0.3, 0, "clock_set: the clock of this machine was set back by 0.3 s;"},
    {0, 8, "suspend: this machine slept for 8.0 s;"},
    {-2, 8,
     "suspend: this machine slept for 8.0 s;|"
     "clock_set: the clock of this machine was set back by 2.0 s;"},
};

/* The events of a run, without what follows their first ";", separated by "|". */
static void events_of(const char *path, char *out, size_t size) {
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT group_concat(kind || ': ' || substr(text, 1,"
                                        " instr(text, ';')), '|') FROM event",
                                        -1, &st, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    const char *text = (const char *)sqlite3_column_text(st, 0);
    snprintf(out, size, "%s", text == NULL ? "" : text);
    sqlite3_finalize(st);
    sqlite3_close(db);
}

static void look_at_clocks(const struct clock_change *c, const char *path) {
    struct err e = {""};
    struct record *record;
    struct record_run about = {
        .name = "test", .scenario = "", .target = "", .version = "0", .worker_count = 1};
    struct catalog none = {0};
    struct monitor_state w = {0};
    about.catalog = &none;
    unlink(path);
    assert_int_equal(record_open(path, &about, &record, &e), 0);
    assert_int_equal(record_start(record, &e), 0);
    const struct monitor_subject of = {.record = record};
    int64_t now_ns = 1;
    /* A look that is interrupted does not count: the next one finds the same. */
    while (!w.clocks_known)
        monitor_tick(&w, &of, now_ns++, 1);
    w.boot_ahead_ns -= (int64_t)(c->slept_s * 1e9);
    w.real_ahead_ns -= (int64_t)((c->set_s + c->slept_s) * 1e9);
    int64_t before_ns = w.real_ahead_ns;
    for (int looks = 0; looks < 3 || (looks < 1000 && w.real_ahead_ns == before_ns); looks++)
        monitor_tick(&w, &of, now_ns++, 1);
    monitor_done(&w);
    assert_int_equal(record_stop(record, &e), 0);
    assert_int_equal(record_close(record, NULL, &e), 0);
}

static void a_clock_that_is_set_and_a_machine_that_sleeps_are_events(void **state) {
    (void)state;
    char path[64], events[512];
    snprintf(path, sizeof path, "/tmp/coldswarm-clocks-%d.db", (int)getpid());
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        look_at_clocks(&changes[i], path);
        events_of(path, events, sizeof events);
        assert_string_equal(events, changes[i].events);
    }
    unlink(path);
}

/* ---- /proc ---- */

static void open_files_are_counted(void **state) {
    (void)state;
    int fds[50];
    int64_t before = proc_open_files();
    for (int i = 0; i < 50; i++)
        assert_true((fds[i] = open("/dev/null", O_RDONLY)) >= 0);
    assert_int_equal(proc_open_files() - before, 50);
    for (int i = 0; i < 50; i++)
        close(fds[i]);
    assert_int_equal(proc_open_files(), before);
}

static void ports_cover_ours(void **state) {
    (void)state;
    int fds[40];
    for (int i = 0; i < 40; i++) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        assert_true((fds[i] = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
        assert_int_equal(bind(fds[i], (struct sockaddr *)&at, sizeof at), 0);
        assert_int_equal(listen(fds[i], 1), 0);
    }
    assert_true(proc_ports() >= 40);
    for (int i = 0; i < 40; i++)
        close(fds[i]);
}

static int64_t awk_retransmits(void) {
    char line[64] = "";
    FILE *f = popen("awk '/^Tcp:/ { if (!c) { for (i = 1; i <= NF; i++) if ($i == \"RetransSegs\")"
                    " c = i } else print $c }' /proc/net/snmp",
                    "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    pclose(f);
    return strtoll(line, NULL, 10);
}

static void retransmits_are_the_kernels_count(void **state) {
    (void)state;
    int64_t before = awk_retransmits(), ours = proc_retransmits(), after = awk_retransmits();
    assert_true(before <= ours && ours <= after);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_second_has_a_row_with_plausible_numbers),
        cmocka_unit_test(a_loop_that_is_held_up_shows_its_lag),
        cmocka_unit_test(cpu_time_is_found_in_the_shares),
        cmocka_unit_test(a_clock_that_is_set_and_a_machine_that_sleeps_are_events),
        cmocka_unit_test(open_files_are_counted),
        cmocka_unit_test(ports_cover_ours),
        cmocka_unit_test(retransmits_are_the_kernels_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
