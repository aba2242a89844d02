/* The autoscaler in a simulated service beside published numbers.
 *
 * SimFaaS (Mahmoudi and Khazaei, "SimFaaS: A Performance Simulator for Serverless Computing
 * Platforms", 2021) gives for one request per instance, 0.9 requests/s (Poisson), warm requests of
 * 1.991 s and cold ones of 2.244 s (exponential), and instances that go after 600 s idle: 0.14 % of
 * the requests cold, 7.66 instances, of which 1.79 run and 5.87 are idle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "emulator/autoscaler.h"
#include "near.h"
#include "util/clock.h"
#include "util/rng.h"

#define ROOM 64
#define SECONDS 3000000.0
#define TICK_S 5.0

struct world {
    struct autoscaler_options o;
    struct autoscaler *a;
    struct autoscaler_instance instances[ROOM]; /* oldest first */
    double busy_until[ROOM];
    size_t n;
    struct rng rng;
    double now, instance_s, running_s;
    uint64_t requests, cold;
};

static struct autoscaler_sample sample(const struct world *w, unsigned pending) {
    return (struct autoscaler_sample){.instances = w->instances, .n = w->n, .pending = pending};
}

/* Time passes to `to`: requests end meanwhile. */
static void pass(struct world *w, double to) {
    for (size_t i = 0; i < w->n; i++) {
        struct autoscaler_instance *one = &w->instances[i];
        double end = w->busy_until[i];
        w->instance_s += to - w->now;
        if (one->in_flight == 0)
            continue;
        w->running_s += (end < to ? end : to) - w->now;
        if (end <= to) {
            one->in_flight = 0;
            one->idle_since_ns = (int64_t)(end * 1e9);
        }
    }
    w->now = to;
}

static void serve(struct world *w, size_t i, double mean_s) {
    w->instances[i].in_flight = 1;
    w->busy_until[i] = w->now + mean_s * rng_exponential(&w->rng);
}

/* The newest idle instance takes it; where none is, what the autoscaler starts does. */
static void arrive(struct world *w) {
    size_t i = w->n;
    w->requests++;
    while (i > 0 && w->instances[i - 1].in_flight > 0)
        i--;
    if (i > 0) {
        serve(w, i - 1, 1.991);
        return;
    }
    struct autoscaler_sample s = sample(w, 1);
    assert_int_equal(autoscaler_on_demand(&w->o, &s), 1);
    assert_true(w->n < ROOM);
    w->instances[w->n] = (struct autoscaler_instance){.ready = true};
    serve(w, w->n++, 2.244);
    w->cold++;
}

static void tick(struct world *w) {
    struct autoscaler_decision d;
    struct autoscaler_sample s = sample(w, 0);
    size_t stop_at[ROOM];
    bool go[ROOM] = {false};
    autoscaler_tick(w->a, (int64_t)(w->now * 1e9), &s, stop_at, &d);
    for (size_t i = 0; i < d.stop; i++)
        go[stop_at[i]] = true;
    size_t left = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (go[i])
            continue;
        w->instances[left] = w->instances[i];
        w->busy_until[left++] = w->busy_until[i];
    }
    w->n = left;
}

static void test_simfaas(void **state) {
    (void)state;
    static struct world w;
    autoscaler_defaults(AUTOSCALER_CLOUDRUN, &w.o);
    w.o.concurrency = 1;
    w.o.cpu_target = w.o.concurrency_target = 0;
    w.o.idle_ns = 600 * NS_PER_S;
    assert_int_equal(autoscaler_new(&w.a, &w.o, NULL), 0);
    rng_seed(&w.rng, 1, 0);
    double next_request = rng_exponential(&w.rng) / 0.9, next_tick = 0;
    while (w.now < SECONDS) {
        if (next_request < next_tick) {
            pass(&w, next_request);
            arrive(&w);
            next_request += rng_exponential(&w.rng) / 0.9;
        } else {
            pass(&w, next_tick);
            tick(&w);
            next_tick += TICK_S;
        }
    }
    autoscaler_free(w.a);
    print_message("%.3f %% cold, %.2f instances, %.2f run, %.2f idle\n",
                  100 * (double)w.cold / (double)w.requests, w.instance_s / w.now,
                  w.running_s / w.now, (w.instance_s - w.running_s) / w.now);
    assert_near(100 * (double)w.cold / (double)w.requests, 0.14, 0.01);
    assert_near(w.running_s / w.now, 1.79, 0.01);
    assert_near(w.instance_s / w.now, 7.66, 0.1);
    assert_near((w.instance_s - w.running_s) / w.now, 5.87, 0.1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_simfaas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
