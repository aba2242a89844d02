/* control: a made-up listener and a made-up source in its tables, signals, and what happens where
 * one fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "control/control.h"
#include "control/signals.h"
#include "util/buf.h"
#include "util/clock.h"

#define COUNT(x) (sizeof(x) / sizeof *(x))

/* What was called, in order: the letters of a listener's calls. */
struct diary {
    struct buf text;
    struct control *control;
    bool unwilling, fails_at_init, fails_at_end;
    void *end; /* what it was given */
    struct control_snapshot now;
};

static int init(const void *run, void **self, struct err *e) {
    struct diary *d = (void *)(uintptr_t)run;
    buf_str(&d->text, "init ");
    if (d->fails_at_init)
        return err_set(e, "no room in the diary");
    *self = d->unwilling ? NULL : d;
    return 0;
}

static void feed(void *self, const struct request *requests, size_t n) {
    (void)requests;
    buf_printf(&((struct diary *)self)->text, "fed %zu ", n);
}

static void iteration(void *self, uint32_t task, int64_t end_us, int64_t took_us) {
    buf_printf(&((struct diary *)self)->text, "iteration %u %d %d ", task, (int)end_us,
               (int)took_us);
}

static void stream(void *self, const struct request *x, const struct stream_record *of) {
    buf_printf(&((struct diary *)self)->text, "stream %d%s ", (int)x->end_us,
               (const void *)of == (const void *)self ? "" : " of another");
}

static void check(void *self, uint32_t second, uint32_t number, uint32_t passes, uint32_t fails) {
    buf_printf(&((struct diary *)self)->text, "check %u %u %u %u ", second, number, passes, fails);
}

static void tick(void *self, const struct control_snapshot *now) {
    struct diary *d = self;
    d->now = *now;
    buf_printf(&d->text, "tick %d ", (int)(now->elapsed_ns / NS_PER_MS));
}

static void command(void *self, const struct control_command *c) {
    buf_printf(&((struct diary *)self)->text, "told %s %s at %d ", c->source, c->why,
               (int)(c->at_ns / NS_PER_MS));
}

static int end(void *self, void *end_of_run, struct err *e) {
    struct diary *d = self;
    d->end = end_of_run;
    buf_str(&d->text, "end ");
    return d->fails_at_end ? err_set(e, "the diary is full") : 0;
}

static void done(void *self) {
    buf_str(&((struct diary *)self)->text, "done ");
}

static const struct control_listener every_tick = {.name = "diary",
                                                   .init = init,
                                                   .feed = feed,
                                                   .iteration = iteration,
                                                   .stream = stream,
                                                   .check = check,
                                                   .tick = tick,
                                                   .command = command,
                                                   .end = end,
                                                   .done = done};
static const struct control_listener every_second = {
    .name = "seconds", .every_ns = NS_PER_S, .init = init, .tick = tick, .done = done};

static const struct control_listener *const one[] = {&every_tick}, *const slow[] = {&every_second},
                                            *const two[] = {&every_tick, &every_tick};

static void set_up(struct control *c, const struct control_tables *tables, struct diary *d) {
    struct err e = {""};
    buf_init(&d->text, 4096);
    d->control = c;
    if (control_init(c, tables, d, &e) != 0 || control_listen(c, d, &e) != 0)
        fail_msg("%s", e.text);
}

static void tick_at(struct control *c, int64_t ms) {
    struct control_snapshot now = {.elapsed_ns = ms * NS_PER_MS, .users = 3, .users_max = 5};
    control_tick(c, &now);
}

