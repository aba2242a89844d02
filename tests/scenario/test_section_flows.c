/* What users do: classes, steps, loads, values, tags; and what is wrong with them, at its place. */
#include "scenario/helpers.h"

#include <stdio.h>

#define S INT64_C(1000000000)
#define LOAD "\"load\":{\"users\":10,\"duration\":1}"

static const struct {
    const char *text, *error;
} bad[] = {
    {"{" LOAD ",\"tasks\":[{}],\"users\":[]}",
     "s.json:1:48: \"users\" cannot be combined with \"tasks\"; move the tasks into a class"},
    {"{" LOAD ",\"users\":[]}",
     "s.json:1:43: \"users\" is empty; write a class of users, or \"tasks\""},
    {"{" LOAD ",\"users\":[{\"tasks\":[{}]}]}",
     "s.json:1:44: \"name\" is missing in this class of users"},
    {"{" LOAD ",\"users\":[{\"name\":\"a\"}]}",
     "s.json:1:44: \"tasks\" is missing in this class of users"},
    {"{" LOAD ",\"users\":[{\"name\":\"a\",\"tasks\":[{}]},{\"name\":\"a\",\"tasks\":[{}]}]}",
     "s.json:1:78: another class has this name; use a different one"},
    {"{" LOAD ",\"users\":[{\"name\":\"a\",\"weight\":1,\"fixed_count\":2,\"tasks\":[{}]}]}",
     "s.json:1:56: \"weight\" cannot be combined with \"fixed_count\"; remove one of them"},
    {"{\"load\":{\"users\":10,\"duration\":20},\"users\":[{\"name\":\"a\",\"fixed_count\":2,"
     "\"tasks\":[{}]}]}",
     "s.json:1:9: there are 10 users, but the classes with \"fixed_count\" have 2; add a class "
     "with \"weight\" or use fewer users"},
    {"{\"load\":{\"rate\":1,\"duration\":1},\"users\":[{\"name\":\"a\",\"tasks\":[{}]},{\"name\":"
     "\"b\",\"tasks\":[{}]}]}",
     "s.json:1:9: a load with an arrival rate uses any free user, so it has no classes of users; "
     "give each class its own load in \"loads\""},
    {"{" LOAD ",\"loads\":[{}],\"tasks\":[{}]}",
     "s.json:1:35: \"loads\" cannot be combined with \"load\"; move the load into \"loads\""},
    {"{\"loads\":[],\"tasks\":[{}]}", "s.json:1:10: \"loads\" must hold 1 to 100 loads, not 0"},
    {"{\"loads\":[{\"name\":\"a\"," LOAD "}]}",
     "s.json:1:11: \"tasks\" is missing; add it to this load, or to the scenario for all loads"},
    {"{\"loads\":[{\"name\":\"a\"," LOAD ",\"tasks\":[{}]}],\"tasks\":[{}]}",
     "s.json:1:71: every load has its own tasks, so these are never sent; remove them"},
    {"{\"loads\":[{\"name\":\"a\"," LOAD ",\"sequence\":true}],\"tasks\":[{}]}",
     "s.json:1:56: \"sequence\" needs \"tasks\" in this load"},
    {"{" LOAD ",\"tasks\":[{\"steps\":[{}]}]}",
     "s.json:1:44: a task with \"steps\" needs a \"name\": the report shows its time under this "
     "name"},
    {"{" LOAD ",\"tasks\":[{\"name\":\"t\",\"path\":\"/\",\"steps\":[{}]}]}",
     "s.json:1:56: \"path\" applies to a request; move it into one of the \"steps\""},
    {"{" LOAD ",\"tasks\":[{\"name\":\"t\",\"steps\":[]}]}",
     "s.json:1:64: there are no steps here; remove it or write {\"path\": \"/\"}"},
    {"{" LOAD ",\"tasks\":[{\"name\":\"t\",\"steps\":[{\"repeat\":2}]}]}",
     "s.json:1:65: \"repeat\" needs \"steps\" in the same object"},
    {"{" LOAD ",\"tasks\":[{\"name\":\"t\",\"steps\":[{\"repeat\":0,\"steps\":[{}]}]}]}",
     "s.json:1:75: \"repeat\" must be a whole number from 1 to 1000000, not 0"},
    {"{" LOAD ",\"tasks\":[{\"name\":\"t\",\"steps\":[{\"steps\":[{}]}]}]}",
     "s.json:1:66: \"steps\" within steps need \"repeat\" or \"when\" in the same object"},
    {"{" LOAD ",\"tasks\":[{\"name\":\"t\",\"steps\":[{\"wait\":{\"pacing\":1}}]}]}",
     "s.json:1:73: \"pacing\" is a wait between tasks; a step can have \"constant\" or "
     "\"between\""},
    {"{" LOAD
     ",\"tasks\":[{\"name\":\"t\",\"steps\":[{\"wait\":{\"constant\":1},\"path\":\"/\"}]}]}",
     "s.json:1:88: \"path\" cannot be combined with \"wait\"; make it a separate step"},
    {"{" LOAD ",\"tasks\":[{\"name\":\"t\",\"steps\":[{\"when\":\"yes\",\"steps\":[{}]}]}]}",
     "s.json:1:73: \"when\" never changes; write a value like \"${name}\""},
    {"{" LOAD ",\"tasks\":[{\"name\":\"t\",\"steps\":[{\"weight\":2}]}]}",
     "s.json:1:66: unknown key \"weight\" in a step; known are: name, tags, wait, repeat, when, "
     "steps, method, path, query, headers, auth, body, body_file, json, form, multipart, grpc, "
     "proto, descriptor_set, reflection, message, metadata, deadline, compress, max_message, "
     "stream, capture, checks"},
    {"{" LOAD ",\"tasks\":[{}],\"on_start\":[{\"tags\":[\"x\"]}]}",
     "s.json:1:61: \"tags\" select tasks and their steps; these steps always run, so remove "
     "\"tags\""},
    {"{" LOAD ",\"tasks\":[{\"path\":\"/${later}\"}]}",
     "s.json:1:54: unknown name \"later\" in ${...}; this scenario has no variable, capture or "
     "feeder with this name (${env.NAME} reads the environment, $${ is a literal ${)"},
    {"{" LOAD ",\"variables\":{\"h\":\"x\"},\"tasks\":[{\"path\":\"http://${h}/\"}]}",
     "s.json:1:74: the host of a URL cannot vary; ${...} is allowed only after its \"/\" (except "
     "${env.NAME})"},
    {"{" LOAD ",\"variables\":{\"h\":\"x\"},\"tasks\":[{\"path\":\"http://a${h}/\"}]}",
     "s.json:1:74: the host of a URL cannot vary; ${...} is allowed only after its \"/\" (except "
     "${env.NAME})"},
    {"{" LOAD ",\"variables\":{\"h\":[]},\"tasks\":[{}]}",
     "s.json:1:52: \"h\" must be a string, a number, true or false, not an array"},
    {"{" LOAD ",\"tasks\":[{\"auth\":{\"basic\":{\"user\":\"${user.id}\",\"password\":\"p\"}}}]}",
     "s.json:1:70: only ${env.NAME} is allowed here; write $${ for a literal ${"},
};

