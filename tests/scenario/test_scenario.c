/* scenario: what a good file becomes, defaults included. */
#include "scenario/helpers.h"

#include <unistd.h>

#define S INT64_C(1000000000)

static void test_defaults(void **state) {
    (void)state;
    static const char text[] = "{\"load\":{\"users\":3,\"duration\":\"1m\"},\"tasks\":[{}]}";
    struct scenario *s = must_parse(text);
    assert_string_equal(s->name, "s");
    assert_string_equal(s->file, "s.json");
    assert_string_equal(s->source, text);
    assert_null(s->target);
    assert_int_equal(s->loads[0].load.kind, LOAD_USERS);
    assert_int_equal(s->loads[0].load.users, 3);
    assert_true(s->loads[0].load.spawn_rate == 1);
    assert_int_equal(s->loads[0].load.duration_ns, 60 * S);
    assert_int_equal(s->classes[0].wait.kind, WAIT_NONE);
    assert_int_equal(s->timeout_ns, 60 * S);
    assert_int_equal(s->connect_timeout_ns, 10 * S);
    assert_int_equal(s->http.version, SCENARIO_HTTP_1_1);
    assert_true(s->http.verify && s->http.keepalive && s->http.cookies);
    assert_int_equal(s->http.retry, SCENARIO_RETRY_UNSEEN);
    assert_false(s->http.follow_redirects || s->http.compressed);
    assert_int_equal(s->task_count, 1);
    const struct scenario_request *q = &s->requests[0];
    assert_int_equal(s->tasks[0].weight, 1);
    assert_string_equal(q->name, "/");
    assert_string_equal(q->method, "GET");
    assert_string_equal(q->path, "/");
    assert_int_equal(q->header_count, 0);
    assert_null(q->body);
    assert_int_equal(s->secret_count, 0);
    assert_int_equal(s->env_count, 0);
    scenario_free(s);
    scenario_free(NULL);
}