static void a_listener_is_called_from_init_to_done(void **state) {
    (void)state;
    const struct control_tables tables = {.listeners = one, .listener_count = 1};
    const struct request requests[] = {
        {.outcome = OUTCOME_OK, .end_us = 100000, .response_us = 50000},
        {.outcome = OUTCOME_HTTP_ERROR, .end_us = 200000, .response_us = 50000}};
    struct control c;
    struct diary d = {0};
    struct err e = {""};
    set_up(&c, &tables, &d);
    control_feed(&c, requests, COUNT(requests));
    control_feed_iteration(&c, 4, 300, 200);
    control_feed_stream(&c, &requests[0], (const void *)&d);
    control_feed_check(&c, 1, 2, 3, 4);
    tick_at(&c, 100);
    tick_at(&c, 1100);
    assert_int_equal(d.now.users, 3);
    assert_false(d.now.stopping || d.now.stopped);
    int mark;
    assert_int_equal(control_end(&c, &mark, &e), 0);
    assert_ptr_equal(d.end, &mark);
    control_done(&c);
    assert_string_equal(buf_text(&d.text),
                        "init fed 2 iteration 4 300 200 stream 100000 check 1 2 3 4 "
                        "tick 100 tick 1100 end done ");
    buf_done(&d.text);
}

static void a_slow_listener_sees_the_first_tick_of_each_second(void **state) {
    (void)state;
    const struct control_tables tables = {.listeners = slow, .listener_count = 1};
    struct control c;
    struct diary d = {0};
    set_up(&c, &tables, &d);
    static const int64_t at[] = {0, 100, 999, 1000, 1100, 3700, 3900, 4010};
    for (size_t i = 0; i < COUNT(at); i++)
        tick_at(&c, at[i]);
    control_done(&c);
    assert_string_equal(buf_text(&d.text), "init tick 0 tick 1000 tick 3700 tick 4010 done ");
    buf_done(&d.text);
}

static void a_listener_that_opts_out_is_not_called(void **state) {
    (void)state;
    const struct control_tables tables = {.listeners = one, .listener_count = 1};
    struct control c;
    struct diary d = {.unwilling = true};
    struct err e = {""};
    set_up(&c, &tables, &d);
    control_feed(&c, &(struct request){.outcome = OUTCOME_OK}, 1);
    tick_at(&c, 1000);
    assert_int_equal(control_end(&c, NULL, &e), 0);
    control_done(&c);
    assert_string_equal(buf_text(&d.text), "init ");
    buf_done(&d.text);
}

static void a_failure_at_the_start_is_returned(void **state) {
    (void)state;
    const struct control_tables tables = {.listeners = one, .listener_count = 1};
    struct control c;
    struct diary d = {.fails_at_init = true};
    struct err e = {""};
    buf_init(&d.text, 4096);
    assert_int_equal(control_init(&c, &tables, NULL, &e), 0);
    assert_int_equal(control_listen(&c, &d, &e), -1);
    assert_string_equal(e.text, "no room in the diary");
    control_done(&c);
    assert_string_equal(buf_text(&d.text), "init ");
    buf_done(&d.text);
}

static void a_failure_at_the_end_keeps_nobody_else_from_ending(void **state) {
    (void)state;
    const struct control_tables tables = {.listeners = two, .listener_count = 2};
    struct control c;
    struct diary d = {.fails_at_end = true};
    struct err e = {""};
    set_up(&c, &tables, &d);
    assert_int_equal(control_end(&c, NULL, &e), -1);
    assert_string_equal(e.text, "the diary is full");
    control_done(&c);
    assert_string_equal(buf_text(&d.text), "init init end end done done ");
    buf_done(&d.text);
}

/* ---- commands ---- */

static const char *due;

static int source_init(const void *args, void **self, struct err *e) {
    (void)args;
    (void)e;
    *self = &due;
    return 0;
}

static void source_poll(void *self, struct control *c) {
    (void)self;
    if (due != NULL)
        control_command(
            c, (struct control_command){.order = CONTROL_STOP, .source = "button", .why = due});
    due = NULL;
}

static void source_done(void *self) {
    (void)self;
}

static const struct control_source button = {
    .name = "button", .init = source_init, .poll = source_poll, .done = source_done};
static const struct control_source *const buttons[] = {&button}, *const signals[] = {
                                                                     &signals_source};