static void test_mistakes_are_found_at_their_place(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        must_fail(bad[i].text, bad[i].error);
}

static void test_steps_become_a_program(void **state) {
    (void)state;
    struct scenario *s =
        must_parse("{" LOAD ",\"variables\":{\"go\":\"1\"},\"tasks\":[{\"path\":\"/"
                   "first\"},{\"name\":\"t\",\"weight\":3,"
                   "\"steps\":[{\"path\":\"/"
                   "a\"},{\"repeat\":2,\"steps\":[{\"wait\":{\"constant\":1}},{\"when\":"
                   "\"${go}\",\"steps\":[{\"path\":\"/b\"}]}]},{\"path\":\"/"
                   "c\"}]}],\"setup\":[{\"path\":\"/s\"}]}");
    static const enum scenario_step_kind kinds[] = {SCENARIO_SEND, SCENARIO_LOOP, SCENARIO_PAUSE,
                                                    SCENARIO_WHEN, SCENARIO_SEND, SCENARIO_AGAIN,
                                                    SCENARIO_SEND};
    const struct scenario_task *t = &s->tasks[1];
    assert_true(s->tasks[0].single);
    assert_false(t->single);
    assert_int_equal(t->steps.count, 7);
    for (uint32_t i = 0; i < 7; i++)
        assert_int_equal(s->steps[t->steps.first + i].kind, kinds[i]);
    const struct scenario_step *p = &s->steps[t->steps.first];
    assert_int_equal(p[1].count, 2);
    assert_int_equal(p[2].wait.low_ns, S);
    assert_int_equal(p[3].to, t->steps.first + 5); /* behind its only step */
    assert_int_equal(p[5].to, t->steps.first + 2);
    assert_string_equal(s->requests[p[4].request].name, "/b");
    /* Setup stands behind what has rows. */
    assert_int_equal(s->endpoint_count, 4);
    assert_int_equal(s->request_count, 5);
    assert_string_equal(s->requests[4].path, "/s");
    assert_int_equal(s->weight_sums[1], 4);
    scenario_free(s);
}

static void test_users_are_spread_evenly(void **state) {
    (void)state;
    struct scenario *s = must_parse(
        "{" LOAD
        ",\"users\":[{\"name\":\"a\",\"weight\":5,\"tasks\":[{}]},{\"name\":\"b\",\"tasks\":[{}]},"
        "{\"name\":\"c\",\"fixed_count\":2,\"tasks\":[{}]}]}");
    /* Two of c, then smooth weighted round robin (worked out by hand): a a a b a a, again. */
    static const uint16_t expected[] = {2, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0};
    uint16_t classes[14];
    scenario_spread(s, &s->loads[0], classes, 14);
    assert_memory_equal(classes, expected, sizeof expected);
    scenario_spread(s, &s->loads[0], classes, 1);
    assert_int_equal(classes[0], 2);
    scenario_free(s);
}

