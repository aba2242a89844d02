/* "stream" of a request, and "text" of its captures and checks: what they become, and every mistake
 * at its place. */
#include "scenario/capture.h"
#include "scenario/check.h"
#include "scenario/helpers.h"
#include "stream/stream.h"

static void test_a_word_is_a_format(void **state) {
    (void)state;
    static const char *const words[] = {"openai", "completions", "responses", "anthropic", "tgi",
                                        "ollama", "triton",      "sse",       "ndjson"};
    assert_int_equal(STREAM_FORMAT_COUNT, sizeof words / sizeof *words);
    for (int i = 0; i < STREAM_FORMAT_COUNT; i++) {
        char task[64];
        snprintf(task, sizeof task, "\"stream\":\"%s\"", words[i]);
        struct scenario *s = must_parse_task(task);
        const struct stream_spec *spec = &s->requests[0].stream->spec;
        assert_int_equal(spec->format, i);
        assert_null(spec->token);
        assert_null(spec->done);
        assert_int_equal(spec->idle_ns, 0);
        assert_int_equal(spec->cancel_ns, 0);
        assert_int_equal(spec->cancel_tokens, 0);
        scenario_free(s);
    }
    struct scenario *plain = must_parse_task("\"path\":\"/\"");
    assert_null(plain->requests[0].stream);
    scenario_free(plain);
}

static void test_an_object_has_limits(void **state) {
    (void)state;
    struct scenario *s =
        must_parse_task("\"stream\":{\"format\":\"sse\",\"token\":\"/a~1b/0\",\"done\":\"[END]\","
                        "\"idle_timeout\":\"1500ms\",\"cancel_after\":{\"tokens\":20,\"time\":5}}");
    const struct stream_spec *spec = &s->requests[0].stream->spec;
    assert_int_equal(spec->format, STREAM_FORMAT_SSE);
    assert_string_equal(spec->token, "/a~1b/0");
    assert_string_equal(spec->done, "[END]");
    assert_int_equal(spec->idle_ns, 1500000000);
    assert_int_equal(spec->cancel_tokens, 20);
    assert_int_equal(spec->cancel_ns, INT64_C(5000000000));
    scenario_free(s);
}

static void test_text_is_of_a_stream(void **state) {
    (void)state;
    struct scenario *s = must_parse_task(
        "\"stream\":\"openai\",\"capture\":{\"a\":{\"text\":true}},"
        "\"checks\":[{\"text\":{\"contains\":\"x\"}},{\"text\":{\"equals\":\"\"}}]");
    const struct scenario_request *q = &s->requests[0];
    assert_int_equal(q->captures->items[0].source, CAPTURE_TEXT);
    assert_true(captures_need_text(q->captures) && checks_need_text(q->checks));
    assert_false(captures_need_body(q->captures) || checks_need_body(q->checks));
    assert_string_equal(q->checks->items[0].name, "text contains x");
    assert_string_equal(q->checks->items[1].name, "text equals ");

    struct capture_work w = {0};
    struct buf value;
    struct err e;
    const struct response answer = {
        .status = 200, .body = {"data: x", 7}, .text = {"an ox", 5}, .body_bytes = 7};
    buf_init(&value, 100);
    assert_int_equal(capture_take(&q->captures->items[0], &answer, &w, &value, &e), 0);
    assert_string_equal(buf_text(&value), "an ox");
    assert_true(check_holds(&q->checks->items[0], &answer, &w, &e));
    assert_false(check_holds(&q->checks->items[1], &answer, &w, &e));
    assert_string_equal(e.text, "text equals : not equal to \"\"");
    buf_done(&value);
    capture_work_done(&w);
    scenario_free(s);
}

/* Behind {"load":{"users":1,"duration":1},"tasks":[{, which has 43 characters. */
static void refuses(const char *task, const char *error) {
    char text[1024];
    snprintf(text, sizeof text, "{\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{%s}]}", task);
    must_fail(text, error);
}

