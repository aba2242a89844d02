#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "emulator/autoscaler.h"
#include "util/clock.h"

#define ROOM 200

/* A service in numbers: `at` seconds, ready instances of which the first takes all the load. */
struct bench {
    struct autoscaler_options o;
    struct autoscaler *a;
    struct autoscaler_instance instances[ROOM];
    struct autoscaler_sample s;
    size_t stop_at[ROOM];
    struct autoscaler_decision d;
};

static void start(struct bench *b) {
    struct err e;
    if (autoscaler_new(&b->a, &b->o, &e) != 0)
        fail_msg("%s", e.text);
    b->s.instances = b->instances;
}

static struct bench with(enum autoscaler_policy policy) {
    struct bench b = {0};
    autoscaler_defaults(policy, &b.o);
    return b;
}

static void set(struct bench *b, unsigned ready, unsigned starting, unsigned busy, double load,
                double cpus) {
    memset(b->instances, 0, sizeof b->instances);
    b->s.instances = b->instances;
    b->s.n = ready + starting;
    assert_true(b->s.n <= ROOM);
    for (unsigned i = 0; i < ready; i++)
        b->instances[i].ready = true;
    b->instances[0].in_flight = busy;
    b->instances[0].in_flight_mean = load;
    b->instances[0].cpus_used = cpus;
}

static void tick(struct bench *b, double at_s) {
    autoscaler_tick(b->a, (int64_t)(at_s * 1e9), &b->s, b->stop_at, &b->d);
}

/* A new autoscaler with the options of a line that traces.py wrote. */
static void open_trace(struct bench *b, const char *line, char name[64]) {
    char policy_name[32];
    enum autoscaler_policy policy = AUTOSCALER_CLOUDRUN;
    struct autoscaler_options o = {0};
    int delay_s = 0;
    assert_int_equal(sscanf(line, "trace %63s %31s", name, policy_name), 2);
    assert_int_equal(autoscaler_policy_parse(policy_name, &policy, NULL), 0);
    autoscaler_defaults(policy, &o);
    assert_int_equal(sscanf(line, "trace %*s %*s %u %u %u %lf %lf %lf %lf %u %d", &o.min, &o.max,
                            &o.concurrency, &o.cpus, &o.cpu_target, &o.concurrency_target,
                            &o.tolerance, &o.kpa_activation_scale, &delay_s),
                     9);
    o.kpa_down_delay_ns = delay_s * NS_PER_S;
    autoscaler_free(b->a);
    *b = (struct bench){.o = o};
    start(b);
}

static void follow_row(struct bench *b, const char *line, const char *name) {
    int t, first, second, panic;
    unsigned ready, starting, busy, wanted;
    double load, cpus;
    assert_int_equal(sscanf(line, "row %d %u %u %u %u %lf %lf %d %d %d %u", &t, &ready, &starting,
                            &busy, &b->s.pending, &load, &cpus, &first, &second, &panic, &wanted),
                     11);
    set(b, ready, starting, busy, load, cpus);
    b->s.pending_mean = b->s.pending;
    tick(b, t);
    bool kpa = b->o.policy == AUTOSCALER_KPA;
    int got_first = kpa ? b->d.stable : b->d.cpu,
        got_second = kpa ? b->d.panicky : b->d.concurrency;
    if (got_first != first || got_second != second || b->d.panic != panic || b->d.wanted != wanted)
        fail_msg("%s at %d s: %d %d %d %u instead of %d %d %d %u", name, t, got_first, got_second,
                 b->d.panic, b->d.wanted, first, second, panic, wanted);
    unsigned have = ready + starting;
    assert_int_equal(b->d.start, wanted > have ? wanted - have : 0);
}

static void test_traces_of_the_documented_rules(void **state) {
    (void)state;
    FILE *f = popen("python3 tests/emulator/traces.py", "r");
    assert_non_null(f);
    struct bench b = {0};
    char line[512], name[64] = "";
    int traces = 0, rows = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "trace ", 6) == 0) {
            open_trace(&b, line, name);
            traces++;
        } else {
            follow_row(&b, line, name);
            rows++;
        }
    }
    autoscaler_free(b.a);
    assert_int_equal(pclose(f), 0);
    assert_int_equal(traces, 23);
    assert_int_equal(rows, 23 * 170);
}

