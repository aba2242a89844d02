/*
 * Time series of Cloud Monitoring: shapes of real answers (among them the capture in Checkmk's
 * tests, which is the Python client's spelling), wrong ones, and what buckets say, worked out by
 * hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/import_buckets.h"
#include "import/import_metrics.h"
#include "near.h"

static struct json_doc *parse(const char *text) {
    struct json_doc *d = NULL;
    struct err e = {""};
    if (json_parse("series", text, strlen(text), &d, &e) != 0)
        fail_msg("%s: %s", text, e.text);
    return d;
}

static void test_a_series_as_the_api_gives_it(void **state) {
    (void)state;
    struct json_doc *d = parse(
        "{\"metric\":{\"type\":\"run.googleapis.com/container/instance_count\","
        "\"labels\":{\"state\":\"active\"}},\"resource\":{\"type\":\"cloud_run_revision\","
        "\"labels\":"
        "{\"project_id\":\"P\",\"location\":\"us-west1\",\"service_name\":\"s\",\"revision_name\":"
        "\"s-00001\",\"configuration_name\":\"s\"}},\"metricKind\":\"GAUGE\",\"valueType\":"
        "\"INT64\","
        "\"points\":[{\"interval\":{\"startTime\":\"1970-01-01T00:01:00Z\",\"endTime\":"
        "\"1970-01-01T00:01:00Z\"},\"value\":{\"int64Value\":\"2\"}}]}");
    struct import_series s;
    struct import_point p;
    struct err e = {""};
    struct buf buckets;
    buf_init(&buckets, 1000);
    assert_int_equal(import_series_read(json_root(d), &s, &e), 0);
    assert_true(s.of_cloud_run);
    assert_string_equal(s.metric, "container/instance_count");
    assert_string_equal(s.label, "active");
    assert_string_equal(s.kind, "gauge");
    assert_string_equal(s.fold, "sum");
    assert_string_equal(s.service, "s");
    assert_string_equal(s.revision, "s-00001");
    assert_string_equal(s.labels, "configuration_name=s\nlocation=us-west1\nrevision_name=s-00001\n"
                                  "service_name=s\nstate=active");
    assert_int_equal(import_point_read(s.points->first, &p, &buckets, &e), 0);
    assert_int_equal(p.end_us, 60000000);
    assert_true(p.start_us == INT64_MIN);
    assert_false(p.is_distribution);
    assert_true(p.value == 2);
    json_free(d);
    buf_done(&buckets);
}

static void test_a_series_of_the_python_client(void **state) {
    (void)state;
    struct json_doc *d = parse(
        "{\"metric\":{\"type\":\"run.googleapis.com/request_count\",\"labels\":{\"response_code\":"
        "\"404\"}},\"resource\":{\"type\":\"cloud_run_revision\",\"labels\":{\"service_name\":"
        "\"s\"}},"
        "\"metric_kind\":2,\"value_type\":2,\"unit\":\"1\",\"points\":[{\"interval\":{\"start_"
        "time\":"
        "\"1970-01-01T00:00:00+00:00\",\"end_time\":{\"seconds\":60}},\"value\":{\"int64_value\":8}"
        "}]}");
    struct import_series s;
    struct import_point p;
    struct err e = {""};
    struct buf buckets;
    buf_init(&buckets, 1000);
    assert_int_equal(import_series_read(json_root(d), &s, &e), 0);
    assert_string_equal(s.kind, "delta");
    assert_string_equal(s.label, "4xx");
    assert_string_equal(s.unit, "1");
    assert_int_equal(import_point_read(s.points->first, &p, &buckets, &e), 0);
    assert_int_equal(p.start_us, 0);
    assert_int_equal(p.end_us, 60000000);
    assert_true(p.value == 8);
    json_free(d);
    buf_done(&buckets);
}

/* ALIGN_RATE turns what counts up into a rate, which is a gauge by its kind. */
static void test_kinds(void **state) {
    (void)state;
    static const struct {
        const char *metric, *kind, *is, *fold;
    } all[] = {{"container/billable_instance_time", "\"GAUGE\"", "rate", "sum"},
               {"container/billable_instance_time", "\"DELTA\"", "delta", "sum"},
               {"container/instance_count", "1", "gauge", "sum"},
               {"container/cpu/utilizations", "\"GAUGE\"", "gauge", "mean"},
               {"request_latencies", "\"GAUGE\"", "gauge", "mean"},
               {"request_count", "3", "cumulative", "sum"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[500];
        struct import_series s;
        snprintf(text, sizeof text,
                 "{\"metric\":{\"type\":\"run.googleapis.com/%s\"},\"metricKind\":%s}",
                 all[i].metric, all[i].kind);
        struct json_doc *d = parse(text);
        assert_int_equal(import_series_read(json_root(d), &s, NULL), 0);
        assert_string_equal(s.kind, all[i].is);
        assert_string_equal(s.fold, all[i].fold);
        json_free(d);
    }
}

static void test_other_products(void **state) {
    (void)state;
    static const char *const all[] = {
        "{\"metric\":{\"type\":\"compute.googleapis.com/instance/uptime\"},\"points\":[]}",
        "{\"metric\":{\"type\":\"run.googleapis.com/job/completed\"},"
        "\"resource\":{\"type\":\"cloud_run_job\"}}"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct import_series s;
        struct json_doc *d = parse(all[i]);
        assert_int_equal(import_series_read(json_root(d), &s, NULL), 0);
        assert_false(s.of_cloud_run);
        json_free(d);
    }
}

/* The point's buckets as server.sql keeps them, or its error after a "!". */
static void distribution(const char *value, char out[1000]) {
    char text[2000];
    struct import_point p;
    struct err e = {""};
    struct buf buckets;
    buf_init(&buckets, 900);
    snprintf(text, sizeof text,
             "{\"interval\":{\"endTime\":\"2025-07-06T05:01:42Z\"},\"value\":{%s}}", value);
    struct json_doc *d = parse(text);
    if (import_point_read(json_root(d), &p, &buckets, &e) != 0)
        snprintf(out, 1000, "!%.900s", e.text);
    else
        snprintf(out, 1000, "%lld of %g\n%s", (long long)p.count, p.value, buf_text(&buckets));
    json_free(d);
    buf_done(&buckets);
}

static void test_buckets(void **state) {
    (void)state;
    static const struct {
        const char *value, *is;
    } all[] = {
        /* bounds 10 20 40 80 ... 2560: bucket 0 is what is below 10, trailing zeros left out */
        {"\"distributionValue\":{\"count\":\"100\",\"mean\":50.0,\"bucketOptions\":"
         "{\"exponentialBuckets\":{\"numFiniteBuckets\":8,\"growthFactor\":2.0,\"scale\":10.0}},"
         "\"bucketCounts\":[\"0\",\"10\",\"30\",\"60\"]}",
         "100 of 50\n10 20 10\n20 40 30\n40 80 60\n"},
        {"\"distribution_value\":{\"count\":3,\"mean\":1.5,\"bucket_options\":{\"linear_buckets\":"
         "{\"num_finite_buckets\":2,\"width\":1,\"offset\":0.5}},\"bucket_counts\":[1,0,1,1]}",
         "3 of 1.5\n0 0.5 1\n1.5 2.5 1\n2.5 2.5 1\n"},
        {"\"distributionValue\":{\"count\":\"2\",\"mean\":1,\"bucketOptions\":{\"explicitBuckets\":"
         "{\"bounds\":[0,0.5,1]}},\"bucketCounts\":[\"0\",\"1\",\"0\",\"1\"]}",
         "2 of 1\n0 0.5 1\n1 1 1\n"},
        /* Zero is left out in proto3's JSON. */
        {"\"distributionValue\":{}", "0 of 0\n"},
        {"\"distributionValue\":{\"count\":\"5\",\"mean\":2}", "5 of 2\n"},
        {"\"distributionValue\":{\"count\":\"5\",\"bucketOptions\":{\"linearBuckets\":"
         "{\"numFiniteBuckets\":1,\"width\":1}},\"bucketCounts\":[\"1\"]}",
         "!its bucketCounts do not add up to its count"},
        {"\"distributionValue\":{\"count\":\"1\",\"bucketOptions\":{\"linearBuckets\":"
         "{\"numFiniteBuckets\":1,\"width\":1}},\"bucketCounts\":[\"2\",\"-1\"]}",
         "!its bucketCounts do not add up to its count"},
        {"\"distributionValue\":{\"count\":\"1\",\"bucketOptions\":{\"explicitBuckets\":"
         "{\"bounds\":[2,1]}},\"bucketCounts\":[\"0\",\"1\"]}",
         "!its bucket bounds do not increase"},
        {"\"distributionValue\":{\"count\":\"1\",\"bucketOptions\":{\"exponentialBuckets\":"
         "{\"numFiniteBuckets\":4,\"growthFactor\":1,\"scale\":1}},\"bucketCounts\":[\"1\"]}",
         "!its bucketOptions define no buckets"},
        {"\"distributionValue\":{\"count\":\"1\",\"bucketOptions\":{\"linearBuckets\":"
         "{\"numFiniteBuckets\":999999999999,\"width\":1}},\"bucketCounts\":[\"1\"]}",
         "!its bucketOptions define no buckets"},
        {"\"distributionValue\":{\"count\":\"1\",\"bucketOptions\":{\"explicitBuckets\":"
         "{\"bounds\":[1]}},\"bucketCounts\":[\"0\",\"0\",\"1\"]}",
         "!it has more bucketCounts than buckets"},
        {"\"distributionValue\":{\"count\":\"1\",\"bucketCounts\":[\"1\"]}",
         "!its bucketOptions are neither linear, exponential nor explicit"},
        {"\"distributionValue\":{\"count\":\"many\"}",
         "!the count of its distribution is not a number"},
        {"\"stringValue\":\"x\"", "!its value is neither a number nor a distribution"},
        {"\"doubleValue\":\"NaN\"", "!its value is neither a number nor a distribution"},
        {"\"boolValue\":true", "0 of 1\n"},
        {"\"doubleValue\":0.25", "0 of 0.25\n"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char got[1000];
        distribution(all[i].value, got);
        assert_string_equal(got, all[i].is);
    }
}

static void assert_quantile(const struct import_buckets *b, double p, double expected) {
    double got = -1;
    assert_true(import_buckets_quantile(b, p, &got));
    assert_near(got, expected, 1e-9 * (expected + 1));
}

/* 10 in [10, 20), 30 in [20, 40), 60 in [40, 80): the 50th of 100 lies 10/60 into the third. */
static void test_percentiles_of_one_distribution(void **state) {
    (void)state;
    struct import_buckets b = {0};
    assert_int_equal(import_buckets_add(&b, 100, 50, "10 20 10\n20 40 30\n40 80 60\n", NULL), 0);
    assert_quantile(&b, 0.5, 40 + 40 * 10.0 / 60);
    assert_quantile(&b, 0.05, 15);
    assert_quantile(&b, 0.1, 20);
    assert_quantile(&b, 0.4, 40);
    assert_quantile(&b, 0.95, 40 + 40 * 55.0 / 60);
    assert_quantile(&b, 1, 80);
    import_buckets_done(&b);
}

/* Two of different bounds: 10 evenly in [0, 10), 10 evenly in [5, 15). Below 10 there are 10 +
 * 5. */
static void test_percentiles_of_several_together(void **state) {
    (void)state;
    struct import_buckets b = {0};
    assert_int_equal(import_buckets_add(&b, 10, 4, "0 10 10\n", NULL), 0);
    assert_int_equal(import_buckets_add(&b, 10, 10, "5 15 10\n", NULL), 0);
    assert_int_equal(b.count, 20);
    assert_near(b.mean, 7, 1e-12);
    assert_quantile(&b, 0.25, 5);
    assert_quantile(&b, 0.75, 10);
    assert_quantile(&b, 0.5, 7.5);
    import_buckets_clear(&b);
    /* What lies above all bounds is put at the last one. */
    assert_int_equal(import_buckets_add(&b, 4, 100, "0 1 2\n50 50 2\n", NULL), 0);
    assert_quantile(&b, 0.5, 1);
    assert_quantile(&b, 0.75, 50);
    assert_quantile(&b, 0.99, 50);
    import_buckets_clear(&b);
    /* One value alone is its mean. */
    assert_int_equal(import_buckets_add(&b, 1, 33, "20 40 1\n", NULL), 0);
    assert_quantile(&b, 0.5, 33);
    import_buckets_clear(&b);
    /* Idle instances: none of three had a request. */
    assert_int_equal(import_buckets_add(&b, 3, 0, "0 1 3\n", NULL), 0);
    assert_quantile(&b, 0.95, 0);
    import_buckets_clear(&b);
    double x;
    assert_int_equal(import_buckets_add(&b, 7, 3, "", NULL), 0); /* no buckets: nobody knows */
    assert_false(import_buckets_quantile(&b, 0.5, &x));
    import_buckets_clear(&b);
    assert_false(import_buckets_quantile(&b, 0.5, &x));
    import_buckets_done(&b);
}

static void test_wrong_series_say_what_is_wrong(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } all[] = {
        {"7", "it is a number"},
        {"{}", "metric.type"},
        {"{\"metric\":{\"type\":5}}", "metric.type"},
        {"{\"logName\":\"x\"}", "--logs"},
        {"{\"metric\":{\"type\":\"run.googleapis.com/x\"},\"metricKind\":\"ODD\"}", "metricKind"},
        {"{\"metric\":{\"type\":\"run.googleapis.com/x\"},\"points\":{}}", "not an array"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct import_series s;
        struct err e = {""};
        struct json_doc *d = parse(all[i].text);
        assert_int_equal(import_series_read(json_root(d), &s, &e), -1);
        if (strstr(e.text, all[i].says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", e.text, all[i].says);
        json_free(d);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_series_as_the_api_gives_it),
        cmocka_unit_test(test_a_series_of_the_python_client),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_other_products),
        cmocka_unit_test(test_buckets),
        cmocka_unit_test(test_percentiles_of_one_distribution),
        cmocka_unit_test(test_percentiles_of_several_together),
        cmocka_unit_test(test_wrong_series_say_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
