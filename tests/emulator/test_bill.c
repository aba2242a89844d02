/* The bill by the program's rules beside the one that scripts/bill.py makes of the log alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulator/export_log.h"
#include "near.h"
#include "stats/billing.h"
#include "support/scratch.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/rng.h"

#define US NS_PER_US
#define EPOCH INT64_C(1751778102000000000)

static const struct export_service service = {"P", "us-central1", "s", "s-00001", "s"};

/* A history of one instance: its entries go to `log`, its billable time and requests are
 * returned. */
struct history {
    struct billing_span spans[64];
    size_t n, requests;
    bool ready, told;
};

static int64_t within(struct rng *r, int64_t most_us) {
    return (int64_t)rng_below(r, (uint64_t)most_us) * US;
}

static void add(struct history *h, int64_t from_ns, int64_t to_ns) {
    h->spans[h->n++] = (struct billing_span){from_ns, to_ns};
}

static void make(struct history *h, struct rng *r, const char *name, struct buf *log) {
    int64_t started = EPOCH + within(r, 5000000), ready = started + 1 * US + within(r, 3000000);
    struct export_event v = {.kind = EXPORT_START_AUTOSCALING,
                             .at_ns = started,
                             .instance = name,
                             .attempts = 1,
                             .port = 8080,
                             .code = 1};
    export_log_event(log, &service, &v);
    buf_char(log, '\n');
    add(h, started, ready);
    v.at_ns = ready;
    v.kind = h->ready ? EXPORT_PROBE_PASSED : EXPORT_EXIT;
    export_log_event(log, &service, &v);
    buf_char(log, '\n');
    int64_t end = ready;
    size_t n = h->ready ? rng_below(r, 40) : 0;
    for (size_t i = 0; i < n; i++) {
        /* Some arrive before the instance is started, and most before it is ready. */
        int64_t at = started - 500000 * US + within(r, i < 3 ? 500000 : 20000000);
        int64_t to = (at > ready ? at : ready) + within(r, 400000);
        struct export_request q = {.arrived_ns = at,
                                   .latency_ns = to - at,
                                   .emitted_ns = to,
                                   .method = "GET",
                                   .url = "http://x/\xe2\x80\xa8\xc2\x85",
                                   .status = 200,
                                   .request_bytes = -1,
                                   .response_bytes = -1,
                                   .instance = name};
        export_log_request(log, &service, &q);
        buf_char(log, '\n');
        add(h, at > ready ? at : ready, to);
        h->requests++;
        if (end < to)
            end = to;
    }
    if (h->told) {
        int64_t sigterm = end + within(r, 100000), exit = sigterm + within(r, 900000);
        struct export_lifetime l = {.started_ns = started,
                                    .ready_ns = h->ready ? ready : 0,
                                    .sigterm_ns = h->ready ? sigterm : 0,
                                    .ended_ns = h->ready ? exit : ready,
                                    .instance = name,
                                    .end = "idle"};
        export_log_lifetime(log, &service, &l);
        buf_char(log, '\n');
        if (h->ready)
            add(h, sigterm, exit);
    }
}

static struct json_doc *bill(const char *options, const struct buf *log) {
    FILE *f = fopen(in_dir("log.ndjson"), "w");
    assert_int_equal(fwrite(log->data, 1, log->len, f), log->len);
    fclose(f);
    char command[1024], text[4096];
    snprintf(command, sizeof command, "python3 scripts/bill.py %s %s", options,
             in_dir("log.ndjson"));
    FILE *p = popen(command, "r");
    size_t n = fread(text, 1, sizeof text, p);
    assert_int_equal(pclose(p), 0);
    struct json_doc *d = NULL;
    struct err e;
    if (json_parse("bill", text, n, &d, &e) != 0)
        fail_msg("%s", e.text);
    return d;
}

static double number(const struct json_doc *d, const char *key) {
    double x = -1;
    assert_true(json_double(json_get(json_root(d), key), &x));
    return x;
}

