#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulator/autoscaler.h"
#include "emulator/distribution.h"
#include "emulator/export_metrics.h"
#include "near.h"
#include "util/clock.h"
#include "util/json.h"

/* 2025-07-06T05:01:42Z */
#define START (INT64_C(1751778102) * NS_PER_S)
#define MS(x) ((int64_t)((x)*1e6))

static const struct export_service service = {"P", "us-west1", "s", "s-00001", "s"};
static const struct export_sample nothing = {.recommended_cpu = AUTOSCALER_NONE,
                                             .recommended_concurrency = AUTOSCALER_NONE};

static struct export_metrics *metrics(size_t points_max) {
    struct export_metrics *m = NULL;
    struct err e;
    if (export_metrics_new(&m, &service, NULL, START, points_max, &e) != 0)
        fail_msg("%s", e.text);
    return m;
}

static void sample(struct export_metrics *m, int64_t at_s, const struct export_sample *s) {
    assert_int_equal(export_metrics_sample(m, START + at_s * NS_PER_S, s, NULL), 0);
}

static struct json_doc *written(const struct export_metrics *m) {
    struct buf b;
    struct json_doc *d;
    struct err e;
    buf_init(&b, SIZE_MAX / 2);
    export_metrics_write(m, &b);
    assert_true(buf_ok(&b));
    if (json_parse("metrics", buf_text(&b), b.len, &d, &e) != 0)
        fail_msg("%s", e.text);
    buf_done(&b);
    return d;
}

/* The series of a metric, with this value of its first label (NULL: none), or NULL. */
static const struct json *series(const struct json_doc *d, const char *metric, const char *label) {
    char type[128];
    snprintf(type, sizeof type, "run.googleapis.com/%s", metric);
    for (const struct json *s = json_get(json_root(d), "timeSeries")->first; s != NULL;
         s = s->next) {
        const struct json *m = json_get(s, "metric"), *first = json_get(m, "labels")->first;
        if (strcmp(json_get(m, "type")->text, type) == 0 &&
            (label == NULL ? first == NULL : first != NULL && strcmp(first->text, label) == 0))
            return s;
    }
    return NULL;
}

/* Its points, "value@seconds-seconds" from the start, as they stand. */
static void assert_points(const struct json *s, const char *want) {
    struct buf b;
    buf_init(&b, 4096);
    assert_non_null(s);
    for (const struct json *p = json_get(s, "points")->first; p != NULL; p = p->next) {
        const struct json *i = json_get(p, "interval"), *v = json_get(p, "value")->first;
        const char *from = json_get(i, "startTime")->text, *to = json_get(i, "endTime")->text;
        /* 05:01:42 is the start; minutes and seconds are enough here. */
        long a = strtol(from + 14, NULL, 10) * 60 + strtol(from + 17, NULL, 10) - 102;
        long z = strtol(to + 14, NULL, 10) * 60 + strtol(to + 17, NULL, 10) - 102;
        if (v->kind == JSON_OBJECT)
            v = json_get(v, "count");
        buf_printf(&b, "%.*s@%ld-%ld ", (int)v->len, v->text, a, z);
    }
    assert_string_equal(buf_text(&b), want);
    buf_done(&b);
}

/* A real service's five minutes: 0, 8, 2, 0, 1 requests; 1.0 s and then 0.1 s billable. */
static void test_counts_of_five_minutes(void **state) {
    (void)state;
    struct export_metrics *m = metrics(100);
    static const int requests[] = {0, 8, 2, 0, 1};
    static const double billable[] = {0, 0.8, 0.2, 0, 0.1};
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < requests[i]; k++)
            export_metrics_request(m, 200, MS(9), MS(1), MS(8));
        struct export_sample s = nothing;
        s.idle = 2;
        s.billable_s = billable[i];
        sample(m, 60 * (i + 1), &s);
    }
    struct json_doc *d = written(m);
    const struct json *count = series(d, "request_count", "200");
    assert_points(count, "1@240-300 0@180-240 2@120-180 8@60-120 ");
    assert_string_equal(json_get(count, "metricKind")->text, "DELTA");
    assert_string_equal(json_get(count, "valueType")->text, "INT64");
    const struct json *labels = json_get(json_get(count, "metric"), "labels");
    assert_string_equal(json_get(labels, "response_code_class")->text, "2xx");
    assert_points(series(d, "container/billable_instance_time", NULL),
                  "0.1@240-300 0@180-240 0.2@120-180 0.8@60-120 0@0-60 ");
    const struct json *idle = series(d, "container/instance_count", "idle");
    assert_points(idle, "2@300-300 2@240-240 2@180-180 2@120-120 2@60-60 ");
    assert_string_equal(json_get(idle, "metricKind")->text, "GAUGE");
    assert_points(series(d, "request_latencies", "200"), "1@240-300 2@120-180 8@60-120 ");
    assert_null(series(d, "scaling/recommended_instances", "cpu"));
    const struct json *where = json_get(json_get(idle, "resource"), "labels");
    assert_string_equal(json_get(where, "location")->text, "us-west1");
    assert_string_equal(json_get(where, "revision_name")->text, "s-00001");
    json_free(d);
    export_metrics_free(m);
}

