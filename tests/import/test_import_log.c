/*
 * Entries of Cloud Logging: real ones (their long values shortened), other spellings, wrong ones.
 *
 * The first request is of a Cloud Run service in July 2025 (an import of Google's own crawler), the
 * second is "RealLog" of the OpenTelemetry collector's tests (2024). The texts of system events are
 * Cloud Run's. Times were converted with Python's calendar.timegm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/import_fields.h"
#include "import/import_log.h"

#define RESOURCE                                                                                   \
    "\"resource\":{\"type\":\"cloud_run_revision\",\"labels\":{\"project_id\":\"p\","              \
    "\"revision_name\":\"s-00004-wan\",\"service_name\":\"s\",\"configuration_name\":\"s\","       \
    "\"location\":\"us-east1\"}}"

static const char real_request[] =
    "{\"insertId\":\"686a04020008c60c47d6eac4\","
    "\"httpRequest\":{\"requestMethod\":\"POST\",\"requestUrl\":\"https://s-ue.a.run.app/"
    "pull?key=1\","
    "\"requestSize\":\"2008\",\"status\":200,\"responseSize\":\"130\","
    "\"userAgent\":\"APIs-Google; (+https://developers.google.com)\",\"remoteIp\":\"66.102.8.70\","
    "\"serverIp\":\"34.143.77.2\",\"latency\":\"203.678286565s\",\"protocol\":\"HTTP/"
    "1.1\"}," RESOURCE ",\"timestamp\":\"2025-07-06T05:01:42.410213Z\",\"severity\":\"INFO\","
    "\"labels\":{\"instanceId\":\"0069c7a988\"},"
    "\"logName\":\"projects/P/logs/run.googleapis.com%2Frequests\","
    "\"trace\":\"projects/P/traces/d0ee2831588664d26b619cd3cbcca119\","
    "\"receiveTimestamp\":\"2025-07-06T05:05:06.581156755Z\",\"spanId\":\"33c9bb1a23bd38f2\","
    "\"traceSampled\":true}";

struct fixture {
    struct json_doc *doc;
    struct import_log x;
    struct err e;
    int rc;
};

static struct fixture read_entry(const char *text) {
    struct fixture f = {.e = {""}};
    if (json_parse("entry", text, strlen(text), &f.doc, &f.e) != 0)
        fail_msg("%s: %s", text, f.e.text);
    f.rc = import_log_read(json_root(f.doc), &f.x, &f.e);
    return f;
}

static void test_a_real_request(void **state) {
    (void)state;
    struct fixture f = read_entry(real_request);
    assert_int_equal(f.rc, 0);
    assert_int_equal(f.x.kind, IMPORT_LOG_REQUEST);
    assert_int_equal(f.x.at_us, INT64_C(1751778102410213));
    assert_int_equal(f.x.latency_us, 203678287); /* rounded */
    assert_int_equal(f.x.status, 200);
    assert_int_equal(f.x.request_bytes, 2008);
    assert_int_equal(f.x.response_bytes, 130);
    assert_string_equal(f.x.method, "POST");
    assert_int_equal(f.x.path_len, 5);
    assert_memory_equal(f.x.path, "/pull", 5); /* nothing of the query, which may be a secret */
    assert_string_equal(f.x.service, "s");
    assert_string_equal(f.x.revision, "s-00004-wan");
    assert_string_equal(f.x.instance, "0069c7a988");
    assert_true(f.x.has_trace);
    static const uint8_t trace[] = {0xd0, 0xee, 0x28, 0x31, 0x58, 0x86, 0x64, 0xd2,
                                    0x6b, 0x61, 0x9c, 0xd3, 0xcb, 0xcc, 0xa1, 0x19};
    assert_memory_equal(f.x.trace, trace, 16);
    assert_null(f.x.text);
    json_free(f.doc);
}

static void test_a_real_failure(void **state) {
    (void)state;
    struct fixture f = read_entry(
        "{\"httpRequest\":{\"latency\":\"0.001901s\",\"protocol\":\"H2C\",\"referer\":\"https://r/"
        "\","
        "\"remoteIp\":\"2001:db8::1\",\"requestMethod\":\"GET\",\"requestSize\":\"1220\","
        "\"requestUrl\":\"https://s-uc.a.run.app\",\"responseSize\":\"963\",\"status\":503},"
        "\"insertId\":\"65f2a1\",\"labels\":{\"instanceId\":\"00c61b\",\"extra\":\"x\"},"
        "\"logName\":\"projects/P/logs/run.googleapis.com%2Frequests\"," RESOURCE
        ",\"severity\":\"ERROR\",\"textPayload\":\"The request failed because either the HTTP "
        "response "
        "was malformed or connection to the instance had an error.\","
        "\"timestamp\":\"2024-02-29T23:59:59.999999123Z\",\"trace\":\"projects/P/traces/abc\"}");
    assert_int_equal(f.rc, 0);
    assert_int_equal(f.x.status, 503);
    assert_int_equal(f.x.latency_us, 1901);
    assert_int_equal(f.x.at_us, INT64_C(1709251199999999));
    assert_int_equal(f.x.path_len, 1);
    assert_memory_equal(f.x.path, "/", 1);
    assert_string_equal(f.x.severity, "ERROR");
    assert_non_null(strstr(f.x.text, "malformed"));
    assert_false(f.x.has_trace); /* not a trace of 32 digits, and no mistake either */
    json_free(f.doc);
}