static void test_both_bills_agree(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 3, 0);
    for (int round = 0; round < 12; round++) {
        struct buf log;
        buf_init(&log, 1 << 24);
        int64_t billable = 0;
        uint64_t requests = 0;
        for (int i = 0; i < 25; i++) {
            char name[16];
            snprintf(name, sizeof name, "%08x", i);
            struct history h = {.ready = i % 6 != 5, .told = i % 3 != 2};
            make(&h, &r, name, &log);
            billable += billing_request_ns(h.spans, h.n);
            requests += h.requests;
        }
        assert_true(buf_ok(&log));
        /* One that reached no instance: nobody pays for it. */
        struct export_request q = {.method = "GET",
                                   .url = "x",
                                   .status = 429,
                                   .latency_ns = 10,
                                   .text = EXPORT_NO_INSTANCE};
        export_log_request(&log, &service, &q);
        struct json_doc *d = bill("--cpus 2 --memory 2Gi", &log);
        int64_t theirs = 0;
        assert_true(json_int64(json_get(json_root(d), "billable_ns"), &theirs));
        assert_int_equal(theirs, billable);

        struct billing_prices p;
        struct billing_cost c;
        assert_int_equal(billing_prices_load(&p, NULL, "us-central1", NULL), 0);
        struct billing_usage u = {BILLING_REQUEST,  billable, 0, requests, 2,
                                  INT64_C(2) << 30, GPU_NONE};
        billing_cost(&u, &p, &c);
        assert_near(number(d, "requests"), (double)requests, 0);
        assert_near(number(d, "cpu_s"), c.cpu_s, 1e-9);
        assert_near(number(d, "gib_s"), c.gib_s, 1e-9);
        assert_near(number(d, "usd"), c.full.total, 1e-12);
        assert_near(number(d, "usd_after_free_tier"), c.net.total, 1e-12);
        assert_near(number(d, "usd_per_1000_requests"), c.full.per_1000_requests, 1e-12);
        json_free(d);
        buf_done(&log);
    }
}

/* The program's own list, with prices of GPUs in its first tier. */
static void sized_list(const char *path) {
    char command[1024];
    snprintf(
        command, sizeof command,
        "sed '0,/\"regions\"/s//\"gpu\": {\"rtx-pro-6000\": 0.0011}, &/' src/stats/prices.json "
        ">%s",
        path);
    assert_int_equal(system(command), 0);
}

static void test_instance_based_bills_agree(void **state) {
    (void)state;
    struct buf log;
    buf_init(&log, 1 << 20);
    int64_t billable = 0;
    for (int i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        int64_t ended = EPOCH + (20 + 30 * i) * NS_PER_S + i * US;
        struct export_event v = {.at_ns = EPOCH, .instance = name};
        struct export_lifetime l = {
            .started_ns = EPOCH, .ended_ns = ended, .instance = name, .end = "idle"};
        export_log_event(&log, &service, &v);
        buf_char(&log, '\n');
        export_log_lifetime(&log, &service, &l);
        buf_char(&log, '\n');
        billable += billing_instance_ns(EPOCH, ended);
    }
    struct json_doc *d = bill("--instance-based", &log);
    int64_t theirs = 0;
    assert_true(json_int64(json_get(json_root(d), "billable_ns"), &theirs));
    assert_int_equal(theirs, billable);
    struct billing_prices p;
    struct billing_cost c;
    assert_int_equal(billing_prices_load(&p, NULL, "us-central1", NULL), 0);
    struct billing_usage u = {BILLING_INSTANCE, billable, 0, 0, 1, INT64_C(1) << 29, GPU_NONE};
    billing_cost(&u, &p, &c);
    assert_near(number(d, "usd"), c.full.total, 1e-12);
    json_free(d);

    /* With a GPU, by a list that has its price; and with one that has none. */
    sized_list(in_dir("gpus.json"));
    char options[600];
    snprintf(options, sizeof options, "--gpu rtx-pro-6000 --memory 96Gi --prices %s",
             in_dir("gpus.json"));
    assert_int_equal(billing_prices_load(&p, in_dir("gpus.json"), "us-central1", NULL), 0);
    u = (struct billing_usage){BILLING_INSTANCE,  billable,        0, 0, 20,
                               INT64_C(96) << 30, GPU_RTX_PRO_6000};
    billing_cost(&u, &p, &c);
    d = bill(options, &log);
    assert_near(c.full.gpu, (double)billable / 1e9 * 0.0011, 1e-12);
    assert_near(number(d, "gpu_usd"), c.full.gpu, 1e-12);
    assert_near(number(d, "usd"), c.full.total, 1e-12);
    assert_near(number(d, "usd_after_free_tier"), c.net.total, 1e-12);
    json_free(d);
    d = bill("--gpu l4 2>/dev/null", &log);
    assert_int_equal(json_get(json_root(d), "usd")->kind, JSON_NULL);
    assert_near(number(d, "gpu_s"), (double)billable / 1e9, 1e-9);
    json_free(d);
    buf_done(&log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_bills_agree),
        cmocka_unit_test(test_instance_based_bills_agree),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
