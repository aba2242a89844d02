/* When each write of an answer is due, against times that were added up by hand; 1 unit = 1 ns.
 * What the writes contain, independent readers check in tests/cli/target_tokens.bats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "target/token_stream.h"

static const struct token_spec plain = {.tokens = {.low = 5},
                                        .ttft = {.low = 100},
                                        .gap = {.low = 10},
                                        .tokens_per_event = 1,
                                        .events_per_write = 1};

/* One line a write: "tokens 0+2 @110;"; times from the start. */
static const char *writes(const struct token_spec *spec, enum llm_api api,
                          const struct llm_request *request) {
    static char line[4096];
    struct token_stream s;
    struct buf out, list;
    buf_init(&out, 1 << 20);
    buf_init(&list, sizeof line - 1);
    token_stream_init(&s, spec, 1, 7, api, request, 1000, 500);
    for (token_stream_prepare(&s, &out); s.kind != TOKEN_WRITE_OVER && list.len < 3000;
         token_stream_prepare(&s, &out)) {
        assert_true(s.kind == TOKEN_WRITE_BREAK || s.kind == TOKEN_WRITE_END || out.len > 0);
        buf_printf(&list, "%s %d+%d @%d;", token_write_text(s.kind), (int)s.first, (int)s.count,
                   (int)(s.due_ns - 1000));
        buf_clear(&out);
    }
    memcpy(line, buf_text(&list), list.len + 1);
    buf_done(&out);
    buf_done(&list);
    return line;
}

static const char *chat(const struct token_spec *spec) {
    return writes(spec, LLM_CHAT, &(struct llm_request){.stream = true, .max_tokens = -1});
}

static void token_k_is_due_after_the_first_and_k_gaps(void **state) {
    (void)state;
    assert_string_equal(chat(&plain), "tokens 0+1 @100;tokens 1+1 @110;tokens 2+1 @120;"
                                      "tokens 3+1 @130;tokens 4+1 @140;end 5+0 @140;");
}

static void tokens_of_an_event_come_with_the_first_events_of_a_write_with_the_last(void **state) {
    (void)state;
    struct token_spec spec = plain;
    spec.tokens_per_event = 2;
    assert_string_equal(chat(&spec),
                        "tokens 0+2 @100;tokens 2+2 @120;tokens 4+1 @140;end 5+0 @140;");
    spec.events_per_write = 2;
    assert_string_equal(chat(&spec), "tokens 0+4 @120;tokens 4+1 @140;end 5+0 @140;");
    spec.tokens_per_event = 1;
    assert_string_equal(chat(&spec),
                        "tokens 0+2 @110;tokens 2+2 @130;tokens 4+1 @140;end 5+0 @140;");
}

static void an_event_has_either_reasoning_or_answer(void **state) {
    (void)state;
    struct token_spec spec = plain;
    spec.tokens_per_event = 2;
    spec.reasoning = 3;
    assert_string_equal(chat(&spec), "tokens 0+2 @100;tokens 2+1 @120;tokens 3+2 @130;"
                                     "end 5+0 @130;");
}

static void a_role_comes_at_once_and_pings_fill_silence(void **state) {
    (void)state;
    struct token_spec spec = plain;
    spec.role_first = true;
    spec.ping_ns = 40;
    spec.tokens.low = 2;
    assert_string_equal(chat(&spec), "begin 0+0 @0;ping 0+0 @40;ping 0+0 @80;tokens 0+1 @100;"
                                     "tokens 1+1 @110;end 2+0 @110;");
    /* Ollama has neither. */
    assert_string_equal(
        writes(&spec, LLM_OLLAMA_CHAT, &(struct llm_request){.stream = true, .max_tokens = -1}),
        "tokens 0+1 @100;tokens 1+1 @110;end 2+0 @110;");
}

static void a_break_comes_after_half_when_the_next_token_would_be_due(void **state) {
    (void)state;
    struct token_spec spec = plain;
    const char *half = "tokens 0+1 @100;tokens 1+1 @110;tokens 2+1 @120;break 3+0 @130;";
    spec.end = TOKEN_END_CLOSE;
    assert_string_equal(chat(&spec), half);
    spec.end = TOKEN_END_RESET;
    assert_string_equal(chat(&spec), half);
    spec.end = TOKEN_END_STALL;
    assert_string_equal(chat(&spec), half);
    spec.end = TOKEN_END_ERROR;
    spec.tokens_per_event = 2;
    assert_string_equal(chat(&spec), "tokens 0+2 @100;tokens 2+1 @120;error 3+0 @130;");
    spec.tokens.low = 0;
    assert_string_equal(chat(&spec), "error 0+0 @100;");
}

static void a_limit_shortens_and_says_so(void **state) {
    (void)state;
    static const struct {
        int64_t least, most;
        bool ignore_eos;
        uint64_t tokens;
        bool limited;
    } cases[] = {{0, -1, false, 5, false}, {0, 9, false, 5, false}, {0, 5, false, 5, true},
                 {0, 3, false, 3, true},   {7, 9, false, 7, false}, {0, 9, true, 9, true},
                 {7, 7, false, 7, true},   {0, -1, true, 5, false}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct token_stream s;
        struct llm_request r = {.min_tokens = cases[k].least,
                                .max_tokens = cases[k].most,
                                .ignore_eos = cases[k].ignore_eos};
        token_stream_init(&s, &plain, 1, 7, LLM_CHAT, &r, 0, 0);
        assert_int_equal(s.answer.tokens, cases[k].tokens);
        assert_int_equal(s.answer.limited, cases[k].limited);
    }
}

/* Drawn gaps: the sum over the writes is what an answer in one piece waits for, and it does not
 * depend on how tokens are put together. */
static void drawn_gaps_add_up_to_the_same_end(void **state) {
    (void)state;
    struct token_spec spec = plain;
    struct token_stream s;
    struct llm_request r = {.stream = true, .max_tokens = -1};
    int64_t last_ns = 0;
    spec.gap = (struct variate){.kind = VARIATE_LOGNORMAL, .low = 1000000, .sigma = 1};
    spec.tokens = (struct variate){.kind = VARIATE_UNIFORM, .low = 50, .high = 60};
    for (uint64_t per_event = 1; per_event <= 60; per_event *= 60) {
        struct buf out;
        buf_init(&out, 1 << 20);
        spec.events_per_write = per_event;
        token_stream_init(&s, &spec, 1, 7, LLM_CHAT, &r, 0, 0);
        int64_t expected_ns = token_stream_last_ns(&s);
        assert_true(last_ns == 0 || last_ns == expected_ns);
        last_ns = expected_ns;
        while (s.kind != TOKEN_WRITE_END)
            token_stream_prepare(&s, &out);
        assert_int_equal(s.due_ns, expected_ns);
        buf_done(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_k_is_due_after_the_first_and_k_gaps),
        cmocka_unit_test(tokens_of_an_event_come_with_the_first_events_of_a_write_with_the_last),
        cmocka_unit_test(an_event_has_either_reasoning_or_answer),
        cmocka_unit_test(a_role_comes_at_once_and_pings_fill_silence),
        cmocka_unit_test(a_break_comes_after_half_when_the_next_token_would_be_due),
        cmocka_unit_test(a_limit_shortens_and_says_so),
        cmocka_unit_test(drawn_gaps_add_up_to_the_same_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