/* Aborted before it reached an instance: no instanceId, no latency to speak of. */
static void test_a_request_that_reached_no_instance(void **state) {
    (void)state;
    struct fixture f = read_entry(
        "{\"insertId\":\"a\",\"httpRequest\":{\"requestMethod\":\"POST\",\"status\":429,"
        "\"latency\":\"0s\"},\"labels\":{},\"timestamp\":\"2025-07-06T05:01:42Z\"," RESOURCE
        ",\"logName\":\"projects/P/logs/run.googleapis.com/requests\"}");
    assert_int_equal(f.rc, 0);
    assert_null(f.x.instance);
    assert_int_equal(f.x.latency_us, 0);
    assert_int_equal(f.x.request_bytes, -1);
    assert_int_equal(f.x.response_bytes, -1);
    assert_null(f.x.path);
    json_free(f.doc);
}

static void test_the_python_client_says_the_same(void **state) {
    (void)state;
    struct fixture f = read_entry(
        "{\"insert_id\":\"686a04020008c60c47d6eac4\","
        "\"http_request\":{\"request_method\":\"POST\",\"request_url\":\"https://h/pull?key=1\","
        "\"request_size\":2008,\"status\":\"200\",\"response_size\":130,"
        "\"latency\":{\"seconds\":203,\"nanos\":678286565}}," RESOURCE
        ",\"timestamp\":\"2025-07-06 "
        "07:01:42.410213+02:00\",\"labels\":{\"instanceId\":\"0069c7a988\"},"
        "\"log_name\":\"projects/P/logs/run.googleapis.com%2Frequests\",\"text_payload\":null,"
        "\"trace\":\"D0EE2831588664D26B619CD3CBCCA119\",\"span_id\":\"33c9bb1a23bd38f2\"}");
    struct fixture real = read_entry(real_request);
    assert_int_equal(f.rc, 0);
    assert_int_equal(f.x.at_us, real.x.at_us);
    assert_int_equal(f.x.latency_us, real.x.latency_us);
    assert_int_equal(f.x.request_bytes, 2008);
    assert_int_equal(f.x.status, 200);
    assert_memory_equal(f.x.trace, real.x.trace, 16);
    assert_true(f.x.key ==
                real.x.key); /* so that an entry that comes in both spellings counts once */
    json_free(f.doc);
    json_free(real.doc);
}

static void test_what_makes_an_entry_one_of_a_kind(void **state) {
    (void)state;
    static const char form[] =
        "{%s\"timestamp\":\"2025-07-06T05:01:4%dZ\",\"logName\":\"%s\"," RESOURCE
        ",\"textPayload\":\"%s\"}";
    static const struct {
        const char *id;
        int second;
        const char *log, *text;
    } all[] = {{"\"insertId\":\"a\",", 1, "l/logs/run.googleapis.com%2Fvarlog%2Fsystem", "x"},
               {"\"insertId\":\"b\",", 1, "l/logs/run.googleapis.com%2Fvarlog%2Fsystem", "x"},
               {"\"insertId\":\"a\",", 2, "l/logs/run.googleapis.com%2Fvarlog%2Fsystem", "x"},
               {"\"insertId\":\"a\",", 1, "l/logs/run.googleapis.com%2Fstdout", "x"},
               {"", 1, "l/logs/run.googleapis.com%2Fvarlog%2Fsystem", "x"},
               {"", 1, "l/logs/run.googleapis.com%2Fvarlog%2Fsystem", "y"},
               {"", 2, "l/logs/run.googleapis.com%2Fvarlog%2Fsystem", "x"}};
    enum { N = sizeof all / sizeof *all };
    uint64_t keys[N];
    for (size_t i = 0; i < N; i++) {
        char text[1000];
        snprintf(text, sizeof text, form, all[i].id, all[i].second, all[i].log, all[i].text);
        struct fixture f = read_entry(text), again = read_entry(text);
        assert_int_equal(f.rc, 0);
        assert_true(f.x.key == again.x.key);
        keys[i] = f.x.key;
        for (size_t k = 0; k < i; k++)
            assert_true(keys[k] != keys[i]);
        json_free(f.doc);
        json_free(again.doc);
    }
}

