#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "near.h"
#include "stats/billing.h"
#include "support/scratch.h"
#include "util/clock.h"
#include "util/rng.h"

#define MS NS_PER_MS
#define BILL(...)                                                                                  \
    billing_request_ns((struct billing_span[]){__VA_ARGS__},                                       \
                       sizeof(struct billing_span[]){__VA_ARGS__} / sizeof(struct billing_span))

static void test_each_stretch_is_rounded_up(void **state) {
    (void)state;
    assert_int_equal(billing_request_ns(NULL, 0), 0);
    assert_int_equal(BILL({5 * MS, 5 * MS}), 0);
    assert_int_equal(BILL({9 * MS, 5 * MS}), 0);
    assert_int_equal(BILL({0, 1}), 100 * MS);
    assert_int_equal(BILL({0, 100 * MS}), 100 * MS);
    assert_int_equal(BILL({0, 100 * MS + 1}), 200 * MS);
    /* Checkmk's capture of a real service: ten requests of about 8 ms apart from each other are
     * billed 1.0 s, one is 0.1 s. */
    struct billing_span ten[10];
    for (int i = 0; i < 10; i++)
        ten[i] = (struct billing_span){i * 5000 * MS, i * 5000 * MS + 8 * MS};
    assert_int_equal(billing_request_ns(ten, 10), 1000 * MS);
    assert_int_equal(billing_request_ns(ten, 1), 100 * MS);
}

static void test_overlap_and_touch_are_one(void **state) {
    (void)state;
    /* In any order: start-up 0 to 1230, requests 1230 to 1300 and 1250 to 1555: 1555, so 1600. */
    assert_int_equal(BILL({1250 * MS, 1555 * MS}, {0, 1230 * MS}, {1230 * MS, 1300 * MS}),
                     1600 * MS);
    /* One inside the other; then a gap of a nanosecond, and both parts round up. */
    assert_int_equal(BILL({0, 150 * MS}, {10 * MS, 20 * MS}, {150 * MS + 1, 151 * MS}), 300 * MS);
}

/* Each of 400 slots of 30 ms is busy or not; a stretch of n busy ones costs ceil(0.3 n) steps. */
static void test_random_spans_against_a_raster_and_the_meter(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 7, 0);
    for (int round = 0; round < 500; round++) {
        char busy[401] = {0};
        int change[401] = {0};
        struct billing_span v[40];
        size_t n = 1 + rng_below(&r, 40);
        for (size_t i = 0; i < n; i++) {
            int64_t from = (int64_t)rng_below(&r, 380), to = from + (int64_t)rng_below(&r, 20);
            v[i] = (struct billing_span){from * 30 * MS, to * 30 * MS};
            memset(busy + from, 1, (size_t)(to - from));
            change[from]++;
            change[to]--;
        }
        int64_t want = 0, run = 0;
        for (int i = 0; i <= 400; i++) {
            if (busy[i]) {
                run++;
            } else {
                want += (run * 30 + 99) / 100 * 100 * MS;
                run = 0;
            }
        }
        struct billing_meter m;
        billing_meter_init(&m);
        for (int i = 0, under_way = 0; i <= 400; i++) {
            for (int k = change[i]; k > 0; k--, under_way++)
                billing_begin(&m, i * 30 * MS);
            for (int k = change[i]; k < 0; k++, under_way--)
                billing_end(&m, i * 30 * MS);
        }
        assert_int_equal(billing_meter_ns(&m, 400 * 30 * MS), want);
        assert_int_equal(billing_request_ns(v, n), want);
    }
}

/* Start-up 0 to 2.05 s, a request from then to 2.31 s (one stretch), a pause, another request. */
static void test_meter_while_it_runs(void **state) {
    (void)state;
    struct billing_meter m;
    billing_meter_init(&m);
    assert_int_equal(billing_meter_ns(&m, 99 * MS), 0);
    billing_begin(&m, 1000 * MS);
    assert_int_equal(billing_meter_ns(&m, 1000 * MS), 0);
    assert_int_equal(billing_meter_ns(&m, 1001 * MS), 100 * MS);
    billing_end(&m, 3050 * MS);
    billing_begin(&m, 3050 * MS);
    assert_int_equal(billing_meter_ns(&m, 3100 * MS), 2100 * MS);
    billing_end(&m, 3310 * MS);
    assert_int_equal(billing_meter_ns(&m, 9999 * MS), 2400 * MS);
    billing_begin(&m, 4000 * MS);
    billing_begin(&m, 4050 * MS);
    billing_end(&m, 4070 * MS);
    assert_int_equal(billing_meter_ns(&m, 4150 * MS), 2600 * MS);
    billing_end(&m, 4200 * MS);
    assert_int_equal(billing_meter_ns(&m, 9999 * MS), 2600 * MS);
}

