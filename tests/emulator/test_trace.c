/* Trace headers, by the examples and rules of W3C's Trace Context and of Cloud Trace's own
 * header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "emulator/trace.h"

#define ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

static struct view view(const char *text) {
    return (struct view){text, text != NULL ? strlen(text) : 0};
}

static void test_traceparent(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool valid, sampled;
    } cases[] = {
        {"00-" ID "-" SPAN "-01", true, true},
        {"00-" ID "-" SPAN "-00", true, false},
        {"00-" ID "-" SPAN "-03", true, true},
        {"cc-" ID "-" SPAN "-01-more", true, true},
        {"cc-" ID "-" SPAN "-01", true, true},
        {"00-" ID "-" SPAN "-01-more", false, false},
        {"cc-" ID "-" SPAN "-01more", false, false},
        {"ff-" ID "-" SPAN "-01", false, false},
        {"00-00000000000000000000000000000000-" SPAN "-01", false, false},
        {"00-" ID "-0000000000000000-01", false, false},
        {"00-" ID "-" SPAN "-0x", false, false},
        {"00-" ID "-" SPAN, false, false},
        {"00_" ID "-" SPAN "-01", false, false},
        {"", false, false},
        {NULL, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct trace t = {.id = "before"};
        if (trace_read_parent(view(cases[i].text), &t) != cases[i].valid)
            fail_msg("%s", cases[i].text);
        assert_string_equal(t.id, cases[i].valid ? ID : "before");
        assert_true(t.sampled == cases[i].sampled);
    }
}

static void test_cloud_header(void **state) {
    (void)state;
    struct trace t;
    /* 67667974448284343 is 00f067aa0ba902b7 */
    assert_true(trace_read_cloud(view(ID "/67667974448284343;o=1"), &t));
    assert_string_equal(t.id, ID);
    assert_string_equal(t.span, SPAN);
    assert_true(t.sampled);
    assert_true(trace_read_cloud(view(ID), &t));
    assert_false(t.sampled);
    assert_true(trace_read_cloud(view(ID "/18446744073709551615;o=0"), &t));
    assert_string_equal(t.span, "ffffffffffffffff");
    assert_false(trace_read_cloud(view(ID "/18446744073709551616"), &t));
    assert_false(trace_read_cloud(view(ID ";x"), &t));
    assert_false(trace_read_cloud(view("xyz"), &t));
}

static void test_written_is_read(void **state) {
    (void)state;
    struct trace t, other;
    struct buf out;
    buf_init(&out, 1024);
    trace_fresh(&t);
    trace_fresh(&other);
    assert_string_not_equal(t.id, other.id);
    assert_int_equal(strlen(t.id), 32);
    assert_false(t.sampled);
    struct trace fixed = {.id = ID, .span = SPAN, .sampled = true};
    trace_write(&fixed, &out);
    assert_string_equal(buf_text(&out), "traceparent: 00-" ID "-" SPAN "-01\r\n"
                                        "X-Cloud-Trace-Context: " ID "/67667974448284343;o=1\r\n");
    buf_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traceparent),
        cmocka_unit_test(test_cloud_header),
        cmocka_unit_test(test_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
