/* "thresholds" of a scenario: what is read, and what is refused, at its line and column. */
#include "scenario/helpers.h"

#define BEFORE                                                                                     \
    "{\"load\":{\"users\":1,\"duration\":\"20s\"},\n\"tasks\":[{\"path\":\"/\"},{\"name\":"        \
    "\"/predict\",\"method\":\"POST\",\"path\":\"/p\",\"body\":\"x\"},{\"path\":\"/never\","       \
    "\"weight\":0}],\n\"thresholds\":"

static struct scenario *read_text(const char *text, struct err *e) {
    struct scenario *s = NULL;
    e->text[0] = '\0';
    scenario_parse("s.json", test_folder(), text, strlen(text), test_env, NULL, &s, e);
    return s;
}

static void rules_are_read(void **state) {
    (void)state;
    struct err e;
    struct buf text;
    struct scenario *s = read_text(
        BEFORE "{\"http_req_duration{name:/predict, status:2xx}\":[\"p(95) < 500\",\n"
               "{\"threshold\":\"max<900\",\"abortOnFail\":true,\"delayAbortEval\":\"10s\"}],\n"
               "\"response_time\":[{\"threshold\":\"p(99.9)<=800\",\"over\":\"10s\",\"from\":2}],"
               "\"http_reqs\":[\"rate>100 from 3s\"]}}",
        &e);
    assert_string_equal(e.text, "");
    assert_non_null(s);
    buf_init(&text, 10000);
    gate_rules_text(&s->thresholds, &text);
    assert_string_equal(
        buf_text(&text),
        "http_req_duration{name:/predict,status:2xx} p(95)<500\n"
        "http_req_duration{name:/predict,status:2xx} max<900 abortOnFail delayAbortEval 10s\n"
        "response_time p(99.9)<=800 over 10s from 2s\n"
        "http_reqs rate>100 from 3s\n");
    assert_string_equal(s->thresholds.items[0].place, "s.json:3:63");
    assert_string_equal(s->thresholds.items[1].place, "s.json:4:1");
    buf_done(&text);
    scenario_free(s);
}