static void listeners_see_a_command_and_its_order_is_taken_once(void **state) {
    (void)state;
    const struct control_tables tables = {
        .listeners = one, .listener_count = 1, .sources = buttons, .source_count = 1};
    struct control c;
    struct diary d = {0};
    set_up(&c, &tables, &d);
    tick_at(&c, 100);
    assert_int_equal(control_take_order(&c), CONTROL_GO_ON);
    due = "enough";
    tick_at(&c, 200);
    assert_true(d.now.stopping && d.now.stopped);
    assert_int_equal(control_take_order(&c), CONTROL_STOP);
    assert_int_equal(control_take_order(&c), CONTROL_GO_ON);
    tick_at(&c, 300);
    assert_int_equal(control_take_order(&c), CONTROL_GO_ON);
    assert_true(d.now.stopped);
    /* Outside of the load listeners do not see it. */
    due = "more than enough";
    control_poll(&c);
    assert_int_equal(control_take_order(&c), CONTROL_STOP);
    assert_string_equal(buf_text(&d.text),
                        "init tick 100 told button enough at 200 tick 200 tick 300 ");
    control_done(&c);
    buf_done(&d.text);
}

/* ---- a source that the run waits for ---- */

struct gatekeeper {
    bool open;
    struct buf heard;
};

static int keeper_init(const void *args, void **self, struct err *e) {
    (void)e;
    *self = (void *)(uintptr_t)args;
    return 0;
}

static bool keeper_proceed(void *self, enum control_stage stage, struct control_start *start) {
    struct gatekeeper *k = self;
    buf_printf(&k->heard, "asked %d ", (int)stage);
    if (k->open && stage == CONTROL_LOAD)
        *start = (struct control_start){.mono_ns = 5, .real_ns = 7};
    return k->open;
}

static void keeper_value(void *self, const char *name, const char *bytes, size_t n) {
    buf_printf(&((struct gatekeeper *)self)->heard, "%s=%.*s ", name, (int)n, bytes);
}

static void keeper_poll(void *self, struct control *c) {
    (void)self;
    (void)c;
}

static void keeper_release(void *self) {
    buf_str(&((struct gatekeeper *)self)->heard, "released ");
}

static void keeper_finish(void *self, int code) {
    buf_printf(&((struct gatekeeper *)self)->heard, "finished %d ", code);
}

static const struct control_source keeper = {.name = "keeper",
                                             .init = keeper_init,
                                             .poll = keeper_poll,
                                             .proceed = keeper_proceed,
                                             .value = keeper_value,
                                             .release = keeper_release,
                                             .finish = keeper_finish,
                                             .done = source_done};
static const struct control_source *const keepers[] = {&button, &keeper};

static void a_run_waits_for_its_sources_and_values_go_both_ways(void **state) {
    (void)state;
    const struct control_tables tables = {.sources = keepers, .source_count = 2};
    struct gatekeeper k = {.open = false};
    struct control_start start = {.mono_ns = 0};
    struct control c;
    struct err e = {""};
    buf_init(&k.heard, 4096);
    assert_int_equal(control_init(&c, &tables, &k, &e), 0);
    assert_ptr_equal(control_source_self(&c, &keeper), &k);
    assert_null(control_source_self(&c, &signals_source));
    assert_null(control_listener_self(&c, &every_tick));
    assert_false(control_proceed(&c, CONTROL_LOAD, &start));
    control_publish(&c, "token", "abcdef", 3);
    k.open = true;
    assert_true(control_proceed(&c, CONTROL_LOAD, &start));
    assert_true(start.mono_ns == 5 && start.real_ns == 7);
    assert_int_equal(control_learn(&c, "page", "a\0b", 3), 0);
    assert_int_equal(c.value_count, 1);
    assert_string_equal(c.values[0].name, "page");
    assert_memory_equal(c.values[0].bytes, "a\0b", 4);
    control_release(&c);
    control_finish(&c, 99);
    control_done(&c);
    assert_string_equal(buf_text(&k.heard), "asked 1 token=abc asked 1 released finished 99 ");
    buf_done(&k.heard);
}

