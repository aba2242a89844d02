/* convert: limits, hostile sources, and that no secret of a source gets into a scenario. tests/cli/convert.bats runs what it makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "convert/coding.h"
#include "convert/convert.h"
#include "scenario/model.h"

static const char *any_value(const char *name, void *context) {
    (void)name;
    (void)context;
    return "v";
}

/* Converts; the scenario must be one that the loader takes. */
static struct convert_result must(enum convert_from from, const char *text, size_t n) {
    struct convert_options o = {.from = from};
    struct convert_result r = {0};
    struct scenario *s = NULL;
    struct err e = {""};
    if (convert_text(&o, "source", text, n, &r, &e) != 0)
        fail_msg("%.300s: %s", text, e.text);
    if (scenario_parse("made", "/", r.scenario, r.bytes, any_value, NULL, &s, &e) != 0)
        fail_msg("%s\n%.2000s", e.text, r.scenario);
    scenario_free(s);
    return r;
}

static void must_refuse(enum convert_from from, const char *text, size_t n, const char *why) {
    struct convert_options o = {.from = from};
    struct convert_result r = {0};
    struct err e = {""};
    if (convert_text(&o, "source", text, n, &r, &e) == 0)
        fail_msg("accepted: %.300s", text);
    if (strstr(e.text, why) == NULL)
        fail_msg("%s\n does not say: %s", e.text, why);
}

static void test_no_secret_stays(void **state) {
    (void)state;
    /* The same token stands in places whose names do not tell. */
    const char *text =
        "curl 'http://h.example/x/tok-ABC123/y?q=tok-ABC123' -H 'Authorization: Bearer tok-ABC123' "
        "-H 'X-Copy: is tok-ABC123' -d '{\"a\":\"tok-ABC123\",\"tok-ABC123\":1}'; "
        "curl -u 'ann:p%ss wörd' http://bob:hunter2hunter@h.example/ -b 'a=bbbbbbbb' -H "
        "'X-Api-Key: kkkkkkkk'";
    static const char *const secrets[] = {"tok-ABC123", "p%ss", "hunter2", "bbbbbbbb", "kkkkkkkk"};
    struct convert_result r = must(CONVERT_CURL, text, strlen(text));
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (strstr(r.scenario, secrets[i]) != NULL)
            fail_msg("%s stands in\n%s", secrets[i], r.scenario);
    assert_non_null(strstr(r.scenario, "Set TOKEN in the environment"));
    convert_done(&r);
}

static void test_more_requests_than_a_scenario_may_have(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 10 << 20);
    buf_str(&b, "{\"log\":{\"entries\":[");
    for (int i = 0; i < 10003; i++)
        buf_printf(&b, "%s{\"request\":{\"method\":\"GET\",\"url\":\"http://h/%d\"}}",
                   i > 0 ? "," : "", i);
    buf_str(&b, "]}}");
    struct convert_result r = must(CONVERT_HAR, buf_text(&b), b.len);
    assert_int_equal(r.requests, 10000);
    assert_non_null(strstr(r.scenario, "Left out: 3 requests beyond 10000"));
    convert_done(&r);
    buf_done(&b);
}

static void test_schemas_in_circles_end(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    /* Each schema asks for the next one ten times: 10^30 values, were they all made. */
    buf_str(
        &b,
        "{\"openapi\":\"3.0.0\",\"paths\":{\"/"
        "\":{\"post\":{\"requestBody\":{\"content\":{\"application/json\":"
        "{\"schema\":{\"$ref\":\"#/components/schemas/s0\"}}}}}}},\"components\":{\"schemas\":{");
    for (int i = 0; i < 30; i++) {
        buf_printf(&b, "%s\"s%d\":{\"type\":\"object\",\"properties\":{", i > 0 ? "," : "", i);
        for (int k = 0; k < 10; k++)
            buf_printf(&b, "%s\"p%d\":{\"$ref\":\"#/components/schemas/s%d\"}", k > 0 ? "," : "", k,
                       (i + 1) % 30);
        buf_str(&b, "}}");
    }
    buf_str(&b, "}}}");
    struct convert_result r = must(CONVERT_OPENAPI, buf_text(&b), b.len);
    assert_int_equal(r.requests, 1);
    convert_done(&r);
    buf_done(&b);
}

static void test_references_cannot_be_smuggled_in(void **state) {
    (void)state;
    /* The mark of a resolved variable, written by the source itself, must not read the environment. */
    const char *text = "{\"info\":{\"name\":\"x\"},\"item\":[{\"name\":\"a\",\"request\":{"
                       "\"method\":\"POST\",\"url\":"
                       "\"http://h/\\ue000env.HOME\\ue001/"
                       "${env.HOME}\",\"body\":{\"mode\":\"raw\",\"raw\":\"\\ue000env.HOME\\ue001 "
                       "${env.HOME}\"}}}]}";
    struct convert_result r = must(CONVERT_POSTMAN, text, strlen(text));
    for (const char *p = r.scenario; (p = strstr(p, "${env.HOME}")) != NULL; p++)
        assert_int_equal(p[-1], '$'); /* "$${": plain text */
    convert_done(&r);
}

static void test_refusals(void **state) {
    (void)state;
    char deep[40000];
    memset(deep, '[', sizeof deep);
    must_refuse(CONVERT_AUTO, "", 0, "it is empty");
    must_refuse(CONVERT_HAR, deep, sizeof deep, "not JSON");
    memcpy(deep, "{\"log\":", 7);
    must_refuse(CONVERT_HAR, deep, sizeof deep, "source:1:");
    memset(deep, '(', sizeof deep);
    must_refuse(CONVERT_LOCUST, deep, sizeof deep, "source:1: brackets are nested too deep");
    must_refuse(CONVERT_CURL, "curl \0x", 7, "no request could be read");
}

static void test_base64(void **state) {
    (void)state;
    /* RFC 4648, section 10, and what is not well formed. */
    static const char *const good[][2] = {
        {"", ""}, {"Zg==", "f"}, {"Zm8", "fo"}, {"Zm9v\nYmFy", "foobar"}};
    static const char *const bad[] = {"Z", "Zm9v!", "Zg=x", "Zm9vY"};
    struct buf b;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        buf_init(&b, 100);
        assert_true(coding_base64(&b, good[i][0], strlen(good[i][0])));
        assert_string_equal(buf_text(&b), good[i][1]);
        buf_done(&b);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buf_init(&b, 100);
        assert_false(coding_base64(&b, bad[i], strlen(bad[i])));
        buf_done(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_secret_stays),
        cmocka_unit_test(test_more_requests_than_a_scenario_may_have),
        cmocka_unit_test(test_schemas_in_circles_end),
        cmocka_unit_test(test_references_cannot_be_smuggled_in),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
