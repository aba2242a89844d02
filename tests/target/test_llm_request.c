/* What requests to language models ask for, in each interface's own words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "target/llm_request.h"

static struct llm_request parsed(enum llm_api api, const char *body) {
    struct llm_request r;
    struct err e = {""};
    if (llm_request_parse(api, body, strlen(body), &r, &e) != 0)
        fail_msg("%s: %s", body, e.text);
    return r;
}

static void the_smallest_limit_counts_by_any_name(void **state) {
    (void)state;
    static const struct {
        enum llm_api api;
        const char *body;
        int64_t max;
    } cases[] = {
        {LLM_CHAT, "{\"messages\":[{\"content\":\"a\"}]}", -1},
        {LLM_CHAT, "{\"messages\":[{\"content\":\"a\"}],\"max_tokens\":null}", -1},
        {LLM_CHAT, "{\"messages\":[{\"content\":\"a\"}],\"max_tokens\":9}", 9},
        {LLM_CHAT, "{\"messages\":[{\"content\":\"a\"}],\"max_completion_tokens\":8}", 8},
        {LLM_CHAT,
         "{\"messages\":[{\"content\":\"a\"}],\"max_completion_tokens\":8,\"max_tokens\":3}", 3},
        {LLM_COMPLETIONS, "{\"prompt\":\"a\",\"n_predict\":7}", 7},
        {LLM_COMPLETIONS, "{\"prompt\":\"a\",\"n_predict\":-1}", -1},
        {LLM_COMPLETIONS, "{\"prompt\":\"a\",\"n_predict\":-1,\"max_tokens\":5}", 5},
        {LLM_RESPONSES, "{\"input\":\"a\",\"max_output_tokens\":6}", 6},
        {LLM_TGI, "{\"inputs\":\"a\",\"parameters\":{\"max_new_tokens\":5}}", 5},
        {LLM_OLLAMA_GENERATE, "{\"prompt\":\"a\",\"options\":{\"num_predict\":4}}", 4},
        {LLM_OLLAMA_GENERATE, "{\"prompt\":\"a\",\"options\":{\"num_predict\":-2}}", -1},
        {LLM_OLLAMA_GENERATE, "{\"prompt\":\"a\",\"options\":{\"num_predict\":0}}", 0},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        if (parsed(cases[k].api, cases[k].body).max_tokens != cases[k].max)
            fail_msg("%s", cases[k].body);
}

static void a_prompt_has_as_many_tokens_as_words(void **state) {
    (void)state;
    static const struct {
        enum llm_api api;
        const char *body;
        uint64_t words;
    } cases[] = {
        {LLM_COMPLETIONS, "{\"prompt\":\"\"}", 0},
        {LLM_COMPLETIONS, "{\"prompt\":\"  one\\ttwo\\nthree  \"}", 3},
        {LLM_COMPLETIONS, "{\"prompt\":[\"one two\"]}", 2},
        {LLM_COMPLETIONS, "{\"prompt\":[11,12,13]}", 3},
        {LLM_CHAT,
         "{\"messages\":[{\"role\":\"system\",\"content\":\"be "
         "brief\"},{\"role\":\"user\",\"content\":"
         "[{\"type\":\"text\",\"text\":\"what is this\"},{\"type\":\"image_url\",\"image_url\":"
         "{\"url\":\"http://x y\"}}]}]}",
         5},
        {LLM_MESSAGES,
         "{\"max_tokens\":1,\"system\":[{\"type\":\"text\",\"text\":\"a b\"}],\"messages\":"
         "[{\"role\":\"user\",\"content\":\"c d e\"}]}",
         5},
        {LLM_RESPONSES,
         "{\"instructions\":\"a\",\"input\":[{\"role\":\"user\",\"content\":\"b c\"}]}", 3},
        {LLM_OLLAMA_GENERATE, "{\"system\":\"a b\",\"prompt\":\"c\"}", 3},
        {LLM_TGI, "{\"inputs\":\"größe 東京\"}", 2},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        uint64_t words = parsed(cases[k].api, cases[k].body).prompt_tokens;
        if (words != cases[k].words)
            fail_msg("%s: %d", cases[k].body, (int)words);
    }
}

static void streaming_is_as_the_interface_has_it(void **state) {
    (void)state;
    assert_false(parsed(LLM_COMPLETIONS, "{\"prompt\":\"a\"}").stream);
    assert_true(parsed(LLM_COMPLETIONS, "{\"prompt\":\"a\",\"stream\":true}").stream);
    assert_true(parsed(LLM_TGI, "{\"inputs\":\"a\"}").stream);
    assert_true(parsed(LLM_OLLAMA_GENERATE, "{\"prompt\":\"a\"}").stream);
    assert_false(parsed(LLM_OLLAMA_GENERATE, "{\"prompt\":\"a\",\"stream\":false}").stream);
    struct llm_request r = parsed(LLM_COMPLETIONS, "{\"prompt\":\"a\",\"stream\":true,"
                                                   "\"stream_options\":{\"include_usage\":true,"
                                                   "\"continuous_usage_stats\":true}}");
    assert_true(r.usage_last && r.usage_each);
    r = parsed(LLM_COMPLETIONS, "{\"prompt\":\"a\",\"ignore_eos\":true,\"min_tokens\":3,"
                                "\"max_tokens\":4,\"model\":\"big\"}");
    assert_true(r.ignore_eos && !r.usage_last);
    assert_int_equal(r.min_tokens, 3);
    assert_string_equal(r.model, "big");
}

static void what_cannot_be_answered_is_refused_by_its_key(void **state) {
    (void)state;
    static const struct {
        enum llm_api api;
        const char *body, *says;
    } bad[] = {
        {LLM_CHAT, "", "body"},
        {LLM_CHAT, "[1]", "object"},
        {LLM_CHAT, "{\"messages\":[]", "body:1"},
        {LLM_CHAT, "{}", "messages"},
        {LLM_CHAT, "{\"messages\":[]}", "messages"},
        {LLM_CHAT, "{\"messages\":\"hello\"}", "messages"},
        {LLM_COMPLETIONS, "{}", "prompt"},
        {LLM_COMPLETIONS, "{\"prompt\":5}", "prompt"},
        {LLM_COMPLETIONS, "{\"prompt\":[\"a\",\"b\"]}", "2 prompts"},
        {LLM_COMPLETIONS, "{\"prompt\":\"a\",\"n\":2}", "n must"},
        {LLM_COMPLETIONS, "{\"prompt\":\"a\",\"stream\":\"yes\"}", "stream"},
        {LLM_COMPLETIONS, "{\"prompt\":\"a\",\"max_tokens\":0}", "max_tokens"},
        {LLM_COMPLETIONS, "{\"prompt\":\"a\",\"max_tokens\":1.5}", "max_tokens"},
        {LLM_COMPLETIONS, "{\"prompt\":\"a\",\"max_tokens\":\"9\"}", "max_tokens"},
        {LLM_COMPLETIONS, "{\"prompt\":\"a\",\"max_tokens\":2,\"min_tokens\":3}", "min_tokens"},
        {LLM_COMPLETIONS, "{\"prompt\":\"a\",\"model\":\"\"}", "model"},
        {LLM_COMPLETIONS, "{\"prompt\":\"a\",\"model\":[]}", "model"},
        {LLM_RESPONSES, "{}", "input"},
        {LLM_TGI, "{}", "inputs"},
        {LLM_MESSAGES, "{\"messages\":[{\"content\":\"a\"}]}", "max_tokens is missing"},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct llm_request r = {.max_tokens = 77};
        struct err e = {""};
        if (llm_request_parse(bad[k].api, bad[k].body, strlen(bad[k].body), &r, &e) == 0)
            fail_msg("%s was taken", bad[k].body);
        if (strstr(e.text, bad[k].says) == NULL)
            fail_msg("%s: %s", bad[k].body, e.text);
        assert_int_equal(r.max_tokens, 77);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_limit_counts_by_any_name),
        cmocka_unit_test(a_prompt_has_as_many_tokens_as_words),
        cmocka_unit_test(streaming_is_as_the_interface_has_it),
        cmocka_unit_test(what_cannot_be_answered_is_refused_by_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
