#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "emulator/export_log.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/rng.h"

static const struct export_service service = {"P", "us-east1", "shop", "shop-00004-wan", "shop"};

#define RESOURCE                                                                                   \
    "\"resource\":{\"type\":\"cloud_run_revision\",\"labels\":{\"project_id\":\"P\",\"location\":" \
    "\"us-east1\",\"service_name\":\"shop\",\"revision_name\":\"shop-00004-wan\","                 \
    "\"configuration_name\":\"shop\"}}"

static struct buf out;

static int set_up(void **state) {
    (void)state;
    buf_init(&out, 1 << 20);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    buf_done(&out);
    return 0;
}

/* The entry as our strict reader has it; freed with json_free(). */
static struct json_doc *parsed(void) {
    struct json_doc *d;
    struct err e;
    assert_true(buf_ok(&out));
    assert_null(strchr(buf_text(&out), '\n'));
    if (json_parse("entry", buf_text(&out), out.len, &d, &e) != 0)
        fail_msg("%s in %s", e.text, buf_text(&out));
    return d;
}

static const char *text_of(const struct json_doc *d, const char *key) {
    const struct json *v = json_get(json_root(d), key);
    return v != NULL && v->kind == JSON_STRING ? v->text : NULL;
}

static struct export_request request(void) {
    /* 2025-07-06T05:01:42.410213Z is 1751778102; emitted 203.678 s after. */
    return (struct export_request){.arrived_ns = INT64_C(1751778102410213000),
                                   .latency_ns = INT64_C(203678286565),
                                   .emitted_ns = INT64_C(1751778306574988123),
                                   .nonce = 0x47d6eac4,
                                   .method = "POST",
                                   .url = "https://shop-ue.a.run.app/?a=1",
                                   .protocol = "HTTP/1.1",
                                   .user_agent = "APIs-Google; (+https://developers.google.com)",
                                   .remote_ip = "66.102.8.70",
                                   .server_ip = "34.143.77.2",
                                   .request_bytes = 2008,
                                   .response_bytes = 130,
                                   .status = 200,
                                   .instance = "0069c7a9",
                                   .trace = "d0ee2831588664d26b619cd3cbcca119",
                                   .span = "33c9bb1a23bd38f2",
                                   .sampled = true};
}

/* A real entry of 2025, its elided values filled in. The insertId is the real one: 0x686a0402 and
 * 0x0008c60c are 05:05:06.574988. */
static void test_a_real_request(void **state) {
    (void)state;
    struct export_request r = request();
    export_log_request(&out, &service, &r);
    assert_string_equal(
        buf_text(&out),
        "{\"insertId\":\"686a04020008c60c47d6eac4\",\"httpRequest\":{\"requestMethod\":\"POST\","
        "\"requestUrl\":\"https://shop-ue.a.run.app/?a=1\",\"requestSize\":\"2008\",\"status\":200,"
        "\"responseSize\":\"130\",\"userAgent\":\"APIs-Google; (+https://developers.google.com)\","
        "\"remoteIp\":\"66.102.8.70\",\"serverIp\":\"34.143.77.2\",\"latency\":\"203.678286565s\","
        "\"protocol\":\"HTTP/1.1\"}," RESOURCE
        ",\"timestamp\":\"2025-07-06T05:01:42.410213Z\",\"severity\":\"INFO\",\"labels\":{"
        "\"instanceId\":\"0069c7a9\"},\"logName\":\"projects/P/logs/"
        "run.googleapis.com%2Frequests\",\"trace\":\"projects/P/traces/"
        "d0ee2831588664d26b619cd3cbcca119\",\"receiveTimestamp\":\"2025-07-06T05:05:06."
        "574988123Z\","
        "\"spanId\":\"33c9bb1a23bd38f2\",\"traceSampled\":true}");
}

