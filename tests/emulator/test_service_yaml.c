/* The service's file: what is known is read, what is not is named, what is wrong is found with its
 * line and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emulator/service.h"
#include "near.h"

#define HEAD "apiVersion: serving.knative.dev/v1\nkind: Service\n"

/* Reads the text as a file "f.yaml" here; the file is gone behind it. */
static int read_text(const char *text, struct service *s, struct buf *unknown, struct err *e) {
    char path[] = "/tmp/coldswarm-yaml-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    service_init(s);
    buf_init(unknown, 4096);
    int failed = service_read_yaml(s, path, unknown, e);
    unlink(path);
    return failed;
}

static void test_whole_file(void **state) {
    (void)state;
    struct service s;
    struct buf unknown;
    struct err e = {""};
    assert_int_equal(
        read_text(
            HEAD
            "metadata: {name: classify, annotations: {run.googleapis.com/ingress: all}}\n"
            "spec:\n"
            "  template:\n"
            "    metadata:\n"
            "      name: classify-00007-abc\n"
            "      annotations:\n"
            "        autoscaling.knative.dev/minScale: '2'\n"
            "        autoscaling.knative.dev/maxScale: '7'\n"
            "        run.googleapis.com/cpu-throttling: 'false'\n"
            "        run.googleapis.com/scaling-cpu-target: '0.8'\n"
            "        run.googleapis.com/scaling-concurrency-target: disabled\n"
            "        run.googleapis.com/execution-environment: gen2\n"
            "    spec:\n"
            "      containerConcurrency: 12\n"
            "      timeoutSeconds: 60\n"
            "      containers:\n"
            "      - image: gcr.io/p/i\n"
            "        name: web\n"
            "        command: [python3, main.py]\n"
            "        args: [\"--fast\", \"a b\"]\n"
            "        env:\n"
            "        - {name: COLOUR, value: 'blue = red'}\n"
            "        ports: [{name: http1, containerPort: 5000}]\n"
            "        resources: {limits: {cpu: 500m, memory: 2Gi}}\n"
            "        startupProbe: {tcpSocket: {port: 5000}, initialDelaySeconds: 5,\n"
            "                       periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 4}\n"
            "        livenessProbe: {httpGet: {path: /}}\n"
            "      serviceAccountName: me\n",
            &s, &unknown, &e),
        0);
    assert_string_equal(s.name, "classify");
    assert_string_equal(s.revision, "classify-00007-abc");
    assert_string_equal(s.container, "web");
    assert_int_equal(s.min, 2);
    assert_int_equal(s.max, 7);
    assert_false(s.throttled);
    assert_near(s.cpu_target, 0.8, 1e-12);
    assert_near(s.concurrency_target, 0, 0);
    assert_int_equal(s.concurrency, 12);
    assert_int_equal(s.timeout_ns, INT64_C(60000000000));
    assert_near(s.cpus, 0.5, 1e-12);
    assert_int_equal(s.memory_bytes, INT64_C(2147483648));
    assert_int_equal(s.container_port, 5000);
    assert_string_equal(s.words[0], "python3");
    assert_string_equal(s.words[3], "a b");
    assert_null(s.words[4]);
    assert_string_equal(s.env[0], "COLOUR=blue = red");
    assert_null(s.env[1]);
    /* 5 s of delay, three periods of 20 s, and the fourth one whole */
    assert_int_equal(s.startup_limit_ns, INT64_C(85000000000));
    assert_string_equal(
        buf_text(&unknown),
        "metadata > annotations > run.googleapis.com/ingress, "
        "spec > template > metadata > annotations > run.googleapis.com/execution-environment, "
        "spec > template > spec > containers > 0 > livenessProbe > httpGet > path, "
        "spec > template > spec > serviceAccountName");
    buf_done(&unknown);
    service_done(&s);
}

static void test_defaults_stay(void **state) {
    (void)state;
    struct service s;
    struct buf unknown;
    assert_int_equal(read_text(HEAD "metadata: {name: a}\n", &s, &unknown, NULL), 0);
    assert_int_equal(s.concurrency, 80);
    assert_int_equal(s.max, 100);
    assert_int_equal(service_complete(&s, NULL), 0);
    assert_near(s.cpus, 1, 0);
    assert_int_equal(s.memory_bytes, INT64_C(536870912));
    assert_int_equal(s.startup_limit_ns, INT64_C(240000000000));
    assert_true(s.throttled);
    assert_null(s.words[0]);
    buf_done(&unknown);
    service_done(&s);
}

#define WITH_GPU(annotations, limits, kind)                                                        \
    HEAD "spec:\n  template:\n    metadata: {annotations: {" annotations "}}\n    spec:\n"         \
         "      containers:\n      - resources: {limits: {" limits "nvidia.com/gpu: '1'}}\n"       \
         "      nodeSelector: {run.googleapis.com/accelerator: " kind "}\n"