/* 81 requests at once with 80 for an instance: two instances; nothing while the two start; and the
 * ticks agree with the call in between. */
static void test_from_zero_by_requests_only(void **state) {
    (void)state;
    struct bench b = with(AUTOSCALER_CLOUDRUN);
    start(&b);
    for (int t = 0; t < 5; t++) {
        tick(&b, t);
        assert_int_equal(b.d.wanted, 0);
    }
    b.s.pending = 81;
    assert_int_equal(autoscaler_on_demand(&b.o, &b.s), 2);
    tick(&b, 5);
    assert_int_equal(b.d.wanted, 2);
    assert_int_equal(b.d.start, 2);
    assert_int_equal(b.d.on_demand, 2);
    set(&b, 0, 2, 0, 0, 0);
    assert_int_equal(autoscaler_on_demand(&b.o, &b.s), 0);
    tick(&b, 6);
    assert_int_equal(b.d.start, 0);
    /* One ready and full, one starting, 81 more: the starting one takes 80. */
    set(&b, 1, 1, 80, 80, 1);
    assert_int_equal(autoscaler_on_demand(&b.o, &b.s), 1);
    /* Half filled starting ones: 2 x 40 are coming, 1 is left over. */
    set(&b, 0, 2, 0, 0, 0);
    b.o.on_demand_fill = 0.5;
    assert_int_equal(autoscaler_on_demand(&b.o, &b.s), 1);
    /* The ceiling holds. */
    b.o.max = 2;
    assert_int_equal(autoscaler_on_demand(&b.o, &b.s), 0);
    autoscaler_free(b.a);
}

/* CPU: 1.5 CPUs used, 1 CPU each, target 0.6: 2.5, so 3. Concurrency: 100 in flight, 80 x 0.6 = 48:
 * 2.08, so 3; at 96: 2. The larger counts. */
static void test_the_larger_driver_counts(void **state) {
    (void)state;
    struct bench b = with(AUTOSCALER_CLOUDRUN);
    start(&b);
    tick(&b, 0);
    set(&b, 1, 0, 80, 96, 1.5);
    tick(&b, 60);
    assert_int_equal(b.d.cpu, 3);
    assert_int_equal(b.d.concurrency, 2);
    assert_int_equal(b.d.wanted, 3);
    assert_int_equal(b.d.start, 2);
    assert_int_equal(b.d.start_min, 0);
    /* A minute half of 100 and half of 96 in flight is 98: 2.04. */
    set(&b, 3, 0, 80, 100, 0);
    tick(&b, 90);
    assert_int_equal(b.d.concurrency, 3);
    assert_int_equal(b.d.cpu, 2); /* 0.75 / 0.6 = 1.25 */
    /* All are gone: what the last minute was like brings none back without a request. */
    set(&b, 0, 0, 0, 0, 0);
    tick(&b, 91);
    assert_int_equal(b.d.concurrency, 3);
    assert_int_equal(b.d.wanted, 0);
    autoscaler_free(b.a);
}