static void the_first_command_says_why(void **state) {
    (void)state;
    const struct control_tables tables = {.sources = buttons, .source_count = 1};
    struct control c;
    struct err e = {""};
    assert_int_equal(control_init(&c, &tables, NULL, &e), 0);
    due = "enough";
    control_poll(&c);
    due = "more than enough";
    control_poll(&c);
    assert_string_equal(c.why.text, "enough");
    control_done(&c);
}

static void a_signal_stops_and_a_second_one_cancels(void **state) {
    (void)state;
    const struct control_tables tables = {
        .listeners = one, .listener_count = 1, .sources = signals, .source_count = 1};
    struct control c;
    struct diary d = {0};
    /* As a background job of a script has it. */
    signal(SIGINT, SIG_IGN);
    set_up(&c, &tables, &d);
    raise(SIGINT);
    tick_at(&c, 100);
    assert_int_equal(control_take_order(&c), CONTROL_STOP);
    kill(getpid(), SIGTERM);
    tick_at(&c, 200);
    assert_int_equal(control_take_order(&c), CONTROL_CANCEL);
    assert_int_equal(c.signal, SIGINT);
    control_done(&c);
    assert_string_equal(buf_text(&d.text),
                        "init told signal SIGINT: no new requests at 100 tick 100 told signal "
                        "SIGTERM again: cancelling requests in flight at 200 tick 200 done ");
    /* Afterwards they are the process's again. */
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    assert_false(sigismember(&blocked, SIGINT) || sigismember(&blocked, SIGTERM));
    signal(SIGINT, SIG_DFL);
    buf_done(&d.text);
}

/* A run that a threshold has stopped waits for its requests until it is told twice. */
static void a_first_signal_after_another_stop_does_not_cancel(void **state) {
    (void)state;
    const struct control_tables tables = {
        .listeners = one, .listener_count = 1, .sources = signals, .source_count = 1};
    struct control c;
    struct diary d = {0};
    set_up(&c, &tables, &d);
    control_command(&c, (struct control_command){
                            .order = CONTROL_STOP, .source = "threshold", .why = "crossed"});
    assert_int_equal(control_take_order(&c), CONTROL_STOP);
    raise(SIGTERM);
    tick_at(&c, 100);
    assert_int_not_equal(control_take_order(&c), CONTROL_CANCEL);
    raise(SIGTERM);
    tick_at(&c, 200);
    assert_int_equal(control_take_order(&c), CONTROL_CANCEL);
    control_done(&c);
    buf_done(&d.text);
}

/* Until the run file is complete, a signal would leave a run without its verdict. */
static void a_signal_after_the_listeners_end_waits_for_the_release(void **state) {
    (void)state;
    const struct control_tables tables = {
        .listeners = one, .listener_count = 1, .sources = signals, .source_count = 1};
    struct control c;
    struct diary d = {0};
    struct err e = {""};
    set_up(&c, &tables, &d);
    assert_int_equal(control_end(&c, NULL, &e), 0);
    raise(SIGTERM);
    assert_int_equal(c.signal, 0);
    control_release(&c);
    assert_int_equal(c.signal, SIGTERM);
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    assert_false(sigismember(&blocked, SIGINT) || sigismember(&blocked, SIGTERM));
    control_done(&c);
    assert_string_equal(buf_text(&d.text), "init end done ");
    buf_done(&d.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listener_is_called_from_init_to_done),
        cmocka_unit_test(a_slow_listener_sees_the_first_tick_of_each_second),
        cmocka_unit_test(a_listener_that_opts_out_is_not_called),
        cmocka_unit_test(a_failure_at_the_start_is_returned),
        cmocka_unit_test(a_failure_at_the_end_keeps_nobody_else_from_ending),
        cmocka_unit_test(listeners_see_a_command_and_its_order_is_taken_once),
        cmocka_unit_test(a_run_waits_for_its_sources_and_values_go_both_ways),
        cmocka_unit_test(the_first_command_says_why),
        cmocka_unit_test(a_signal_stops_and_a_second_one_cancels),
        cmocka_unit_test(a_first_signal_after_another_stop_does_not_cancel),
        cmocka_unit_test(a_signal_after_the_listeners_end_waits_for_the_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