static const struct json *distribution(const struct json_doc *d, const char *metric,
                                       const char *label) {
    const struct json *s = series(d, metric, label);
    if (s == NULL)
        fail_msg("no %s", metric);
    assert_string_equal(json_get(s, "valueType")->text, "DISTRIBUTION");
    return json_get(json_get(json_get(s, "points")->first, "value"), "distributionValue");
}

static double number(const struct json *v, const char *key) {
    double x = -1;
    assert_true(json_double(json_get(v, key), &x));
    return x;
}

/* 10, 20 and 90 ms: mean 40, squared deviations 900 + 400 + 2500. Every value is in the bucket
 * whose bounds, by the document's own bucketOptions, hold it. */
static void test_a_distribution(void **state) {
    (void)state;
    struct export_metrics *m = metrics(1);
    static const double ms[] = {10, 20, 90};
    for (int i = 0; i < 3; i++)
        export_metrics_request(m, 503, MS(ms[i]), MS(0), MS(1));
    sample(m, 1, &nothing);
    struct json_doc *d = written(m);
    const struct json *v = distribution(d, "request_latency/e2e_latencies", "503");
    assert_string_equal(json_get(v, "count")->text, "3");
    assert_near(number(v, "mean"), 40, 1e-9);
    assert_near(number(v, "sumOfSquaredDeviation"), 3800, 1e-9);
    const struct json *b = json_get(json_get(v, "bucketOptions"), "exponentialBuckets");
    double scale = number(b, "scale"), growth = number(b, "growthFactor");
    int i = 0, held = 0;
    for (const struct json *c = json_get(v, "bucketCounts")->first; c != NULL; c = c->next, i++) {
        int here = 0;
        for (int k = 0; k < 3; k++)
            here += i > 0 && ms[k] >= scale * pow(growth, i - 1) && ms[k] < scale * pow(growth, i);
        assert_int_equal(strtol(c->text, NULL, 10), here);
        held += here;
    }
    assert_int_equal(held, 3);
    assert_true(i < (int)number(b, "numFiniteBuckets"));
    /* No wait: all in the underflow bucket. */
    v = distribution(d, "request_latency/pending", "503");
    assert_int_equal(json_get(v, "bucketCounts")->count, 1);
    assert_near(number(v, "mean"), 0, 0);
    json_free(d);
    export_metrics_free(m);
}

static void test_instances_queue_and_drivers(void **state) {
    (void)state;
    struct export_metrics *m = metrics(10);
    const struct export_instance instances[] = {
        {0.5, 0.25, 7, true}, {0.9, 0.25, 9, true}, {0.0, 0.1, 0, false}};
    struct export_sample s = {.active = 2,
                              .idle = 1,
                              .billable_s = 2,
                              .instances = instances,
                              .n = 3,
                              .pending = 4,
                              .recommended_cpu = 3,
                              .recommended_concurrency = 0};
    export_metrics_startup(m, MS(1500));
    sample(m, 1, &s);
    struct json_doc *d = written(m);
    assert_near(number(distribution(d, "container/cpu/utilizations", "app"), "mean"), 1.4 / 3,
                1e-9);
    assert_near(number(distribution(d, "container/memory/utilizations", "app"), "mean"), 0.2, 1e-9);
    assert_near(number(distribution(d, "container/startup_latencies", NULL), "mean"), 1500, 1e-9);
    assert_near(number(distribution(d, "container/max_request_concurrencies", "active"), "mean"), 8,
                1e-9);
    assert_near(number(distribution(d, "container/max_request_concurrencies", "idle"), "mean"), 0,
                0);
    assert_points(series(d, "container/instance_count", "active"), "2@1-1 ");
    assert_points(series(d, "pending_queue/pending_requests", NULL), "4@1-1 ");
    assert_points(series(d, "scaling/recommended_instances", "cpu"), "3@1-1 ");
    assert_points(series(d, "scaling/recommended_instances", "concurrency"), "0@1-1 ");
    json_free(d);
    export_metrics_free(m);
}

