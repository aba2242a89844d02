/* convert: limits, hostile sources, and that no secret of a source gets into a scenario.
 * tests/cli/convert.bats runs what it makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "convert/convert.h"
#include "scenario/scenario.h"
#include "util/buf.h"

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
        "-H 'X-Copy: is tok-ABC123' -d '{\"a\":\"tok-ABC123\"}'; "
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

static void test_no_secret_stays_where_no_variable_can_stand(void **state) {
    (void)state;
    char text[1024], key[120];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    key[1] = '1';
    /* In a header's name, a part's type, the name of a request, Accept-Encoding, and cut off in a
     * comment. */
    snprintf(text, sizeof text,
             "curl 'http://h.example/${tok-ABC123}' -H 'Authorization: Bearer tok-ABC123' "
             "-H 'X-tok-ABC123: 1' -H 'X-Api-Key: %s' -H '%s: no name' "
             "-F 'a=b;type=x/tok-ABC123' -F 'c=d;type=x/y\1' --compressed "
             "-H 'Accept-Encoding: gzip;tok-ABC123'",
             key, key);
    struct convert_result r = must(CONVERT_CURL, text, strlen(text));
    key[20] = '\0';
    if (strstr(r.scenario, "tok-ABC123") != NULL || strstr(r.scenario, key) != NULL)
        fail_msg("a secret stands in\n%s", r.scenario);
    assert_non_null(strstr(r.scenario, "left out: a header whose name contains a secret"));
    assert_non_null(strstr(r.scenario, "\"type\": \"x/${env.TOKEN}\""));
    assert_non_null(strstr(r.scenario, "left out: the type of a form part"));
    assert_non_null(strstr(r.scenario, "\"name\": \"/$***\""));
    assert_null(strstr(r.scenario, "Accept-Encoding\":"));
    convert_done(&r);
}