static void test_an_aborted_request(void **state) {
    (void)state;
    struct export_request r = {.method = "GET",
                               .url = "https://x/",
                               .status = 429,
                               .request_bytes = -1,
                               .response_bytes = -1,
                               .text = EXPORT_NO_INSTANCE};
    export_log_request(&out, &service, &r);
    assert_string_equal(
        buf_text(&out),
        "{\"insertId\":\"000000000000000000000000\",\"httpRequest\":{\"requestMethod\":\"GET\","
        "\"requestUrl\":\"https://x/\",\"status\":429,\"latency\":\"0s\"}," RESOURCE
        ",\"timestamp\":\"1970-01-01T00:00:00.000000Z\",\"severity\":\"WARNING\",\"logName\":"
        "\"projects/P/logs/run.googleapis.com%2Frequests\",\"textPayload\":\"The request was "
        "aborted because there was no available instance. Additional troubleshooting documentation "
        "can be found at: https://cloud.google.com/run/docs/troubleshooting#abort-request\","
        "\"receiveTimestamp\":\"1970-01-01T00:00:00.000000000Z\"}");
}

static void test_latencies_and_severities(void **state) {
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
        int status;
        const char *severity;
    } cases[] = {{1901000, "0.001901s", 503, "ERROR"},
                 {203678286, "0.203678286s", 302, "INFO"},
                 {1500 * NS_PER_MS, "1.500s", 404, "WARNING"},
                 {3 * NS_PER_S, "3s", 500, "ERROR"},
                 {1, "0.000000001s", 200, "INFO"},
                 {-5, "0s", 499, "WARNING"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&out);
        struct export_request r = request();
        r.latency_ns = cases[i].ns;
        r.status = cases[i].status;
        export_log_request(&out, &service, &r);
        struct json_doc *d = parsed();
        const struct json *http = json_get(json_root(d), "httpRequest");
        assert_string_equal(json_get(http, "latency")->text, cases[i].text);
        assert_string_equal(text_of(d, "severity"), cases[i].severity);
        json_free(d);
    }
}

/* 410213.900 us and 1 ms make 411213.900: the timestamp drops the 900 ns, the latency has them. */
static void test_timestamp_and_latency_make_the_end(void **state) {
    (void)state;
    struct export_request r = request();
    r.arrived_ns += 900;
    r.latency_ns = NS_PER_MS;
    export_log_request(&out, &service, &r);
    struct json_doc *d = parsed();
    assert_string_equal(text_of(d, "timestamp"), "2025-07-06T05:01:42.410213Z");
    assert_string_equal(json_get(json_get(json_root(d), "httpRequest"), "latency")->text,
                        "0.001000900s");
    json_free(d);
}