static void test_instances_cost_a_minute_at_least(void **state) {
    (void)state;
    assert_int_equal(billing_instance_ns(5, 6), 60 * NS_PER_S);
    assert_int_equal(billing_instance_ns(0, 61 * NS_PER_S + 1), 61 * NS_PER_S + 1);
}

static struct billing_prices prices(const char *region) {
    struct billing_prices p;
    struct err e;
    if (billing_prices_load(&p, NULL, region, &e) != 0)
        fail_msg("%s", e.text);
    return p;
}

/* The paper's shape, 1 vCPU and 2 GiB: 0.000024 + 2 x 0.0000025 = 0.000029 dollars a second. */
static void test_request_based_cost(void **state) {
    (void)state;
    struct billing_prices p = prices("us-central1");
    assert_string_equal(p.tier, "tier 1");
    assert_string_equal(p.currency, "USD");
    struct billing_usage u = {BILLING_REQUEST,  1000 * NS_PER_S, 0, 500, 1,
                              INT64_C(2) << 30, GPU_NONE};
    struct billing_cost c;
    billing_cost(&u, &p, &c);
    assert_near(c.instance_s, 1000, 1e-9);
    assert_near(c.gib_s, 2000, 1e-9);
    assert_near(c.full.cpu, 0.024, 1e-12);
    assert_near(c.full.memory, 0.005, 1e-12);
    assert_near(c.full.requests, 0.0002, 1e-12);
    assert_near(c.full.total, 0.0292, 1e-12);
    assert_near(c.full.per_1000_requests, 0.0584, 1e-12);
    assert_near(c.net.total, 0, 0);
    /* 200 000 s: 20 000 vCPU-s and 40 000 GiB-s beyond the free ones; 3 M requests: 1 M beyond. */
    u.billable_ns = 200000 * NS_PER_S;
    u.requests = 3000000;
    billing_cost(&u, &p, &c);
    assert_near(c.net.cpu, 0.48, 1e-9);
    assert_near(c.net.memory, 0.1, 1e-9);
    assert_near(c.net.requests, 0.4, 1e-9);
    assert_near(c.full.total, 4.8 + 1.0 + 1.2, 1e-9);
    /* An hour of one idle min instance: 3600 x 3 x 0.0000025, on top of both. */
    u.idle_ns = 3600 * NS_PER_S;
    billing_cost(&u, &p, &c);
    assert_near(c.full.total, 7.0 + 0.027, 1e-9);
    assert_near(c.net.total, 0.98 + 0.027, 1e-9);
}

static void test_instance_based_cost(void **state) {
    (void)state;
    struct billing_prices p = prices("us-central1");
    struct billing_usage u = {BILLING_INSTANCE, 300000 * NS_PER_S, 77, 1000, 2,
                              INT64_C(1) << 29, GPU_NONE};
    struct billing_cost c;
    billing_cost(&u, &p, &c);
    /* 600 000 vCPU-s at 0.000018 and 150 000 GiB-s at 0.000002; no charge for requests or
     * idling. */
    assert_near(c.full.cpu, 10.8, 1e-9);
    assert_near(c.full.memory, 0.3, 1e-9);
    assert_near(c.full.total, 11.1, 1e-9);
    assert_near(c.net.total, 360000 * 0.000018, 1e-9);
    u.requests = 0;
    billing_cost(&u, &p, &c);
    assert_true(isnan(c.full.per_1000_requests));
}

#define LIST(gpu)                                                                                  \
    "{\"source\":\"\",\"date\":\"\",\"currency\":\"USD\",\"tiers\":[{\"name\":\"ours\",\"note\":"  \
    "\"\","                                                                                        \
    "\"regions\":[\"r\"],\"request_based\":{\"cpu_active\":0,\"cpu_idle\":0,\"memory_active\":0,"  \
    "\"memory_idle\":0,\"million_requests\":0,\"free_cpu\":0,\"free_memory\":0,\"free_requests\":" \
    "0},"                                                                                          \
    "\"instance_based\":{\"cpu\":0.00002,\"memory\":0.000002,\"free_cpu\":1e9,\"free_memory\":"    \
    "1e9}" gpu "}]}"

static int read_prices(const char *list, struct billing_prices *p, struct err *e) {
    *e = (struct err){""};
    return billing_prices_parse(p, "p", list, strlen(list), "r", e);
}