/* What a source says of a secret in other places is only that secret if it is a whole value. */
static void test_secrets_are_whole_values(void **state) {
    (void)state;
    static const struct {
        const char *source, *has, *has_not;
    } cases[] = {
        /* Keys, names and references stay. */
        {"curl http://h/ -H 'Content-Type: application/json' -d "
         "'{\"secret\":\"hunters\",\"hunters\":1,\"a\":\"hunters\"}'",
         "{\"secret\": \"${env.SECRET}\", \"hunters\": 1, \"a\": \"${env.SECRET}\"}", NULL},
        {"curl http://h/ -d 'password=hunters&hunters=2&c=hunters'",
         "\"hunters\": \"2\", \"c\": \"${env.PASSWORD}\"", NULL},
        {"curl http://h/ -u a:hunters -H 'hunters: 1' -H 'X: hunters'",
         "{ \"hunters\": \"1\", \"X\": \"${env.AUTH_PASSWORD}\" }", NULL},
        /* Nothing inside another word, nor behind "$". */
        {"curl 'http://h/xhunters/hunters/y?a=hunters1&b=hunters&c=$hunters' -u a:hunters",
         "/xhunters/${env.AUTH_PASSWORD}/y?a=hunters1&b=${env.AUTH_PASSWORD}&c=$hunters", NULL},
        {"curl http://h/ -u a:hunters -H 'X-A: two hunters here' -H 'X-B: $hunters'",
         "{ \"X-A\": \"two hunters here\", \"X-B\": \"$hunters\" }", NULL},
        {"curl http://h/ -u a:hunters -H 'X-A: Key hunters'",
         "\"X-A\": \"Key ${env.AUTH_PASSWORD}\"", NULL},
        {"curl http://h/ -u a:hunters -H 'Content-Type: a/xml' -d "
         "'<hunters><b>hunters</b></hunters>'",
         "<hunters><b>${env.AUTH_PASSWORD}</b></hunters>", NULL},
        {"curl http://h/ -u a:hunters -H 'Content-Type: text/x' -d '{ \"hunters\" :  \"hunters\" "
         "}'",
         "{ \\\"hunters\\\" :  \\\"${env.AUTH_PASSWORD}\\\" }", NULL},
        /* One that looks random is removed from a sentence too. */
        {"curl http://h/ -u a:hunter2hunter2 -H 'X-A: a hunter2hunter2, xhunter2hunter2'",
         "a ${env.AUTH_PASSWORD}, xhunter2hunter2", NULL},
        /* The user's name is no secret beside a password, and one without. */
        {"curl http://h/customer -u customer:hunters", "\"path\": \"/customer\"", NULL},
        {"curl http://h/a1b2c3d4e5 -u a1b2c3d4e5:", "\"path\": \"/${env.AUTH_USER}\"", NULL},
        {"curl http://h/ -u hunters:hunters",
         "{ \"user\": \"${env.AUTH_USER}\", \"password\": \"${env.AUTH_PASSWORD}\" }", NULL},
        /* What only stands for a secret. */
        {"curl http://h/USER_NAME/API_KEY?a=API_KEY -u USER_NAME:API_KEY",
         "\"path\": \"/USER_NAME/API_KEY?a=API_KEY\"", NULL},
        {"curl http://h/ -H 'Content-Type: application/json' -d "
         "'{\"token\":\"<string>\",\"city\":\"<string>\",\"password\":\"password\",\"b\":"
         "\"password\"}'",
         "\"city\": \"<string>\", \"password\": \"${env.PASSWORD}\", \"b\": \"password\"", NULL},
        {"curl http://h/ -H 'Authorization: token abcdef123456'",
         "\"Authorization\": \"token ${env.TOKEN}\"", "abcdef123456"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct convert_result r = must(CONVERT_CURL, cases[i].source, strlen(cases[i].source));
        struct buf squeezed;
        buf_init(&squeezed, 1 << 20);
        for (const char *p = r.scenario; *p != '\0'; p++) { /* in one line */
            bool space = *p == ' ' || *p == '\n';
            if (!space || squeezed.len == 0 || squeezed.data[squeezed.len - 1] != ' ')
                buf_char(&squeezed, space ? ' ' : *p);
        }
        const char *text = buf_text(&squeezed);
        if (strstr(text, cases[i].has) == NULL && strstr(r.scenario, cases[i].has) == NULL)
            fail_msg("no %s in\n%s", cases[i].has, r.scenario);
        if (cases[i].has_not != NULL && strstr(text, cases[i].has_not) != NULL)
            fail_msg("%s in\n%s", cases[i].has_not, r.scenario);
        buf_done(&squeezed);
        convert_done(&r);
    }
}

static const char *value_of(const char *name, void *context) {
    (void)context;
    return strcmp(name, "X_API_KEY") == 0 ? "a bcdefg"
           : strcmp(name, "TOKEN") == 0   ? "tok-ABC123"
           : strcmp(name, "PRICE") == 0   ? "tok-ABC123"
                                          : NULL;
}

/* What the request that comes of a source sends, its secrets in the environment, but for its path,
 * whose "$" become %24. */
static void must_send(enum convert_from from, const char *source, const char *body,
                      const char *header) {
    struct convert_options o = {.from = from};
    struct convert_result r = {0};
    struct scenario *s = NULL;
    struct err e = {""};
    bool found = false;
    assert_int_equal(convert_text(&o, "source", source, strlen(source), &r, &e), 0);
    if (scenario_parse("made", "/", r.scenario, r.bytes, value_of, NULL, &s, &e) != 0)
        fail_msg("%s\n%.2000s", e.text, r.scenario);
    if (strstr(r.scenario, "tok-ABC123") != NULL)
        fail_msg("a secret stands in\n%s", r.scenario);
    const struct scenario_request *q = &s->requests[0];
    assert_int_equal(q->body_bytes, strlen(body));
    assert_memory_equal(q->body, body, strlen(body));
    for (size_t i = 0; i < q->header_count; i++)
        if (strcmp(q->headers[i].name, "X-Price") == 0) {
            assert_string_equal(q->headers[i].value, header);
            found = true;
        }
    assert_true(found);
    scenario_free(s);
    convert_done(&r);
}

static void test_secrets_beside_dollars_send_the_same(void **state) {
    (void)state;
    /* "$${" in a scenario is a plain "${", so a "$" in front of a variable needs care. */
    must_send(CONVERT_CURL,
              "curl http://h/ -H 'Authorization: Bearer tok-ABC123' "
              "-H 'X-Price: $tok-ABC123 ${tok-ABC123}' "
              "-d '$$tok-ABC123{ $${tok-ABC123 tok%2DABC123 $'",
              "$$tok-ABC123{ $${tok-ABC123 tok-ABC123 $", "$tok-ABC123 ${tok-ABC123}");
    must_send(CONVERT_CURL,
              "curl http://h/ -H 'Authorization: Bearer tok-ABC123' -H 'X-Price: 1' "
              "--json '{\"$key\":\"\\\"$${tok-ABC123\"}'",
              "{\"$key\":\"\\\"$${tok-ABC123\"}", "1");
    must_send(
        CONVERT_POSTMAN,
        "{\"info\":{\"name\":\"x\"},\"item\":[{\"name\":\"a\",\"request\":{\"method\":\"POST\","
        "\"url\":\"http://h/${{price}}\",\"header\":[{\"key\":\"X-Price\",\"value\":"
        "\"$${{price}}\"}],\"body\":{\"mode\":\"raw\",\"raw\":\"${{price}} ${x}\"}}}]}",
        "$tok-ABC123 ${x}", "$$tok-ABC123");
}

static void test_classes_of_one_name_are_told_apart(void **state) {
    (void)state;
    char text[1024], name[256];
    memset(name, 'N', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(text, sizeof text,
             "from locust import HttpUser, task\n"
             "class %sA(HttpUser):\n    host = 'http://h'\n    @task\n    def a(self):\n"
             "        self.client.get('/a')\n"
             "class %sB(HttpUser):\n    @task\n    def b(self):\n"
             "        self.client.get('/b')\n",
             name, name);
    struct convert_result r = must(CONVERT_LOCUST, text, strlen(text));
    assert_non_null(strstr(r.scenario, "N 2\""));
    convert_done(&r);
}

static void test_a_target_keeps_its_path(void **state) {
    (void)state;
    const char *text = "from locust import HttpUser, task\n"
                       "class A(HttpUser):\n    host = 'http://h/a b/${c}/\u00fc/'\n    @task\n"
                       "    def a(self):\n        self.client.get('/a')\n";
    struct convert_result r = must(CONVERT_LOCUST, text, strlen(text));
    assert_non_null(strstr(r.scenario, "\"http://h/a%20b/$%7Bc%7D/%C3%BC\""));
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
    assert_non_null(
        strstr(r.scenario,
               "Left out: the requests after the first 10000, the limit of a scenario (3 more)"));
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

static void test_methods_that_call_each_other_end(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 16);
    /* Ten calls in each of nine methods: 10^9 requests, were they all written out. */
    buf_str(&b,
            "from locust import HttpUser, task\nclass U(HttpUser):\n    @task\n    def m0(self):\n"
            "        self.client.get('/')\n");
    for (int i = 0; i < 9; i++) {
        for (int k = 0; k < 10; k++)
            buf_printf(&b, "        self.m%d()\n", i + 1);
        buf_printf(&b, "    def m%d(self):\n", i + 1);
    }
    buf_str(&b, "        self.client.get('/x')\n        self.m0()\n");
    struct convert_result r = must(CONVERT_LOCUST, buf_text(&b), b.len);
    assert_in_range(r.requests, 1, 1000);
    convert_done(&r);
    buf_done(&b);
}

static void test_references_cannot_be_smuggled_in(void **state) {
    (void)state;
    /* The mark of a resolved variable, written by the source itself, must not read the
     * environment. */
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
    must_refuse(CONVERT_LOCUST, deep, sizeof deep, "too many nested parentheses");
    must_refuse(CONVERT_CURL, "curl \0x", 7, "no request found");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_secret_stays),
        cmocka_unit_test(test_no_secret_stays_where_no_variable_can_stand),
        cmocka_unit_test(test_secrets_are_whole_values),
        cmocka_unit_test(test_secrets_beside_dollars_send_the_same),
        cmocka_unit_test(test_a_target_keeps_its_path),
        cmocka_unit_test(test_classes_of_one_name_are_told_apart),
        cmocka_unit_test(test_more_requests_than_a_scenario_may_have),
        cmocka_unit_test(test_schemas_in_circles_end),
        cmocka_unit_test(test_methods_that_call_each_other_end),
        cmocka_unit_test(test_references_cannot_be_smuggled_in),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