static void test_mistakes(void **state) {
    (void)state;
    refuses("\"stream\":\"opnai\"",
            "s.json:1:53: unknown format of a stream \"opnai\"; did you mean \"openai\"?");
    refuses("\"stream\":\"grpc-web\"",
            "s.json:1:53: unknown format of a stream \"grpc-web\"; known are: openai, completions, "
            "responses, anthropic, tgi, ollama, triton, sse, ndjson");
    refuses("\"stream\":true",
            "s.json:1:53: \"stream\" must be a format, like \"openai\", or an object with "
            "\"format\", not true or false (the \"stream\": true that the server wants belongs "
            "into \"json\")");
    refuses("\"stream\":{}",
            "s.json:1:53: \"format\" is missing here; write \"format\": \"openai\"");
    refuses("\"stream\":{\"fromat\":\"sse\"}",
            "s.json:1:54: unknown key \"fromat\" in stream; did you mean \"format\"?");
    refuses("\"stream\":{\"format\":\"openai\",\"token\":\"/x\"}",
            "s.json:1:72: \"token\" applies only to the formats \"sse\" and \"ndjson\"; \"openai\" "
            "says where its tokens are");
    refuses("\"stream\":{\"format\":\"sse\",\"token\":\"x\"}",
            "s.json:1:77: \"token\": at character 1 of x: a JSON Pointer begins with '/', as in "
            "/data/0 "
            "(\"\" is the whole text)");
    refuses("\"stream\":{\"format\":\"sse\",\"token\":\"\"}",
            "s.json:1:77: \"token\" must be a JSON Pointer to a text, like \"/token/text\"; "
            "without it the whole data is the token");
    refuses("\"stream\":{\"format\":\"sse\",\"done\":\"\"}",
            "s.json:1:76: \"done\" is empty; remove it or write a name");
    refuses("\"stream\":{\"format\":\"sse\",\"idle_timeout\":0}",
            "s.json:1:84: \"idle_timeout\" must be more than 0");
    refuses("\"stream\":{\"format\":\"sse\",\"idle_timeout\":\"60s\"}",
            "s.json:1:84: \"idle_timeout\" is not shorter than the scenario's \"timeout\" (60s), "
            "which ends the whole request; increase \"timeout\"");
    refuses("\"stream\":{\"format\":\"sse\",\"cancel_after\":{}}",
            "s.json:1:84: the limit is missing here; write \"tokens\" or \"time\"");
    refuses("\"stream\":{\"format\":\"sse\",\"cancel_after\":{\"tokens\":0}}",
            "s.json:1:94: \"tokens\" must be a whole number from 1 to 1000000000, not 0");
    refuses("\"stream\":{\"format\":\"sse\",\"cancel_after\":{\"token\":1}}",
            "s.json:1:85: unknown key \"token\" in cancel_after; did you mean \"tokens\"?");
    refuses(
        "\"stream\":{\"format\":\"sse\",\"cancel_after\":{\"time\":\"2m\"}}",
        "s.json:1:92: \"time\" is not shorter than the scenario's \"timeout\" (60s), which ends "
        "the whole request; increase \"timeout\"");
    refuses("\"method\":\"HEAD\",\"stream\":\"sse\"",
            "s.json:1:60: \"stream\" needs a body; the method HEAD has none");
    refuses("\"capture\":{\"a\":{\"text\":true}}",
            "s.json:1:60: \"text\" is that of a stream; add \"stream\" to the request, or use "
            "\"body\"");
    refuses("\"checks\":[{\"status\":200},{\"text\":{\"contains\":\"x\"}}]",
            "s.json:1:70: \"text\" is that of a stream; add \"stream\" to the request, or use "
            "\"body\"");
    refuses("\"stream\":\"sse\",\"checks\":[{\"text\":{\"contains\":\"x\"},\"matches\":\"y\"}]",
            "s.json:1:94: \"matches\" cannot be combined with \"text\"; move it into \"text\"");
    refuses("\"stream\":\"sse\",\"capture\":{\"a\":{\"text\":false}}",
            "s.json:1:82: \"text\" must be true");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_is_a_format),
        cmocka_unit_test(test_an_object_has_limits),
        cmocka_unit_test(test_text_is_of_a_stream),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