static void test_system_events(void **state) {
    (void)state;
    static const struct {
        const char *text, *event, *reason;
    } all[] = {
        {"Starting new instance. Reason: AUTOSCALING - Instance started due to configured scaling "
         "factors (e.g. CPU utilization, request throughput, etc.) or no existing capacity for "
         "current traffic.",
         "start", "AUTOSCALING"},
        {"Starting new instance. Reason: AUTOSCALING", "start", "AUTOSCALING"},
        {"Starting new instance. Reason: MANUAL_OR_CUSTOMER_MIN_INSTANCE - Instance started "
         "because "
         "of customer-configured min-instances or manual scaling.",
         "start", "MANUAL_OR_CUSTOMER_MIN_INSTANCE"},
        {"Default STARTUP TCP probe succeeded after 1 attempt for container \\\"worker\\\" on port "
         "8080.",
         "ready", ""},
        {"STARTUP HTTP probe succeeded after 3 attempts for container \\\"x-1\\\" on port 8080 "
         "path "
         "\\\"/healthz\\\".",
         "ready", ""},
        {"Default STARTUP TCP probe failed 1 time consecutively for container \\\"backend-1\\\" on "
         "port 8080. The instance was not started.",
         "probe_failed", ""},
        {"LIVENESS HTTP probe failed 3 times consecutively", "liveness_failed", ""},
        {"Memory limit of 512 MiB exceeded with 524 MiB used. Consider increasing the memory limit",
         "memory", ""},
        {"Container terminated on signal 9.", "signal", ""},
        {"Uncaught signal: 6, pid=1, tid=1, fault_addr=0.", "uncaught", ""},
        {"Container called exit(1).", "exit", ""},
        {"Shutting down user disabled instance", "shutdown", ""},
        {"Something that nobody has seen yet", "other", ""},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[1000];
        snprintf(text, sizeof text,
                 "{\"textPayload\":\"%s\",\"timestamp\":\"2025-07-06T05:01:48.923246Z\"," RESOURCE
                 ",\"labels\":{\"instanceId\":\"i\"},\"logName\":\"projects/P/logs/"
                 "run.googleapis.com%%2Fvarlog%%2Fsystem\"}",
                 all[i].text);
        struct fixture f = read_entry(text);
        assert_int_equal(f.rc, 0);
        assert_int_equal(f.x.kind, IMPORT_LOG_EVENT);
        assert_string_equal(f.x.event, all[i].event);
        assert_string_equal(f.x.reason, all[i].reason);
        json_free(f.doc);
    }
}

static void test_the_lifetime_that_the_local_cloud_run_writes(void **state) {
    (void)state;
    struct fixture f = read_entry(
        "{\"insertId\":\"x\",\"jsonPayload\":{\"startedAt\":\"1970-01-01T00:00:01Z\","
        "\"readyAt\":\"1970-01-01T00:00:02.5Z\",\"endedAt\":\"1970-01-01T00:00:09Z\",\"end\":"
        "\"idle\","
        "\"billableTime\":\"1.500s\",\"requests\":\"3\"},\"labels\":{\"instanceId\":\"i\"}"
        "," RESOURCE ",\"logName\":\"projects/P/logs/"
        "coldswarm%2Finstances\",\"timestamp\":\"1970-01-01T00:00:09Z\"}");
    assert_int_equal(f.rc, 0);
    assert_string_equal(f.x.event, "lifetime");
    assert_string_equal(f.x.reason, "idle");
    assert_int_equal(f.x.started_us, 1000000);
    assert_int_equal(f.x.ready_us, 2500000);
    assert_int_equal(f.x.term_us, IMPORT_NO_TIME);
    assert_int_equal(f.x.ended_us, 9000000);
    json_free(f.doc);
}

static void test_other_entries(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum import_log_kind kind;
    } all[] = {
        {"{\"logName\":\"projects/P/logs/run.googleapis.com%2Fstdout\",\"textPayload\":\"hi\","
         "\"timestamp\":\"2025-07-06T05:01:42Z\"," RESOURCE "}",
         IMPORT_LOG_OUTPUT},
        {"{\"logName\":\"projects/P/logs/run.googleapis.com%2Fstderr\",\"jsonPayload\":{},"
         "\"timestamp\":\"2025-07-06T05:01:42Z\"," RESOURCE "}",
         IMPORT_LOG_OUTPUT},
        {"{\"logName\":\"projects/P/logs/cloudaudit.googleapis.com%2Factivity\"}",
         IMPORT_LOG_OTHER},
        /* A load balancer in front writes a request log of its own. */
        {"{\"logName\":\"projects/P/logs/requests\",\"httpRequest\":{},"
         "\"resource\":{\"type\":\"http_load_balancer\"}}",
         IMPORT_LOG_OTHER},
        {"{}", IMPORT_LOG_OTHER},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct fixture f = read_entry(all[i].text);
        assert_int_equal(f.rc, 0);
        assert_int_equal(f.x.kind, all[i].kind);
        json_free(f.doc);
    }
}