static void test_classes_take_over_what_they_do_not_say(void **state) {
    (void)state;
    struct scenario *s = must_parse(
        "{\"wait\":{\"constant\":1},\"on_start\":[{\"path\":\"/"
        "in\"}],\"loads\":[{\"name\":\"x\"," LOAD ",\"wait\":{\"constant\":2},\"users\":[{\"name\":"
        "\"a\",\"tasks\":[{}]},{\"name\":\"b\",\"wait\":"
        "{\"constant\":3},\"on_start\":[{\"path\":\"/own\"}],\"tasks\":[{}]}]},"
        "{\"name\":\"y\",\"start\":\"5s\"," LOAD
        "},{\"name\":\"z\",\"start\":7,\"load\":{\"rate\":1,"
        "\"duration\":2,\"max_users\":3}}],\"tasks\":[{\"path\":\"/shared\"}]}");
    assert_int_equal(s->classes[0].wait.low_ns, 2 * S);
    assert_int_equal(s->classes[1].wait.low_ns, 3 * S);
    assert_int_equal(s->classes[2].wait.low_ns, S);
    assert_string_equal(s->requests[s->steps[s->classes[0].on_start.first].request].path, "/in");
    assert_string_equal(s->requests[s->steps[s->classes[1].on_start.first].request].path, "/own");
    assert_int_equal(s->class_count, 3);
    assert_int_equal(s->loads[1].first_class, s->loads[2].first_class);
    assert_int_equal(s->loads[1].start_ns, 5 * S);
    assert_int_equal(scenario_duration(s), 9 * S);
    assert_int_equal(scenario_users_max(s), 1 + 1 + 3);
    scenario_free(s);
}

static void test_what_does_not_vary_is_ready_to_send(void **state) {
    (void)state;
    struct scenario *s = must_parse(
        "{" LOAD ",\"variables\":{\"v\":\"x\"},\"headers\":{\"A\":\"1\",\"B\":\"${v}\"},\"tasks\":["
        "{\"path\":\"/a\",\"body\":\"b\",\"headers\":{\"B\":\"2\"}},"
        "{\"path\":\"/${v}\",\"query\":{\"q\":\"${v}\"},\"json\":{\"n\":\"${v}\"}}]}");
    const struct scenario_request *q = &s->requests[0];
    assert_null(q->varying_path);
    assert_null(q->varying_body);
    assert_string_equal(header(q, "A"), "1");
    assert_string_equal(header(q, "B"), "2");
    q = &s->requests[1];
    assert_non_null(q->varying_path);
    assert_non_null(q->varying_body);
    assert_null(q->body);
    assert_string_equal(q->name, "/${v}");
    assert_null(header(q, "B"));
    scenario_free(s);
}

static void test_tags_take_out_what_is_not_chosen(void **state) {
    (void)state;
    static const char text[] =
        "{" LOAD ",\"tasks\":[{\"path\":\"/"
        "a\",\"tags\":[\"x\"],\"checks\":[{\"status\":200}]},{\"path\":\"/b\"},"
        "{\"name\":\"t\",\"weight\":5,\"tags\":[\"y\"],\"steps\":[{\"path\":\"/c\"},{\"path\":\"/"
        "d\",\"tags\":"
        "[\"x\"],\"checks\":[{\"status\":200}]}]}],\"teardown\":[{\"path\":\"/end\"}]}";
    static const char *const x[] = {"x"}, *const y[] = {"y"};
    struct err e = {""};
    struct scenario *s = must_parse(text);
    assert_int_equal(scenario_select(s, x, 1, NULL, 0, &e), 0);
    assert_int_equal(s->task_count, 2);
    assert_int_equal(s->endpoint_count, 2);
    assert_string_equal(s->requests[0].path, "/a");
    assert_string_equal(s->requests[1].path, "/d");
    assert_int_equal(s->requests[1].first_check, 1);
    assert_int_equal(s->weight_sums[1], 6);
    assert_string_equal(s->requests[s->steps[s->teardown.first].request].path, "/end");
    scenario_free(s);
    s = must_parse(text);
    assert_int_equal(scenario_select(s, y, 1, x, 1, &e), 0);
    assert_int_equal(s->task_count, 1);
    assert_string_equal(s->requests[0].path, "/c");
    scenario_free(s);
    s = must_parse(text);
    assert_int_equal(scenario_select(s, x, 1, x, 1, &e), -1);
    assert_string_equal(e.text, "s.json: no task matches the tags; check its \"tags\"");
    scenario_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes_are_found_at_their_place),
        cmocka_unit_test(test_steps_become_a_program),
        cmocka_unit_test(test_users_are_spread_evenly),
        cmocka_unit_test(test_classes_take_over_what_they_do_not_say),
        cmocka_unit_test(test_what_does_not_vary_is_ready_to_send),
        cmocka_unit_test(test_tags_take_out_what_is_not_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