static void test_everything(void **state) {
    (void)state;
    struct scenario *s = must_parse(
        "{ // a "
        "comment\n\"$schema\":\"x\",\"name\":\"all\",\"target\":\"http://${env.HOST}:80/v1/\","
        "\"load\":{\"stages\":[{\"duration\":\"10s\",\"users\":20},{\"duration\":0,\"users\":5}],"
        "\"start_users\":2},"
        "\"wait\":{\"between\":[\"250ms\",1.5]},\"timeout\":\"5s\",\"connect_timeout\":0.5,"
        "\"headers\":{\"Accept\":\"a/b\",\"X-Both\":\"top\"},\"auth\":{\"bearer\":\"t0p\"},"
        "\"http\":{\"version\":\"2-prior-knowledge\",\"verify\":false,\"ca\":\"part.bin\",\"cert\":"
        "\"part.bin\","
        "\"key\":\"part.bin\",\"resolve\":[\"example.org:443:127.0.0.1\",\"*:80:[::1]\"],"
        "\"proxy\":\"socks5h://u:p@127.0.0.1:1080\",\"keepalive\":false,\"follow_redirects\":true,"
        "\"retry\":\"safe\","
        "\"compressed\":true,\"cookies\":false},"
        "\"tasks\":[{\"name\":\"one\",\"weight\":0,\"method\":\"DELETE\",\"path\":\"/x\"},"
        "{\"weight\":7,\"headers\":{\"x-both\":\"own\",\"Host\":\"h\"},\"auth\":{\"basic\":{"
        "\"user\":\"Aladdin\","
        "\"password\":\"open sesame\"}}}]}");
    char path[256];
    assert_string_equal(s->name, "all");
    assert_string_equal(s->target, "http://example.org:80/v1");
    assert_string_equal(s->target_source, "http://${env.HOST}:80/v1/");
    assert_int_equal(s->loads[0].load.kind, LOAD_STAGES);
    assert_int_equal(s->loads[0].load.start_users, 2);
    assert_int_equal(s->loads[0].load.stage_count, 2);
    assert_int_equal(s->loads[0].load.stages[0].duration_ns, 10 * S);
    assert_int_equal(s->loads[0].load.stages[1].users, 5);
    assert_int_equal(s->classes[0].wait.kind, WAIT_BETWEEN);
    assert_int_equal(s->classes[0].wait.low_ns, S / 4);
    assert_int_equal(s->classes[0].wait.high_ns, 3 * S / 2);
    assert_int_equal(s->timeout_ns, 5 * S);
    assert_int_equal(s->connect_timeout_ns, S / 2);
    assert_int_equal(s->http.version, SCENARIO_HTTP_2_PRIOR);
    assert_false(s->http.verify || s->http.keepalive || s->http.cookies);
    assert_true(s->http.follow_redirects && s->http.compressed);
    assert_int_equal(s->http.retry, SCENARIO_RETRY_SAFE);
    snprintf(path, sizeof path, "%s/part.bin", test_folder());
    assert_string_equal(s->http.ca, path);
    assert_string_equal(s->http.cert, path);
    assert_string_equal(s->http.key, path);
    assert_int_equal(s->http.resolve_count, 2);
    assert_string_equal(s->http.resolve[0], "example.org:443:127.0.0.1");
    assert_string_equal(s->http.resolve[1], "*:80:[::1]");
    assert_string_equal(s->http.proxy, "socks5h://u:p@127.0.0.1:1080");
    const struct scenario_request *one = &s->requests[0], *two = &s->requests[1];
    assert_int_equal(s->tasks[0].weight, 0);
    assert_string_equal(one->name, "one");
    assert_string_equal(one->method, "DELETE");
    assert_int_equal(one->header_count, 3);
    assert_string_equal(header(one, "Accept"), "a/b");
    assert_string_equal(header(one, "X-Both"), "top");
    assert_string_equal(header(one, "Authorization"), "Bearer t0p");
    /* A task's own headers replace the scenario's, in any case; the pair is the example of RFC
     * 7617. */
    assert_int_equal(s->tasks[1].weight, 7);
    assert_int_equal(two->header_count, 4);
    assert_string_equal(header(two, "x-both"), "own");
    assert_string_equal(header(two, "Host"), "h");
    assert_string_equal(header(two, "Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_int_equal(s->secret_count > 0, 1); /* the host came from the environment */
    assert_int_equal(s->env_count, 1);
    assert_string_equal(s->env_names[0], "HOST");
    scenario_free(s);
}

static void test_open_loads(void **state) {
    (void)state;
    struct scenario *s = must_parse("{\"load\":{\"rate\":0.1,\"duration\":\"1m\"},\"wait\":{"
                                    "\"throughput\":0.3},\"tasks\":[{}]}");
    assert_int_equal(s->loads[0].load.kind, LOAD_RATE);
    assert_int_equal(s->loads[0].load.micro_rate, 100000);
    assert_int_equal(s->loads[0].load.duration_ns, 60 * S);
    assert_false(s->loads[0].load.poisson);
    assert_int_equal(s->loads[0].load.max_users, 1000);
    assert_int_equal(s->loads[0].load.queue_timeout_ns, 10 * S);
    assert_int_equal(s->classes[0].wait.kind, WAIT_PACING);
    assert_int_equal(s->classes[0].wait.low_ns, 3333333333);
    scenario_free(s);
    s = must_parse("{\"load\":{\"start_rate\":2.5,\"stages\":[{\"duration\":5,\"rate\":100000},"
                   "{\"duration\":0,\"rate\":0}],\"arrivals\":\"poisson\",\"max_users\":7,"
                   "\"queue_timeout\":0},\"wait\":{\"poisson\":4},\"tasks\":[{}]}");
    assert_int_equal(s->loads[0].load.kind, LOAD_RATE_STAGES);
    assert_int_equal(s->loads[0].load.start_micro_rate, 2500000);
    assert_int_equal(s->loads[0].load.stage_count, 2);
    assert_int_equal(s->loads[0].load.stages[0].micro_rate, 100000000000);
    assert_int_equal(s->loads[0].load.stages[1].micro_rate, 0);
    assert_true(s->loads[0].load.poisson);
    assert_int_equal(s->loads[0].load.max_users, 7);
    assert_int_equal(s->loads[0].load.queue_timeout_ns, 0);
    assert_int_equal(s->classes[0].wait.kind, WAIT_POISSON);
    assert_int_equal(s->classes[0].wait.low_ns, S / 4);
    scenario_free(s);
    s = must_parse("{\"load\":{\"rate\":3,\"duration\":1,\"arrivals\":\"constant\"},"
                   "\"wait\":{\"pacing\":\"2s\"},\"tasks\":[{}]}");
    assert_false(s->loads[0].load.poisson);
    assert_int_equal(s->classes[0].wait.kind, WAIT_PACING);
    assert_int_equal(s->classes[0].wait.low_ns, 2 * S);
    scenario_free(s);
}

static void test_unix_socket(void **state) {
    (void)state;
    struct scenario *s =
        must_parse("{\"load\":{\"users\":1,\"duration\":1},\"wait\":{\"constant\":\"2s\"},"
                   "\"timeout\":\"3s\",\"http\":{\"version\":\"2\","
                   "\"unix_socket\":\"/run/x.sock\"},\"tasks\":[{}]}");
    assert_string_equal(s->http.unix_socket, "/run/x.sock");
    assert_int_equal(s->http.version, SCENARIO_HTTP_2);
    assert_int_equal(s->classes[0].wait.kind, WAIT_CONSTANT);
    assert_int_equal(s->classes[0].wait.low_ns, 2 * S);
    assert_int_equal(s->connect_timeout_ns, 3 * S); /* the default gives way to a shorter timeout */
    scenario_free(s);
}

static void test_paths(void **state) {
    (void)state;
    static const struct {
        const char *task, *path, *name;
    } cases[] = {
        {"\"path\":\"/a b/\xc3\xa4?x=[1]|2\"", "/a%20b/%C3%A4?x=[1]%7C2", "/a b/\xc3\xa4?x=[1]|2"},
        {"\"path\":\"/%41%2f\"", "/%41%2f", "/%41%2f"},
        {"\"path\":\"/u/${env.TOKEN}/x\"", "/u/s3cr3t%2F%2B%22x/x", "/u/${env.TOKEN}/x"},
        {"\"path\":\"/$${x}$$${env.USER}$\"", "/$%7Bx%7D$$%7Benv.USER%7D$", "/$${x}$$${env.USER}$"},
        {"\"path\":\"/p\",\"query\":{\"q\":\"a "
         "b&c\",\"n\":1e2,\"t\":true,\"l\":[1,\"\xc3\xa4\"],\"e\":[]}",
         "/p?q=a%20b%26c&n=1e2&t=true&l=1&l=%C3%A4", "/p"},
        {"\"path\":\"/p?x=1\",\"query\":{\"a=b\":\"${env.TOKEN}\"}",
         "/p?x=1&a%3Db=s3cr3t%2F%2B%22x", "/p?x=1"},
        {"\"query\":{\"a\":\"\"}", "/?a=", "/"},
        {"\"query\":{\"a\":12345678901234567890}", "/?a=12345678901234567890", "/"},
        {"\"path\":\"https://other:8443/x\"", "https://other:8443/x", "https://other:8443/x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scenario *s = must_parse_task(cases[i].task);
        assert_string_equal(s->requests[0].path, cases[i].path);
        assert_string_equal(s->requests[0].name, cases[i].name);
        scenario_free(s);
    }
}

static void test_load_from_file(void **state) {
    (void)state;
    static const char text[] =
        "{\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{\"body_file\":\"part.bin\"}]}";
    char path[256];
    struct scenario *s = NULL;
    struct err e = {""};
    test_folder();
    write_file("other.json", text, sizeof text - 1);
    snprintf(path, sizeof path, "%s/other.json", test_folder());
    if (scenario_load(path, test_env, NULL, &s, &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(s->name, "other");
    assert_string_equal(s->file, path);
    assert_int_equal(s->requests[0].body_bytes,
                     6); /* beside the scenario, not in the working folder */
    scenario_free(s);
    /* The same with a bare file name, and with the process's own environment. */
    char *old = getcwd(NULL, 0);
    assert_int_equal(chdir(test_folder()), 0);
    if (scenario_load("other.json", NULL, NULL, &s, &e) != 0)
        fail_msg("%s", e.text);
    scenario_free(s);
    s = NULL;
    assert_int_equal(scenario_load("absent.json", NULL, NULL, &s, &e), -1);
    assert_string_equal(e.text, "cannot open absent.json: No such file or directory");
    assert_int_equal(scenario_load("sub", NULL, NULL, &s, &e), -1);
    assert_null(s);
    assert_int_equal(chdir(old), 0);
    free(old);
}

static void test_samples(void **state) {
    (void)state;
    extern const char embed_scenarios_paper_json[];
    static const char *const files[] = {"paper", "smoke", "stages", "predict-image"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct scenario *s = NULL;
        struct err e = {""};
        char path[128];
        snprintf(path, sizeof path, "scenarios/%s.json", files[i]);
        assert_int_equal(setenv("COLDSWARM_TOKEN", "token", 1), 0);
        if (scenario_load(path, NULL, NULL, &s, &e) != 0)
            fail_msg("%s", e.text);
        assert_string_equal(s->name, files[i]);
        scenario_free(s);
    }
    /* The mix inside the program: the paper's numbers, and neither files nor variables. */
    struct scenario *s = NULL;
    struct err e = {""};
    if (scenario_parse("paper", "/nonexistent", embed_scenarios_paper_json,
                       strlen(embed_scenarios_paper_json), test_env, NULL, &s, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(s->loads[0].load.users, 10);
    assert_true(s->loads[0].load.spawn_rate == 1);
    assert_int_equal(s->loads[0].load.duration_ns, 97 * S);
    assert_int_equal(s->classes[0].wait.low_ns, S);
    assert_int_equal(s->timeout_ns, 60 * S);
    assert_int_equal(s->task_count, 2);
    assert_string_equal(s->requests[0].method, "GET");
    assert_int_equal(s->tasks[0].weight, 1);
    assert_string_equal(s->requests[1].method, "POST");
    assert_string_equal(s->requests[1].path, "/predict");
    assert_int_equal(s->tasks[1].weight, 4);
    assert_int_equal(s->env_count, 0);
    scenario_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),   cmocka_unit_test(test_everything),
        cmocka_unit_test(test_open_loads), cmocka_unit_test(test_unix_socket),
        cmocka_unit_test(test_paths),      cmocka_unit_test(test_load_from_file),
        cmocka_unit_test(test_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