static void test_wrong_entries_say_what_is_wrong(void **state) {
    (void)state;
#define HEAD "{\"logName\":\"p/logs/run.googleapis.com%2Frequests\","
#define TIME "\"timestamp\":\"2025-07-06T05:01:42Z\""
    static const struct {
        const char *text, *says;
    } all[] = {
        {"[]", "it is an array"},
        {HEAD "\"httpRequest\":{}}", "no timestamp"},
        {HEAD "\"timestamp\":\"yesterday\"}", "timestamp is not a time"},
        {HEAD "\"timestamp\":\"2025-13-06T05:01:42Z\"}", "timestamp is not a time"},
        {HEAD "\"timestamp\":\"1969-12-31T23:59:59Z\"}", "timestamp is not a time"},
        {HEAD "\"timestamp\":\"99999-01-01T00:00:00Z\"}", "timestamp is not a time"},
        {HEAD "\"timestamp\":17}", "timestamp is not a time"},
        {HEAD TIME "}", "no httpRequest"},
        {HEAD TIME ",\"httpRequest\":\"x\"}", "no httpRequest"},
        {HEAD TIME ",\"httpRequest\":{\"latency\":\"fast\"}}", "latency is not a duration"},
        {HEAD TIME ",\"httpRequest\":{\"latency\":\"-1s\"}}", "latency is not a duration"},
        {HEAD TIME ",\"httpRequest\":{\"latency\":\"1e99s\"}}", "latency is not a duration"},
        {HEAD TIME ",\"httpRequest\":{\"latency\":\"nans\"}}", "latency is not a duration"},
        {HEAD TIME ",\"httpRequest\":{\"status\":\"ok\"}}", "status is not a number"},
        {HEAD TIME ",\"httpRequest\":{\"status\":2000}}", "status is not a number"},
        {HEAD TIME ",\"httpRequest\":{\"requestSize\":\"-5\"}}", "requestSize is not a number"},
        {HEAD TIME ",\"httpRequest\":{\"responseSize\":[]}}", "responseSize is not a number"},
        {"{\"logName\":\"p/logs/run.googleapis.com%2Fvarlog%2Fsystem\"," TIME "}",
         "without a text"},
        {"{\"metric\":{\"type\":\"x\"},\"points\":[]}", "--metrics"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct fixture f = read_entry(all[i].text);
        if (f.rc != -1 || strstr(f.e.text, all[i].says) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", all[i].text, f.e.text, all[i].says);
        json_free(f.doc);
    }
}

static void test_times(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } all[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"9999-12-31T23:59:59Z", INT64_C(253402300799000000)},
        {"2100-03-01T00:00:00Z", INT64_C(4107542400000000)},
        {"2000-02-29T12:00:00Z", INT64_C(951825600000000)},
        {"2000-12-31T12:00:00Z", INT64_C(978264000000000)},
        {"2000-03-01T12:00:00z", INT64_C(951912000000000)},
        {"2000-03-01T12:00:00.5Z", INT64_C(951912000500000)},
        {"2000-03-01T12:00:00.1234567891Z", INT64_C(951912000123456)},
        {"2000-03-01T04:00:00-0800", INT64_C(951912000000000)},
        {"2000-03-01 17:30:00+05:30", INT64_C(951912000000000)},
        {"2000-03-01T12:00:00", INT64_C(951912000000000)},
    };
    int64_t us = -1;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_true(import_time_text(all[i].text, &us));
        assert_int_equal(us, all[i].us);
    }
    static const char *const wrong[] = {"",
                                        "2000",
                                        "2000-03-01",
                                        "2000-03-01T12:00:00.Z",
                                        "2000-03-01T12:00:00Zx",
                                        "2000-03-01T25:00:00Z",
                                        "2000-03-01T12:60:00Z",
                                        "2000-00-01T12:00:00Z",
                                        "2000-03-32T12:00:00Z",
                                        "2000-02-30T12:00:00Z",
                                        "2001-02-29T12:00:00Z",
                                        "2000-04-31T12:00:00Z",
                                        "2000-03-01T12:00:00+1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(import_time_text(wrong[i], &us));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_real_request),
        cmocka_unit_test(test_a_real_failure),
        cmocka_unit_test(test_a_request_that_reached_no_instance),
        cmocka_unit_test(test_the_python_client_says_the_same),
        cmocka_unit_test(test_what_makes_an_entry_one_of_a_kind),
        cmocka_unit_test(test_system_events),
        cmocka_unit_test(test_the_lifetime_that_the_local_cloud_run_writes),
        cmocka_unit_test(test_other_entries),
        cmocka_unit_test(test_wrong_entries_say_what_is_wrong),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