/* With 10 instances and a tolerance of 10 %, 9 to 11 wanted are 10; 8.9 and 11.1 are not. */
static void test_tolerance(void **state) {
    (void)state;
    static const struct {
        double wanted;
        int says;
    } cases[] = {{10, 10}, {9, 10}, {11, 10}, {8.9, 9}, {8.5, 9}, {7.2, 8}, {11.1, 12}, {9.5, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b = with(AUTOSCALER_CLOUDRUN);
        start(&b);
        tick(&b, 0);
        set(&b, 10, 0, 80, cases[i].wanted * 48, cases[i].wanted * 0.6);
        tick(&b, 60);
        assert_int_equal(b.d.concurrency, cases[i].says);
        assert_int_equal(b.d.cpu, cases[i].says);
        autoscaler_free(b.a);
    }
}

/* Idle ones go after 15 minutes, the longest idle first; busy ones and starting ones do not; what
 * min or a driver wants stays. */
static void test_idle_instances_go_after_their_limit(void **state) {
    (void)state;
    struct bench b = with(AUTOSCALER_CLOUDRUN);
    b.o.min = 1;
    start(&b);
    set(&b, 4, 1, 0, 0, 0);
    b.instances[0].in_flight = 1;
    b.instances[1].idle_since_ns = 50 * NS_PER_S;
    b.instances[2].idle_since_ns = 10 * NS_PER_S;
    b.instances[3].idle_since_ns = 200 * NS_PER_S;
    tick(&b, 909.999);
    assert_int_equal(b.d.stop, 0);
    tick(&b, 910);
    assert_int_equal(b.d.stop, 1);
    assert_int_equal(b.stop_at[0], 2);
    tick(&b, 2000);
    assert_int_equal(b.d.stop, 3);
    assert_int_equal(b.stop_at[0], 2);
    assert_int_equal(b.stop_at[1], 1);
    assert_int_equal(b.stop_at[2], 3);
    /* The last one goes only without min. */
    set(&b, 1, 0, 0, 0, 0);
    tick(&b, 3000);
    assert_int_equal(b.d.stop, 0);
    autoscaler_free(b.a);
    b = with(AUTOSCALER_CLOUDRUN);
    start(&b);
    set(&b, 1, 0, 0, 0, 0);
    tick(&b, 3000);
    assert_int_equal(b.d.stop, 1);
    /* Work without a request (CPU driver: 1) does not keep the last one. */
    set(&b, 1, 0, 0, 0, 0.5);
    tick(&b, 3060);
    assert_int_equal(b.d.cpu, 1);
    assert_int_equal(b.d.wanted, 0);
    assert_int_equal(b.d.stop, 1);
    autoscaler_free(b.a);
}

static void test_min_instances_start_by_themselves(void **state) {
    (void)state;
    struct bench b = with(AUTOSCALER_CLOUDRUN);
    b.o.min = 3;
    b.o.max = 3;
    start(&b);
    tick(&b, 0);
    assert_int_equal(b.d.start, 3);
    assert_int_equal(b.d.start_min, 3);
    b.s.pending = 1;
    tick(&b, 1);
    assert_int_equal(b.d.start, 3);
    assert_int_equal(b.d.start_min, 2);
    b.s.pending = 10000;
    tick(&b, 2);
    assert_int_equal(b.d.start, 3);
    assert_int_equal(b.d.start_min, 0);
    set(&b, 3, 0, 80, 240, 3);
    tick(&b, 62);
    assert_int_equal(b.d.wanted, 3);
    autoscaler_free(b.a);
}

static void test_a_late_tick_counts_for_all_its_time(void **state) {
    (void)state;
    struct bench b = with(AUTOSCALER_CLOUDRUN);
    start(&b);
    tick(&b, 0.25);
    set(&b, 1, 0, 1, 96, 0);
    tick(&b, 30.25);
    set(&b, 1, 0, 1, 0, 0);
    tick(&b, 60.25); /* (30 x 96 + 30 x 0) / 60 = 48: one instance */
    assert_int_equal(b.d.concurrency, 1);
    set(&b, 1, 0, 1, 480, 0);
    tick(&b, 100000.25); /* longer than the window: only its last minute */
    assert_int_equal(b.d.concurrency, 10);
    set(&b, 10, 0, 1, 0, 0);
    tick(&b, 100030.25);
    assert_int_equal(b.d.concurrency, 5);
    autoscaler_free(b.a);
}

/* Panic by hand, concurrency 10, target 7. 100 in flight in 2 s after 58 s of nothing: over 6 s
 * that is 33.3, so 5 instances, 5 times the one that is ready. The stable window's 3.33 ask for
 * 1. Once in, the number holds for a stable window after the last time over the threshold. */
static void test_kpa_panics_and_decays(void **state) {
    (void)state;
    struct bench b = with(AUTOSCALER_KPA);
    b.o.concurrency = 10;
    start(&b);
    set(&b, 1, 0, 0, 0, 0);
    for (int t = 0; t <= 58; t += 2)
        tick(&b, t);
    assert_false(b.d.panic);
    set(&b, 1, 0, 10, 10, 0);
    b.s.pending_mean = 90;
    tick(&b, 60);
    assert_true(b.d.panic);
    assert_int_equal(b.d.stable, 1);
    assert_int_equal(b.d.panicky, 5);
    assert_int_equal(b.d.wanted, 5);
    set(&b, 5, 0, 0, 0, 0);
    b.s.pending_mean = 0;
    for (int t = 62; t <= 120; t += 2) {
        tick(&b, t);
        assert_int_equal(b.d.wanted, 5);
        assert_true(b.d.panic);
    }
    /* 60 s after the panic's last tick it is over; half of the ready ones may go at a time. */
    tick(&b, 122);
    assert_false(b.d.panic);
    assert_int_equal(b.d.wanted, 2);
    assert_int_equal(b.d.stop, 3);
    set(&b, 2, 0, 0, 0, 0);
    tick(&b, 124);
    assert_int_equal(b.d.wanted, 1);
    set(&b, 1, 0, 0, 0, 0);
    tick(&b, 126);
    /* Concurrency 10 never has 200 to spare, so the activator has long been in the path: no
     * grace. */
    assert_true(b.d.activator);
    assert_int_equal(b.d.wanted, 0);
    assert_int_equal(b.d.stop, 1);
    autoscaler_free(b.a);
}

/* With burst capacity to spare the activator comes into the path only when the service goes
 * inactive, a stable window after it became active; then 30 s pass before it is gone. */
static void test_kpa_grace(void **state) {
    (void)state;
    struct bench b = with(AUTOSCALER_KPA);
    b.o.concurrency = 1000;
    start(&b);
    set(&b, 1, 0, 0, 0, 0);
    for (int t = 0; t < 60; t += 2) {
        tick(&b, t);
        assert_false(b.d.activator);
        assert_int_equal(b.d.wanted, 1);
    }
    for (int t = 60; t < 90; t += 2) {
        tick(&b, t);
        assert_true(b.d.activator);
        assert_int_equal(b.d.wanted, 1);
    }
    tick(&b, 90);
    assert_int_equal(b.d.wanted, 0);
    /* The next one has all its time again, although nothing is wanted of it. */
    set(&b, 0, 0, 0, 0, 0);
    tick(&b, 92);
    set(&b, 1, 0, 0, 0, 0);
    for (int t = 94; t < 184; t += 2) {
        tick(&b, t);
        assert_int_equal(b.d.wanted, 1);
    }
    tick(&b, 184);
    assert_int_equal(b.d.wanted, 0);
    autoscaler_free(b.a);

    b.o.kpa_scale_to_zero = false;
    start(&b);
    for (int t = 0; t < 300; t += 2)
        tick(&b, t);
    assert_int_equal(b.d.wanted, 1);
    autoscaler_free(b.a);
}

static void test_kpa_gives_up_what_never_becomes_ready(void **state) {
    (void)state;
    struct bench b = with(AUTOSCALER_KPA);
    start(&b);
    b.s.pending = 1;
    b.s.pending_mean = 1;
    tick(&b, 0);
    assert_int_equal(b.d.start, 1);
    set(&b, 0, 1, 0, 0, 0);
    tick(&b, 2);
    tick(&b, 612);
    assert_int_equal(b.d.wanted, 1);
    tick(&b, 614);
    assert_int_equal(b.d.wanted, 0);
    assert_int_equal(b.d.stop, 1);
    set(&b, 0, 0, 0, 0, 0); /* the next request has a new try */
    tick(&b, 616);
    assert_int_equal(b.d.start, 1);
    autoscaler_free(b.a);
}

static void test_kpa_by_requests_per_second(void **state) {
    (void)state;
    struct bench b = with(AUTOSCALER_KPA);
    b.o.kpa_metric = AUTOSCALER_KPA_RPS;
    start(&b);
    set(&b, 3, 0, 1, 1, 0);
    tick(&b, 0);
    b.s.requests_per_s = 421; /* target 200 x 0.7 = 140: 3.007 */
    tick(&b, 60);
    assert_int_equal(b.d.stable, 4);
    autoscaler_free(b.a);
}

/* kpa stops starting ones first, then idle ones, then those with the fewest requests. */
static void test_kpa_order_of_stopping(void **state) {
    (void)state;
    struct bench b = with(AUTOSCALER_KPA);
    b.o.kpa_panic_threshold = 10;
    start(&b);
    set(&b, 1, 0, 1, 0, 0);
    tick(&b, 0);
    set(&b, 4, 1, 0, 0, 0);
    b.instances[0].in_flight = 9;
    b.instances[1].in_flight = 3;
    b.instances[2].idle_since_ns = 5;
    b.instances[3].in_flight = 4;
    tick(&b, 2);
    assert_int_equal(b.d.wanted, 2); /* floor(4 / 2) */
    assert_int_equal(b.d.stop, 3);
    assert_int_equal(b.stop_at[0], 4);
    assert_int_equal(b.stop_at[1], 2);
    assert_int_equal(b.stop_at[2], 1);
    autoscaler_free(b.a);
}

static void test_pending_limit(void **state) {
    (void)state;
    struct autoscaler_options o;
    autoscaler_defaults(AUTOSCALER_CLOUDRUN, &o);
    assert_int_equal(autoscaler_pending_limit_ns(&o, 0), 10 * NS_PER_S);
    assert_int_equal(autoscaler_pending_limit_ns(&o, 2 * NS_PER_S), 10 * NS_PER_S);
    assert_int_equal(autoscaler_pending_limit_ns(&o, 4 * NS_PER_S), 14 * NS_PER_S);
    assert_int_equal(autoscaler_pending_limit_ns(&o, INT64_MAX), INT64_MAX);
    autoscaler_defaults(AUTOSCALER_CLOUDRUN_2022, &o);
    assert_int_equal(autoscaler_pending_limit_ns(&o, 20 * NS_PER_S), 10 * NS_PER_S);
    autoscaler_defaults(AUTOSCALER_KPA, &o);
    assert_int_equal(autoscaler_pending_limit_ns(&o, 20 * NS_PER_S), INT64_MAX);
}

static void test_options_out_of_range(void **state) {
    (void)state;
    struct err e;
    struct autoscaler_options o;
    struct autoscaler *a = NULL;
    autoscaler_defaults(AUTOSCALER_CLOUDRUN, &o);
    o.cpu_target = 0.05;
    assert_int_equal(autoscaler_new(&a, &o, &e), -1);
    assert_string_equal(e.text, "autoscaler: CPU target is 0.05; it must be from 0.1 to 0.95");
    o.cpu_target = 0;
    o.min = 101;
    assert_int_equal(autoscaler_new(&a, &o, &e), -1);
    assert_string_equal(e.text, "autoscaler: min instances is 101; it must be from 0 to 100");
    o.min = 0;
    o.concurrency = 0;
    assert_int_equal(autoscaler_check(&o, &e), -1);
    autoscaler_defaults(AUTOSCALER_KPA, &o);
    o.concurrency = 0;
    o.cpu_target = 7; /* not of this policy */
    assert_int_equal(autoscaler_check(&o, &e), 0);
    o.kpa_stable_ns = 5 * NS_PER_S;
    assert_int_equal(autoscaler_check(&o, &e), -1);
    enum autoscaler_policy p;
    assert_int_equal(autoscaler_policy_parse("cloud", &p, &e), -1);
    assert_non_null(strstr(e.text, "kpa"));
    assert_null(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traces_of_the_documented_rules),
        cmocka_unit_test(test_from_zero_by_requests_only),
        cmocka_unit_test(test_the_larger_driver_counts),
        cmocka_unit_test(test_tolerance),
        cmocka_unit_test(test_idle_instances_go_after_their_limit),
        cmocka_unit_test(test_min_instances_start_by_themselves),
        cmocka_unit_test(test_a_late_tick_counts_for_all_its_time),
        cmocka_unit_test(test_kpa_panics_and_decays),
        cmocka_unit_test(test_kpa_grace),
        cmocka_unit_test(test_kpa_gives_up_what_never_becomes_ready),
        cmocka_unit_test(test_kpa_by_requests_per_second),
        cmocka_unit_test(test_kpa_order_of_stopping),
        cmocka_unit_test(test_pending_limit),
        cmocka_unit_test(test_options_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