static void test_the_texts_of_system_events(void **state) {
    (void)state;
    static const struct {
        struct export_event event;
        const char *text, *severity;
    } cases[] = {
        {{.kind = EXPORT_START_AUTOSCALING},
         "Starting new instance. Reason: AUTOSCALING - Instance started due to configured scaling "
         "factors (e.g. CPU utilization, request throughput, etc.) or no existing capacity for "
         "current traffic.",
         "INFO"},
        {{.kind = EXPORT_START_MIN},
         "Starting new instance. Reason: MANUAL_OR_CUSTOMER_MIN_INSTANCE - Instance started "
         "because "
         "of customer-configured min-instances or manual scaling.",
         "INFO"},
        {{.kind = EXPORT_START_ROLLOUT},
         "Starting new instance. Reason: DEPLOYMENT_ROLLOUT - Instance started due to traffic "
         "shifting between revisions due to deployment, traffic split adjustment, or deployment "
         "health check.",
         "INFO"},
        {{.kind = EXPORT_PROBE_PASSED, .container = "worker", .port = 8080, .attempts = 1},
         "Default STARTUP TCP probe succeeded after 1 attempt for container \"worker\" on port "
         "8080.",
         "INFO"},
        {{.kind = EXPORT_PROBE_PASSED,
          .container = "x-1",
          .port = 8080,
          .attempts = 3,
          .probe_path = "/healthz"},
         "STARTUP HTTP probe succeeded after 3 attempts for container \"x-1\" on port 8080 path "
         "\"/healthz\".",
         "INFO"},
        {{.kind = EXPORT_PROBE_PASSED, .port = 1, .attempts = 2, .probe_custom = true},
         "STARTUP TCP probe succeeded after 2 attempts for container \"app\" on port 1.",
         "INFO"},
        {{.kind = EXPORT_PROBE_FAILED, .container = "backend-1", .port = 8080, .attempts = 1},
         "Default STARTUP TCP probe failed 1 time consecutively for container \"backend-1\" on "
         "port "
         "8080. The instance was not started.\nConnection failed with status CANCELLED.",
         "ERROR"},
        {{.kind = EXPORT_MEMORY, .limit_mib = 512, .used_mib = 524},
         "Memory limit of 512 MiB exceeded with 524 MiB used. Consider increasing the memory "
         "limit, "
         "see https://cloud.google.com/run/docs/configuring/memory-limits",
         "ERROR"},
        {{.kind = EXPORT_SIGNAL, .code = 9}, "Container terminated on signal 9.", "WARNING"},
        {{.kind = EXPORT_UNCAUGHT, .code = 6, .pid = 1},
         "Uncaught signal: 6, pid=1, tid=1, fault_addr=0.",
         "ERROR"},
        {{.kind = EXPORT_EXIT, .code = 1}, "Container called exit(1).", "WARNING"},
        {{.kind = EXPORT_DISABLED}, "Shutting down user disabled instance", "INFO"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&out);
        struct export_event v = cases[i].event;
        v.at_ns = INT64_C(1751778108923246789); /* 0x686a033c, 0x000e166e */
        v.instance = "00aa";
        export_log_event(&out, &service, &v);
        struct json_doc *d = parsed();
        assert_string_equal(text_of(d, "textPayload"), cases[i].text);
        assert_string_equal(text_of(d, "severity"), cases[i].severity);
        assert_string_equal(text_of(d, "timestamp"), "2025-07-06T05:01:48.923246Z");
        assert_string_equal(text_of(d, "insertId"), "686a033c000e166e00000000");
        assert_string_equal(text_of(d, "logName"),
                            "projects/P/logs/run.googleapis.com%2Fvarlog%2Fsystem");
        json_free(d);
    }
}

static struct json_doc *line(const char *text, bool is_stderr) {
    buf_clear(&out);
    struct export_line l = {
        .instance = "00aa", .is_stderr = is_stderr, .text = text, .len = strlen(text)};
    export_log_line(&out, &service, &l);
    return parsed();
}

static void assert_payload(const char *text, const char *want) {
    struct json_doc *d = line(text, false);
    struct buf got;
    buf_init(&got, 4096);
    const struct json *payload = json_get(json_root(d), "jsonPayload");
    assert_non_null(payload);
    json_copy(payload, NULL, NULL, &got);
    assert_string_equal(buf_text(&got), want);
    assert_null(text_of(d, "textPayload"));
    buf_done(&got);
    json_free(d);
}

static void test_lines_of_the_instances(void **state) {
    (void)state;
    struct json_doc *d = line("GET /\t\"200\"\x1b[0m", false);
    assert_string_equal(text_of(d, "textPayload"), "GET /\t\"200\"\x1b[0m");
    assert_string_equal(text_of(d, "logName"), "projects/P/logs/run.googleapis.com%2Fstdout");
    assert_null(text_of(d, "severity"));
    json_free(d);
    d = line("", true);
    assert_string_equal(text_of(d, "textPayload"), "");
    assert_string_equal(text_of(d, "logName"), "projects/P/logs/run.googleapis.com%2Fstderr");
    json_free(d);

    buf_clear(&out);
    struct export_line odd = {.instance = "00aa",
                              .text = "a\0b\xff"
                                      "c",
                              .len = 5};
    export_log_line(&out, &service, &odd);
    d = parsed();
    assert_string_equal(text_of(d, "textPayload"), "a\xef\xbf\xbd"
                                                   "b\xef\xbf\xbd"
                                                   "c");
    json_free(d);

    assert_payload("{\"message\":\"m\",\"n\":1.50,\"big\":12345678901234567890}",
                   "{\"message\":\"m\",\"n\":1.50,\"big\":12345678901234567890}");
    assert_payload("{\"severity\":\"loud\",\"message\":\"m\"}",
                   "{\"severity\":\"loud\",\"message\":\"m\"}");
    assert_payload("{}", "{}");
    d = line("{\"severity\":\"error\",\"message\":\"it \\\"broke\\\"\",\"code\":7}", true);
    assert_string_equal(text_of(d, "severity"), "ERROR");
    assert_non_null(json_get(json_get(json_root(d), "jsonPayload"), "code"));
    assert_null(json_get(json_get(json_root(d), "jsonPayload"), "severity"));
    json_free(d);
    d = line("{\"severity\":\"NOTICE\",\"message\":\"only this\"}", true);
    assert_string_equal(text_of(d, "textPayload"), "only this");
    assert_null(json_get(json_root(d), "jsonPayload"));
    json_free(d);
    d = line("{\"cut\":", false);
    assert_string_equal(text_of(d, "textPayload"), "{\"cut\":");
    json_free(d);
}