static void test_a_gpu_decides_what_is_not_given(void **state) {
    (void)state;
    struct service s;
    struct buf unknown;
    struct err e = {""};
    assert_int_equal(
        read_text(WITH_GPU("run.googleapis.com/cpu-throttling: 'false'", "", "nvidia-rtx-pro-6000"),
                  &s, &unknown, &e),
        0);
    assert_string_equal(buf_text(&unknown), "");
    assert_int_equal(service_complete(&s, &e), 0);
    assert_int_equal(s.gpu, GPU_RTX_PRO_6000);
    assert_near(s.cpus, 20, 0);
    assert_int_equal(s.memory_bytes, INT64_C(80) << 30);
    assert_false(s.throttled);
    buf_done(&unknown);
    service_done(&s);
    static const struct {
        const char *text, *says;
    } bad[] = {
        {WITH_GPU("run.googleapis.com/cpu-throttling: 'true'", "", "nvidia-l4"),
         "instance-based billing only"},
        {WITH_GPU("", "cpu: '2', ", "nvidia-l4"), "at least 4 vCPUs, not 2"},
        {WITH_GPU("", "memory: 8Gi, ", "nvidia-l4"), "at least 16 GiB of memory, not 8"},
        {HEAD "spec: {template: {spec: {containers: [{resources: {limits: {nvidia.com/gpu: "
              "1}}}]}}}\n",
         "no kind of it"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(read_text(bad[i].text, &s, &unknown, &e), 0);
        assert_int_equal(service_complete(&s, &e), -1);
        if (strstr(e.text, bad[i].says) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", bad[i].says, e.text);
        buf_done(&unknown);
        service_done(&s);
    }
}

/* Each text with the place and a word of its error. */
static void test_mistakes(void **state) {
    (void)state;
#define SPEC HEAD "spec:\n  template:\n    spec:\n"
    static const struct {
        const char *text, *where, *word;
    } cases[] = {
        {"", ":1:1: ", "empty"},
        {"kind: Service\n", "", ""}, /* good: what is not there is not asked for */
        {"kind: [\n", ":2:1: ", "not YAML"},
        {"kind: Job\n", ":1:7: ", "not a Service"},
        {"a: 1\n", "", "no \"kind: Service\""},
        {HEAD "kind: Service\n", ":3:1: ", "given twice, first in line 2"},
        {SPEC "      containerConcurrency: many\n", ":6:29: ", "whole number"},
        {SPEC "      containerConcurrency: 1001\n", ":6:29: ", "from 0 to 1000"},
        {SPEC "      containerConcurrency: 1.5\n", ":6:29: ", "whole number"},
        {SPEC "      timeoutSeconds: nan\n", ":6:23: ", "number"},
        {SPEC "      containers:\n      - resources: {limits: {memory: 2Gb}}\n",
         ":7:38: ", "not a quantity"},
        {SPEC "      containers:\n      - resources: {limits: {cpu: -1}}\n",
         ":7:35: ", "not a quantity"},
        {SPEC "      containers:\n      - resources: {limits: {nvidia.com/gpu: 2}}\n",
         ":7:46: ", "the only number of GPUs"},
        {SPEC "      nodeSelector: {run.googleapis.com/accelerator: l4}\n",
         ":6:54: ", "neither nvidia-l4 nor nvidia-rtx-pro-6000"},
        {SPEC "      containers:\n      - env: [{name: PORT, value: '1'}]\n",
         ":7:22: ", "Cloud Run"},
        {SPEC "      containers:\n      - env: [{value: a, name: B}]\n", ":7:23: ", "first"},
        {SPEC "      containers:\n      - {name: \xc3\xa4, resources: {limits: {cpu: lots}}}\n",
         ":7:45: ", "not a quantity"},
        {HEAD "metadata:\n  name: a\n  name: b\n",
         ":5:3: ", "\"name\" is given twice, first in line 4"},
        {"&a [*a]\n", "", "too deep"},
        {HEAD "---\nkind: Service\n", "", "more than one document"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct service s;
        struct buf unknown;
        struct err e = {""};
        int failed = read_text(cases[i].text, &s, &unknown, &e);
        if ((failed != 0) != (cases[i].word[0] != '\0') || strstr(e.text, cases[i].where) == NULL ||
            strstr(e.text, cases[i].word) == NULL)
            fail_msg("%s: \"%s\" has no \"%s\" or no \"%s\"", cases[i].text, e.text, cases[i].where,
                     cases[i].word);
        buf_done(&unknown);
        service_done(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_file),
        cmocka_unit_test(test_defaults_stay),
        cmocka_unit_test(test_a_gpu_decides_what_is_not_given),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