static void test_old_intervals_fall_out(void **state) {
    (void)state;
    struct export_metrics *m = metrics(3);
    export_metrics_request(m, 404, MS(1), 0, MS(1));
    struct export_sample s = nothing;
    for (int i = 1; i <= 8; i++) {
        s.pending = (unsigned)i;
        sample(m, i, &s);
    }
    struct json_doc *d = written(m);
    assert_points(series(d, "pending_queue/pending_requests", NULL), "8@8-8 7@7-7 6@6-6 ");
    assert_points(series(d, "request_count", "404"), "0@7-8 0@6-7 0@5-6 ");
    assert_null(series(d, "request_latencies", "404"));
    json_free(d);
    export_metrics_free(m);
}

static void test_an_empty_document_and_strange_input(void **state) {
    (void)state;
    struct err e;
    struct export_metrics *m = NULL;
    assert_int_equal(export_metrics_new(&m, &service, NULL, START, 0, &e), -1);
    assert_null(m);
    static const struct export_service hostile = {"\"", "\\", "\xff", "a\nb", "\x01"};
    assert_int_equal(export_metrics_new(&m, &hostile, "\"}]", START, 5, &e), 0);
    struct json_doc *d = written(m);
    assert_int_equal(json_get(json_root(d), "timeSeries")->count, 0);
    json_free(d);
    export_metrics_request(m, -7, -5, -5, -5);
    export_metrics_request(m, 100000, INT64_MAX, INT64_MAX, INT64_MAX);
    const struct export_instance one = {(double)NAN, (double)INFINITY, 4000000000u, true};
    struct export_sample s = nothing;
    s.billable_s = (double)NAN;
    s.instances = &one;
    s.n = 1;
    sample(m, 1, &s);
    d = written(m);
    assert_points(series(d, "request_count", "0"), "2@0-1 ");
    assert_points(series(d, "container/billable_instance_time", NULL), "0@0-1 ");
    json_free(d);
    export_metrics_free(m);
}

/* The bounds that a reader computes are the ones that were used, at the bounds themselves too. */
static void test_buckets_agree_with_their_bounds(void **state) {
    (void)state;
    const struct distribution_layout *layouts[] = {&distribution_ms, &distribution_share,
                                                   &distribution_requests};
    for (int n = 0; n < 3; n++) {
        const struct distribution_layout *l = layouts[n];
        double top = l->scale * pow(l->growth, l->finite);
        assert_int_equal(distribution_bucket(l, 0), 0);
        assert_int_equal(distribution_bucket(l, nextafter(l->scale, 0)), 0);
        assert_int_equal(distribution_bucket(l, top), l->finite + 1);
        assert_int_equal(distribution_bucket(l, 1e300), l->finite + 1);
        for (int i = 0; i < l->finite; i++) {
            double low = l->scale * pow(l->growth, i);
            assert_int_equal(distribution_bucket(l, low), i + 1);
            assert_int_equal(distribution_bucket(l, nextafter(low, 0)), i);
        }
    }
    assert_true(distribution_ms.scale * pow(distribution_ms.growth, distribution_ms.finite) >
                3.6e6);
    assert_true(distribution_requests.scale *
                    pow(distribution_requests.growth, distribution_requests.finite) >
                1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_of_five_minutes),
        cmocka_unit_test(test_a_distribution),
        cmocka_unit_test(test_instances_queue_and_drivers),
        cmocka_unit_test(test_old_intervals_fall_out),
        cmocka_unit_test(test_an_empty_document_and_strange_input),
        cmocka_unit_test(test_buckets_agree_with_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
