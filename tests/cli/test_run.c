/* Whole runs with a made-up listener next to the real ones: what it is called with, what it may do,
 * and signals at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/command_internal.h"
#include "cli/listeners.h"
#include "cli/run.h"
#include "support/canned.h"
#include "support/scratch.h"
#include "util/clock.h"

/* What the listener of a test does and has seen. */
static struct guest {
    int raises;       /* a signal, at the end of each run; 0: none */
    uint64_t stop_at; /* it stops the run after that many requests; 0: never */
    struct control *control;
    uint64_t fed, ok, ticks, commands, ends, dones;
} guest;

static int init(const void *run, void **self, struct err *e) {
    (void)e;
    guest.control = ((const struct run_view *)run)->control;
    *self = &guest;
    return 0;
}

static void feed(void *self, const struct request *requests, size_t n) {
    (void)self;
    guest.fed += n;
    for (size_t i = 0; i < n; i++)
        guest.ok += requests[i].outcome == OUTCOME_OK;
}

static void tick(void *self, const struct control_snapshot *now) {
    (void)self;
    (void)now;
    guest.ticks++;
}

static void second(void *self, const struct status *now) {
    (void)self;
    if (guest.stop_at > 0 && now->rows[now->row_count].live.requests >= guest.stop_at) {
        guest.stop_at = 0;
        control_command(guest.control, (struct control_command){.order = CONTROL_STOP,
                                                                .source = "guest",
                                                                .why = "seen enough"});
    }
}

static void command(void *self, const struct control_command *c) {
    (void)self;
    guest.commands += strcmp(c->source, "guest") == 0;
}

static int end(void *self, void *end_of_run, struct err *e) {
    (void)self, (void)e;
    guest.ends++;
    assert_true(((struct run_end *)end_of_run)->whole);
    if (guest.raises != 0)
        raise(guest.raises);
    return 0;
}

static void done(void *self) {
    (void)self;
    guest.dones++;
}

static const struct control_listener guest_listener = {.name = "guest",
                                                       .init = init,
                                                       .feed = feed,
                                                       .tick = tick,
                                                       .second = second,
                                                       .command = command,
                                                       .end = end,
                                                       .done = done};

static struct canned server;

/* `coldswarm run` with these options, against the server, with the guest as one listener more; its
 * exit code. The words that it prints are of no interest. */
static int run_with_guest(struct guest g, const char *const *options) {
    static const struct control_listener *listeners[32];
    char url[64];
    const char *argv[32] = {"coldswarm", "run", "--quiet", "-H", url};
    int argc = 5;
    struct control_tables tables = run_tables;
    struct args *a = NULL;
    struct err e = {""};
    guest = g;
    for (size_t i = 0; i < tables.listener_count; i++)
        listeners[i] = tables.listeners[i];
    listeners[tables.listener_count++] = &guest_listener;
    tables.listeners = listeners;
    snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
    for (; *options != NULL; options++)
        argv[argc++] = *options;
    if (args_parse(&command_run, argc, (char **)(uintptr_t)argv, 2, &a, &e) != 0)
        fail_msg("%s", e.text);
    fflush(stdout);
    int before = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    int code = run(a, &tables, NULL);
    fflush(stdout);
    dup2(before, STDOUT_FILENO);
    close(before);
    close(nowhere);
    args_free(a);
    return code;
}

static int64_t number(const char *path, const char *query) {
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

static void a_listener_sees_each_request_and_may_end_the_run(void **state) {
    (void)state;
    const char *path = in_dir("seen.db");
    int code = run_with_guest((struct guest){.stop_at = 50},
                              (const char *const[]){"-u", "2", "-t", "1h", "-o", path, NULL});
    assert_int_equal(code, EXIT_OK);
    assert_true(guest.fed >= 50);
    assert_int_equal(number(path, "SELECT count(*) FROM requests"), guest.fed);
    assert_int_equal(number(path, "SELECT count(*) FROM requests WHERE outcome = 'ok'"), guest.ok);
    assert_int_equal(number(path, "SELECT count(*) FROM event WHERE kind = 'guest' AND text = "
                                  "'seen enough'"),
                     1);
    assert_true(guest.ticks > 0);
    assert_int_equal(guest.commands, 1);
    assert_int_equal(guest.ends, 1);
    assert_int_equal(guest.dones, 1);
}

static void a_signal_after_the_last_request_leaves_a_complete_run(void **state) {
    (void)state;
    static const int numbers[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        char path[600];
        snprintf(path, sizeof path, "%s-%zu.db", in_dir("late"), i);
        int code = run_with_guest((struct guest){.raises = numbers[i]},
                                  (const char *const[]){"-t", "200ms", "-o", path, NULL});
        assert_int_equal(code, EXIT_OK);
        assert_int_equal(number(path, "SELECT exit_code = 0 AND verdict IS NOT NULL FROM run"), 1);
    }
}

static void it_ends_a_series_and_the_file_keeps_the_run_s_own_code(void **state) {
    (void)state;
    char first[600], second[600];
    snprintf(first, sizeof first, "%s", in_dir("r-1.db"));
    snprintf(second, sizeof second, "%s", in_dir("r-2.db"));
    int code = run_with_guest(
        (struct guest){.raises = SIGINT},
        (const char *const[]){"-t", "200ms", "--repeat", "3", "-o", in_dir("r.db"), NULL});
    assert_int_equal(code, 128 + SIGINT);
    assert_int_equal(number(first, "SELECT exit_code = 0 AND verdict IS NOT NULL FROM run"), 1);
    assert_int_equal(access(second, F_OK), -1);
    assert_int_equal(guest.ends, 1);
}

static int start(void **state) {
    canned_start(&server, NULL);
    return make_dir(state);
}

static int stop(void **state) {
    canned_stop(&server);
    return remove_dir(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listener_sees_each_request_and_may_end_the_run),
        cmocka_unit_test(a_signal_after_the_last_request_leaves_a_complete_run),
        cmocka_unit_test(it_ends_a_series_and_the_file_keeps_the_run_s_own_code),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
