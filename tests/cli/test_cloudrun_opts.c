/* What the options of `coldswarm cloudrun` mean to the emulator, above all what a GPU changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cli/cloudrun_opts.h"
#include "cli/cmd.h"
#include "cli/command_internal.h"
#include "near.h"
#include "util/clock.h"

static struct args *args;
static struct err error;

static void note(void *context, const char *text) {
    (void)context;
    (void)text;
}

/* Reads "coldswarm cloudrun", the given words and a command. */
#define READ(...)                                                                                  \
    read_options((const char *[]){"coldswarm", "cloudrun", __VA_ARGS__, "--", "true", NULL})

static struct emulator_options read_options(const char *const *argv) {
    struct emulator_options o;
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    args_free(args);
    args = NULL;
    if (args_parse(&command_cloudrun, argc, (char **)(uintptr_t)argv, 2, &args, &error) != 0 ||
        cloudrun_opts_read(args, &o, note, NULL, &error) != 0)
        fail_msg("%s", error.text);
    service_done(&o.service);
    return o;
}

static void test_without_a_gpu_nothing_is_as_with_one(void **state) {
    (void)state;
    struct emulator_options o = READ("--port", "0");
    assert_int_equal(o.service.gpu, GPU_NONE);
    assert_int_equal(o.billing, BILLING_REQUEST);
    assert_true(o.hold);
    assert_int_equal(o.cold_start_ns, 0);
    assert_int_equal(o.scaling.idle_ns, 900 * NS_PER_S);
    assert_near(o.scaling.cpus, 1, 0);
    assert_int_equal(o.service.memory_bytes, INT64_C(512) << 20);
    assert_false(o.log_to_head);
    o = READ("--cold-start", "2s", "--log-latency", "headers");
    assert_int_equal(o.cold_start_ns, 2 * NS_PER_S);
    assert_true(o.log_to_head);
}

static void test_a_gpu_changes_the_defaults(void **state) {
    (void)state;
    struct emulator_options o = READ("--gpu", "l4");
    assert_int_equal(o.service.gpu, GPU_L4);
    assert_int_equal(o.billing, BILLING_INSTANCE);
    assert_false(o.hold);
    assert_int_equal(o.cold_start_ns, 5 * NS_PER_S);
    assert_int_equal(o.scaling.idle_ns, 600 * NS_PER_S);
    assert_near(o.scaling.cpus, 4, 0);
    assert_int_equal(o.service.memory_bytes, INT64_C(16) << 30);
    assert_int_equal(o.scaling.concurrency, 80);
    o = READ("--gpu", "rtx-pro-6000");
    assert_near(o.scaling.cpus, 20, 0);
    assert_int_equal(o.service.memory_bytes, INT64_C(80) << 30);
}

static void test_what_is_given_wins(void **state) {
    (void)state;
    struct emulator_options o = READ("--gpu", "l4", "--cold-start", "0", "--idle", "15m", "--cpu",
                                     "8", "--memory", "32G", "--billing", "instance");
    assert_int_equal(o.cold_start_ns, 0);
    assert_int_equal(o.scaling.idle_ns, 900 * NS_PER_S);
    assert_near(o.scaling.cpus, 8, 0);
    assert_int_equal(o.service.memory_bytes, INT64_C(32) << 30);
    assert_int_equal(o.billing, BILLING_INSTANCE);
}

static int done(void **state) {
    (void)state;
    args_free(args);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_gpu_nothing_is_as_with_one),
        cmocka_unit_test(test_a_gpu_changes_the_defaults),
        cmocka_unit_test(test_what_is_given_wins),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