static void test_a_lifetime(void **state) {
    (void)state;
    struct export_lifetime l = {.started_ns = INT64_C(1751778102000000000),
                                .ready_ns = INT64_C(1751778103500000000),
                                .ended_ns = INT64_C(1751778163000001000),
                                .instance = "00aa",
                                .end = "signal",
                                .billable_ns = 2 * NS_PER_S,
                                .requests = 12};
    export_log_lifetime(&out, &service, &l);
    struct json_doc *d = parsed();
    assert_string_equal(text_of(d, "logName"), "projects/P/logs/coldswarm%2Finstances");
    const struct json *p = json_get(json_root(d), "jsonPayload");
    assert_string_equal(json_get(p, "startedAt")->text, "2025-07-06T05:01:42.000000Z");
    assert_string_equal(json_get(p, "endedAt")->text, "2025-07-06T05:02:43.000001Z");
    assert_null(json_get(p, "sigtermAt"));
    assert_string_equal(json_get(p, "billableTime")->text, "2s");
    assert_string_equal(json_get(p, "requests")->text, "12");
    json_free(d);
}

/* Any bytes whatever: the entry stays one line of valid JSON, and nobody's text ends a field. */
static void test_hostile_text(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 11, 0);
    static const char *const nasty[] = {"\"}",
                                        "\\",
                                        "\xc3",
                                        "\xed\xa0\x80",
                                        "\n{\"a\":1}",
                                        "\x01\x7f",
                                        "\xf4\x90\x80\x80",
                                        "\xe2\x80\xa8",
                                        "%s%n"};
    for (int i = 0; i < 3000; i++) {
        char text[64];
        size_t n = rng_below(&r, sizeof text);
        if (i < 9) {
            n = strlen(nasty[i]);
            memcpy(text, nasty[i], n);
        } else {
            for (size_t k = 0; k < n; k++)
                text[k] = (char)(1 + rng_below(&r, 255));
        }
        text[n] = 0;
        struct export_request q = request();
        q.method = q.url = q.user_agent = q.referer = q.protocol = q.instance = text;
        q.trace = q.span = q.text = text;
        buf_clear(&out);
        export_log_request(&out, &service, &q);
        struct json_doc *d = parsed();
        assert_int_equal(json_root(d)->count, 12);
        assert_int_equal(json_get(json_root(d), "httpRequest")->count, 11);
        json_free(d);

        struct export_event v = {
            .kind = EXPORT_PROBE_PASSED, .container = text, .probe_path = text, .instance = text};
        buf_clear(&out);
        export_log_event(&out, &service, &v);
        json_free(parsed());

        char with_nul[80];
        int len = snprintf(with_nul, sizeof with_nul, i % 2 ? "{%s" : "%s", text);
        struct export_line l = {.instance = "1", .text = with_nul, .len = (size_t)len};
        if (len > 1)
            with_nul[len / 2] = 0;
        buf_clear(&out);
        export_log_line(&out, &service, &l);
        json_free(parsed());
    }
}

static void test_a_full_buffer_is_a_failure(void **state) {
    (void)state;
    struct buf small;
    buf_init(&small, 100);
    struct export_request r = request();
    export_log_request(&small, &service, &r);
    assert_false(buf_ok(&small));
    buf_done(&small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_real_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_aborted_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_latencies_and_severities, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timestamp_and_latency_make_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_texts_of_system_events, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lines_of_the_instances, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_lifetime, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_buffer_is_a_failure, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