static void test_a_gpu_costs_what_the_list_says(void **state) {
    (void)state;
    struct err e;
    struct billing_prices p;
    struct billing_cost c;
    char text[BILLING_NO_PRICE_BYTES];
    struct billing_usage u = {BILLING_INSTANCE,  1000 * NS_PER_S, 0, 10, 4,
                              INT64_C(16) << 30, GPU_L4};
    assert_int_equal(read_prices(LIST(",\"gpu\":{\"l4\":0.0002}"), &p, &e), 0);
    billing_cost(&u, &p, &c);
    /* 4000 vCPU-s, 16000 GiB-s, 1000 GPU-s: 0.08 + 0.032 + 0.2; the free tier has no GPU. */
    assert_near(c.gpu_s, 1000, 1e-9);
    assert_near(c.full.gpu, 0.2, 1e-12);
    assert_near(c.full.total, 0.312, 1e-12);
    assert_near(c.net.total, 0.2, 1e-12);
    assert_near(c.full.per_1000_requests, 31.2, 1e-9);
    assert_false(billing_no_gpu_price(&p, GPU_L4, text));
    assert_false(billing_no_gpu_price(&p, GPU_NONE, text));
    /* A price that is not known makes the sum unknown, and is not 0. */
    u.gpu = GPU_RTX_PRO_6000;
    billing_cost(&u, &p, &c);
    assert_near(c.full.cpu, 0.08, 1e-12);
    assert_true(isnan(c.full.gpu) && isnan(c.full.total) && isnan(c.net.total));
    assert_true(billing_no_gpu_price(&p, GPU_RTX_PRO_6000, text));
    assert_non_null(strstr(text, "no price of the GPU rtx-pro-6000 is known in ours"));
    assert_non_null(strstr(text, "\"gpu\": {\"rtx-pro-6000\": PRICE OF A SECOND}"));
    p = prices("us-central1");
    assert_true(billing_no_gpu_price(&p, GPU_L4, text) && isnan(p.gpu[GPU_L4]));
    u.gpu = GPU_NONE;
    billing_cost(&u, &p, &c);
    assert_near(c.full.total, 4000 * 0.000018 + 16000 * 0.000002, 1e-12);
    assert_near(c.gpu_s, 0, 0);
}

static void test_bad_gpu_prices_say_where(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {LIST(",\"gpu\":3"), "\"gpu\" must be an object, not a number"},
        {LIST(",\"gpu\":{\"l5\":1}"), "\"gpu\" has no \"l5\"; did you mean \"l4\"?"},
        {LIST(",\"gpu\":{\"l4\":null}"), "\"l4\" must be a number, not null"},
        {LIST(",\"gpu\":{\"l4\":-0.1}"), "\"l4\" must be a number of 0 or more"},
        {LIST(",\"gpu\":{\"l4\":1e999}"), "\"l4\" must be a number of 0 or more"},
        {LIST(",\"gpu\":{\"l4\":1,\"l4\":2}"), "l4"},
        {LIST(",\"GPU\":{\"l4\":1}"), "a tier has no \"GPU\""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e;
        struct billing_prices p;
        assert_int_equal(read_prices(bad[i].text, &p, &e), -1);
        if (strncmp(e.text, "p:1:", 4) != 0 || strstr(e.text, bad[i].says) == NULL)
            fail_msg("%s does not say %s", e.text, bad[i].says);
    }
}

static void test_what_a_gpu_needs(void **state) {
    (void)state;
    struct err e;
    int64_t gib = INT64_C(1) << 30;
    assert_int_equal(gpu_by_name("l4"), GPU_L4);
    assert_int_equal(gpu_by_accelerator("nvidia-rtx-pro-6000"), GPU_RTX_PRO_6000);
    assert_int_equal(gpu_by_name(""), GPU_NONE);
    assert_int_equal(gpu_by_name(NULL), GPU_NONE);
    assert_int_equal(gpu_by_accelerator("l4"), GPU_NONE);
    assert_int_equal(gpu_check_size(GPU_L4, 4, 16 * gib, &e), 0);
    assert_int_equal(gpu_check_size(GPU_L4, 3.9, 16 * gib, &e), -1);
    assert_int_equal(gpu_check_size(GPU_L4, 4, 16 * gib - 1, &e), -1);
    assert_int_equal(gpu_check_size(GPU_RTX_PRO_6000, 20, 80 * gib, &e), 0);
    assert_int_equal(gpu_check_size(GPU_RTX_PRO_6000, 19, 80 * gib, &e), -1);
    assert_int_equal(gpu_check_size(GPU_NONE, 0.1, 1, &e), 0);
}