static const struct {
    const char *thresholds, *error;
} bad[] = {
    {"[]", "s.json:3:14: \"thresholds\" must be an object, not an array"},
    {"{\"http_reqs\":\"count>1\"}",
     "s.json:3:27: \"http_reqs\" must hold a list of thresholds: [\"p(95)<500\"]"},
    {"{\"http_reqs\":[]}",
     "s.json:3:27: \"http_reqs\" must hold a list of thresholds: [\"p(95)<500\"]"},
    {"{\"http_req\":[\"count>1\"]}",
     "s.json:3:15: unknown metric \"http_req\"; did you mean \"http_reqs\"?"},
    {"{\"http_req_sending\":[\"max<1\"]}",
     "s.json:3:15: unknown metric \"http_req_sending\": sending is part of http_req_waiting here: "
     "a row has the time from sending to the first byte"},
    {"{\"http_reqs\":[\"count>1\", 5]}",
     "s.json:3:39: a threshold must be a string like \"p(95)<500\" or an object, not a number"},
    {"{\"http_reqs\":[\"p(95)<1\"]}",
     "s.json:3:28: \"p\" does not fit http_reqs, which is a counter, which has count and rate"},
    {"{\"http_reqs\":[{\"abortOnFail\":true}]}",
     "s.json:3:28: \"threshold\" is missing; write {\"threshold\": \"p(95)<500\"}"},
    {"{\"http_reqs\":[{\"threshold\":\"count>1\",\"abortonfail\":true}]}",
     "s.json:3:51: unknown key \"abortonfail\" in a threshold; did you mean \"abortOnFail\"?"},
    {"{\"http_reqs\":[{\"threshold\":\"count>1\",\"delayAbortEval\":\"1s\"}]}",
     "s.json:3:28: delayAbortEval needs abortOnFail; add abortOnFail or remove delayAbortEval"},
    {"{\"http_reqs\":[{\"threshold\":\"count>1\",\"over\":\"1500ms\"}]}",
     "s.json:3:58: over: windows are whole seconds, from 1s to 10m"},
    {"{\"http_reqs\":[{\"threshold\":\"count>1\",\"over\":\"11m\"}]}",
     "s.json:3:58: over: windows are whole seconds, from 1s to 10m"},
    {"{\"http_reqs\":[\"count>1\",\n\"count > 1\"]}",
     "s.json:4:1: duplicate threshold \"http_reqs count>1\", also at s.json:3:28; remove one"},
    {"{\"http_reqs{name:/,method:GET}\":[\"count>1\"],\n\"http_reqs{method:GET,name:/}\":"
     "[\"count>1\"]}",
     "s.json:4:33: duplicate threshold \"http_reqs{name:/,method:GET} count>1\", also at "
     "s.json:3:47; remove one"},
    {"{\"http_reqs{name:/predikt}\":[\"count>1\"]}",
     "s.json:3:43: http_reqs{name:/predikt}: name:/predikt matches nothing that the scenario "
     "sends; did you mean /predict?"},
    {"{\"http_reqs{name:/never}\":[\"count>1\"]}",
     "s.json:3:41: http_reqs{name:/never}: name:/never matches nothing that the scenario sends"},
    {"{\"http_reqs{name:/,method:POST}\":[\"count>1\"]}",
     "s.json:3:48: http_reqs{name:/,method:POST}: nothing that the scenario sends has both this "
     "name and this method"},
    {"{\"checks\":[\"rate>0.9\"]}",
     "s.json:3:25: checks: nothing that the scenario sends has checks"},
    {"{\"vus\":[\"max<9 stage 1\"]}", "s.json:3:22: vus: stage 1: there are no stages"},
    {"{\"vus\":[\"max<9 from 20s\"]}", "s.json:3:22: vus: from 20s: there are only 20s"},
    {"{\"vus\":[\"max<9 over 15s from 6s\"]}", "s.json:3:22: vus: over 15s: there are only 14s"},
    {"{\"instance_count\":[\"max<9 abortOnFail\"]}",
     "s.json:3:33: abortOnFail cannot use instance_count, which is known only after an import; "
     "remove it"},
    {"{\"http_reqs\":[\"count>1\\u0000\"]}", "s.json:3:28: a threshold cannot contain \\u0000"},
};

static void mistakes_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e;
        struct buf text;
        buf_init(&text, 10000);
        buf_printf(&text, BEFORE "%s}", bad[i].thresholds);
        struct scenario *s = read_text(buf_text(&text), &e);
        if (s != NULL || strcmp(e.text, bad[i].error) != 0)
            fail_msg("%s\n  gives    %s\n  expected %s", bad[i].thresholds, e.text, bad[i].error);
        buf_done(&text);
    }
}

static void stages_are_those_of_the_load(void **state) {
    (void)state;
    struct err e;
    struct scenario_subject x;
    struct scenario *s = read_text(
        "{\"load\":{\"stages\":[{\"duration\":\"2s\",\"users\":5},{\"duration\":\"3500ms\","
        "\"users\":"
        "5}]},\"tasks\":[{}],\"thresholds\":{\"vus\":[\"max<9 stage 2 from 1s over 2s\"]}}",
        &e);
    assert_string_equal(e.text, "");
    assert_non_null(s);
    assert_int_equal(scenario_subject(s, &x, &e), 0);
    assert_int_equal(x.subject.stage_count, 2);
    assert_int_equal(x.stages[0], 0);
    assert_int_equal(x.stages[1], 2000000);
    assert_int_equal(x.stages[2], 5500000);
    scenario_subject_done(&x);
    scenario_free(s);
    s = read_text("{\"load\":{\"stages\":[{\"duration\":\"2s\",\"users\":5}]},\"tasks\":[{}],"
                  "\"thresholds\":{\"vus\":[\"max<9 stage 2\"]}}",
                  &e);
    assert_null(s);
    assert_string_equal(e.text, "s.json:1:84: vus: stage 2: there are only 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_read),
        cmocka_unit_test(mistakes_are_refused),
        cmocka_unit_test(stages_are_those_of_the_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