static void test_regions_and_lists_of_ones_own(void **state) {
    (void)state;
    struct err e;
    struct billing_prices p = prices("europe-west3");
    assert_string_equal(p.tier, "tier 2");
    assert_near(p.cpu_active, 0.0000336, 1e-12);
    assert_true(strlen(p.note) > 0);
    assert_int_equal(billing_prices_load(&p, NULL, "mars-north1", &e), -1);
    assert_non_null(strstr(e.text, "no tier has the region \"mars-north1\""));

    static const char list[] =
        "{\"source\":\"a contract\",\"date\":\"2030-01-01\",\"currency\":\"EUR\",\"tiers\":[{"
        "\"name\":\"ours\",\"note\":\"\",\"regions\":[\"here\"],\"request_based\":{\"cpu_active\":"
        "1,"
        "\"cpu_idle\":2,\"memory_active\":3,\"memory_idle\":4,\"million_requests\":5,\"free_cpu\":"
        "6,"
        "\"free_memory\":7,\"free_requests\":8},\"instance_based\":{\"cpu\":9,\"memory\":10,"
        "\"free_cpu\":11,\"free_memory\":12}}]}";
    const char *path = in_dir("prices.json");
    FILE *f = fopen(path, "w");
    fputs(list, f);
    fclose(f);
    assert_int_equal(billing_prices_load(&p, path, "here", &e), 0);
    assert_string_equal(p.source, "a contract");
    assert_string_equal(p.currency, "EUR");
    const double got[] = {p.cpu_active,          p.cpu_idle,          p.memory_active,
                          p.memory_idle,         p.million_requests,  p.free_cpu_request,
                          p.free_memory_request, p.free_requests,     p.cpu_instance,
                          p.memory_instance,     p.free_cpu_instance, p.free_memory_instance};
    for (size_t i = 0; i < 12; i++)
        assert_near(got[i], (double)i + 1, 0);
    assert_int_equal(billing_prices_load(&p, in_dir("none"), "here", &e), -1);
}

static void test_bad_lists_say_where(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"[]", "p:1:1: a price list must be an object"},
        {"{", "p:1:2"},
        {"{\"source\":1}", "p:1:11: \"source\" must be a string, not a number"},
        {"{\"source\":\"\",\"date\":\"2030-01-01-12345678\"}", "\"date\" must be shorter"},
        {"{\"source\":\"\",\"date\":\"\",\"currency\":\"\",\"tiers\":[3]}", "a tier must be"},
        {"{\"source\":\"\",\"date\":\"\",\"currency\":\"\",\"tiers\":[{\"regions\":[\"r\"],"
         "\"name\":"
         "\"\",\"note\":\"\",\"request_based\":{\"cpu_active\":-1}}]}",
         "\"cpu_active\" must be a number of 0 or more"},
        {"{\"source\":\"\",\"date\":\"\",\"currency\":\"\",\"tiers\":[{\"regions\":[\"r\"],"
         "\"name\":"
         "\"\",\"note\":\"\"}]}",
         "\"request_based\" is missing"},
        {"{\"source\":\"\",\"date\":\"\",\"currency\":\"\",\"tiers\":[{\"regions\":[\"r\"]},\n"
         "{\"regions\":[\"q\"]},\n{\"regions\":[\"q\",\"r\"]}]}",
         "p:3:1: a tier above has the region \"r\" too; remove it from one of them"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e;
        struct billing_prices p;
        assert_int_equal(billing_prices_parse(&p, "p", bad[i].text, strlen(bad[i].text), "r", &e),
                         -1);
        if (strstr(e.text, bad[i].says) == NULL)
            fail_msg("%s does not say %s", e.text, bad[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_stretch_is_rounded_up),
        cmocka_unit_test(test_overlap_and_touch_are_one),
        cmocka_unit_test(test_random_spans_against_a_raster_and_the_meter),
        cmocka_unit_test(test_meter_while_it_runs),
        cmocka_unit_test(test_instances_cost_a_minute_at_least),
        cmocka_unit_test(test_request_based_cost),
        cmocka_unit_test(test_instance_based_cost),
        cmocka_unit_test(test_a_gpu_costs_what_the_list_says),
        cmocka_unit_test(test_bad_gpu_prices_say_where),
        cmocka_unit_test(test_what_a_gpu_needs),
        cmocka_unit_test(test_regions_and_lists_of_ones_own),
        cmocka_unit_test(test_bad_lists_say_where),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
