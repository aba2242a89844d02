/* A stream's limits, ends and memory. What it reads in each format is in test_samples.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream/stream.h"
#include "util/buf.h"
#include "util/text.h"

#define TOKEN(text) "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define STOP "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE "data: [DONE]\n\n"

static struct stream *new_stream(enum stream_format format) {
    struct stream *s = stream_new(&(struct stream_spec){.format = format});
    assert_non_null(s);
    stream_begin(s, 1 << 16);
    return s;
}

static enum stream_state feed(struct stream *s, const char *text) {
    return stream_feed(s, text, strlen(text), 1000, 0);
}

static const struct stream_result *ended(struct stream *s, enum stream_body how) {
    stream_end(s, how);
    return stream_result(s);
}

static void ends(void **state) {
    (void)state;
    static const char *const bodies[] = {TOKEN("a"), TOKEN("a") STOP, TOKEN("a") STOP DONE,
                                         STOP DONE,
                                         TOKEN("a") "data: {\"error\":{\"message\":\"no\"}}\n\n"};
    enum { NONE = STREAM_FINISH_NONE, STOPPED = STREAM_FINISH_STOP, CUT = STREAM_FINISH_CUT };
    static const struct {
        enum stream_body how;
        int finish[5];
        enum stream_verdict verdict[5];
    } cases[] = {
        {STREAM_BODY_COMPLETE,
         {CUT, STOPPED, STOPPED, STOPPED, STREAM_FINISH_ERROR},
         {STREAM_VERDICT_CUT, STREAM_VERDICT_OK, STREAM_VERDICT_OK, STREAM_VERDICT_NO_TOKENS,
          STREAM_VERDICT_ERROR}},
        {STREAM_BODY_LOST,
         {CUT, STOPPED, STOPPED, STOPPED, STREAM_FINISH_ERROR},
         {STREAM_VERDICT_CUT, STREAM_VERDICT_OK, STREAM_VERDICT_OK, STREAM_VERDICT_NO_TOKENS,
          STREAM_VERDICT_ERROR}},
        {STREAM_BODY_IDLE,
         {STREAM_FINISH_IDLE, STREAM_FINISH_IDLE, STREAM_FINISH_IDLE, STREAM_FINISH_IDLE,
          STREAM_FINISH_ERROR},
         {STREAM_VERDICT_IDLE, STREAM_VERDICT_IDLE, STREAM_VERDICT_IDLE, STREAM_VERDICT_IDLE,
          STREAM_VERDICT_ERROR}},
        {STREAM_BODY_CANCEL_AFTER,
         {STREAM_FINISH_CANCEL_AFTER, STREAM_FINISH_CANCEL_AFTER, STREAM_FINISH_CANCEL_AFTER,
          STREAM_FINISH_CANCEL_AFTER, STREAM_FINISH_ERROR},
         {STREAM_VERDICT_OK, STREAM_VERDICT_OK, STREAM_VERDICT_OK, STREAM_VERDICT_OK,
          STREAM_VERDICT_ERROR}},
        {STREAM_BODY_CANCELLED,
         {STREAM_FINISH_CANCELLED, STREAM_FINISH_CANCELLED, STREAM_FINISH_CANCELLED,
          STREAM_FINISH_CANCELLED, STREAM_FINISH_ERROR},
         {STREAM_VERDICT_OK, STREAM_VERDICT_OK, STREAM_VERDICT_OK, STREAM_VERDICT_OK,
          STREAM_VERDICT_ERROR}},
        {STREAM_BODY_TIMEOUT,
         {STREAM_FINISH_TIMEOUT, STREAM_FINISH_TIMEOUT, STREAM_FINISH_TIMEOUT,
          STREAM_FINISH_TIMEOUT, STREAM_FINISH_ERROR},
         {STREAM_VERDICT_OK, STREAM_VERDICT_OK, STREAM_VERDICT_OK, STREAM_VERDICT_OK,
          STREAM_VERDICT_ERROR}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t b = 0; b < 5; b++) {
            struct stream *s = new_stream(STREAM_FORMAT_OPENAI);
            assert_int_equal(feed(s, bodies[b]), STREAM_ON);
            const struct stream_result *r = ended(s, cases[i].how);
            if ((int)r->finish != cases[i].finish[b] || stream_verdict(s) != cases[i].verdict[b])
                fail_msg("body %zu, end %zu: %s, verdict %d", b, i,
                         stream_finish_text((int)r->finish), (int)stream_verdict(s));
            assert_int_equal(r->token_events, b != 3);
            stream_free(s);
        }
}

/* What a lost connection has cut is no event; what came whole before is one, also without its empty
 * line. */
static void a_lost_body(void **state) {
    (void)state;
    struct stream *s = new_stream(STREAM_FORMAT_OPENAI);
    feed(s, TOKEN("a") "data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\ndata: ");
    const struct stream_result *r = ended(s, STREAM_BODY_LOST);
    assert_int_equal(r->token_events, 2);
    assert_int_equal(r->text.len, 2);
    assert_memory_equal(r->text.data, "ab", 2);
    stream_begin(s, 100);
    feed(s, TOKEN("a") "data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}");
    r = ended(s, STREAM_BODY_LOST);
    assert_int_equal(r->token_events, 1);
    assert_int_equal(r->events, 1);
    assert_int_equal(r->finish, STREAM_FINISH_CUT);
    stream_free(s);
}

/* The same of lines; and no body at all. */
static void a_lost_line(void **state) {
    (void)state;
    struct stream *s = new_stream(STREAM_FORMAT_OLLAMA);
    for (int lost = 0; lost < 2; lost++) {
        stream_begin(s, 100);
        feed(s, "{\"response\":\"a\"}\n{\"response\":\"b\"}");
        const struct stream_result *r = ended(s, lost ? STREAM_BODY_LOST : STREAM_BODY_COMPLETE);
        assert_int_equal(r->token_events, 2 - lost);
        assert_int_equal(r->finish, STREAM_FINISH_CUT);
    }
    stream_begin(s, 100);
    assert_int_equal(ended(s, STREAM_BODY_COMPLETE)->events, 0);
    assert_int_equal(stream_verdict(s), STREAM_VERDICT_CUT);
    stream_free(s);
    s = new_stream(STREAM_FORMAT_TRITON);
    assert_int_equal(ended(s, STREAM_BODY_COMPLETE)->finish, STREAM_FINISH_NONE);
    assert_int_equal(stream_verdict(s), STREAM_VERDICT_NO_TOKENS);
    stream_begin(s, 100);
    assert_int_equal(ended(s, STREAM_BODY_LOST)->finish, STREAM_FINISH_CUT);
    stream_free(s);
}

static void what_is_not_json(void **state) {
    (void)state;
    static const char *const bad[] = {"data: Internal Server Error\n\n",
                                      "data: {\"choices\":[}\n\n",
                                      "data: {} {}\n\n",
                                      "data: {\"a\":01}\n\n",
                                      "data: {\"a\":\"\t\"}\n\n",
                                      "data: {\"a\" 1}\n\n",
                                      "data: {\"a\":1,}\n\n",
                                      "data: [1,]\n\n",
                                      "data: \x01\x02\xff\n\n",
                                      "data: \"\\x\"\n\n",
                                      "data: nul\n\n",
                                      "data: {\"a\":\"\n\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct stream *s = new_stream(STREAM_FORMAT_OPENAI);
        assert_int_equal(feed(s, TOKEN("a")), STREAM_ON);
        if (feed(s, bad[i]) != STREAM_BROKEN)
            fail_msg("%s", bad[i]);
        assert_string_equal(stream_why(s), "an event of the stream is not JSON");
        assert_int_equal(feed(s, TOKEN("b")), STREAM_BROKEN);
        const struct stream_result *r = ended(s, STREAM_BODY_COMPLETE);
        assert_int_equal(r->token_events, 1);
        assert_int_equal(r->events, 1);
        assert_int_equal(r->finish, STREAM_FINISH_BROKEN);
        assert_int_equal(stream_verdict(s), STREAM_VERDICT_BROKEN);
        stream_free(s);
    }
}

/* Half of the tokens of an event that breaks off count for nothing, not in the text either. */
static void half_an_event(void **state) {
    (void)state;
    struct stream *s = new_stream(STREAM_FORMAT_OPENAI);
    feed(s, TOKEN("a") "data: "
                       "{\"choices\":[{\"delta\":{\"content\":\"b\",\"tool_calls\":[{\"function\":{"
                       "\"arguments\":\"c\"}}]}}],\"x\n\n");
    const struct stream_result *r = ended(s, STREAM_BODY_COMPLETE);
    assert_int_equal(r->text.len, 1);
    assert_int_equal(r->tools.len, 0);
    assert_int_equal(r->tool_events, 0);
    stream_free(s);
}

static void nested(struct buf *b, int depth) {
    buf_clear(b);
    buf_str(b, "data: ");
    for (int i = 0; i < depth; i++)
        buf_str(b, i % 2 == 0 ? "[" : "{\"a\":");
    for (int i = depth; i-- > 0;)
        buf_str(b, i % 2 == 0 ? "]" : (i == depth - 1 ? "1}" : "}"));
    buf_str(b, "\n\n");
}

static void deep_json(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 16);
    for (int depth = 62; depth <= 68; depth += 2) {
        struct stream *s = new_stream(STREAM_FORMAT_OPENAI);
        nested(&b, depth);
        assert_int_equal(feed(s, buf_text(&b)), depth <= 64 ? STREAM_ON : STREAM_BROKEN);
        stream_free(s);
    }
    buf_done(&b);
}

/* Feeds `text` again and again until the stream breaks; says how many bytes that took. */
static size_t until_broken(struct stream *s, const char *text, size_t most) {
    size_t n = 0;
    while (n < most && feed(s, text) == STREAM_ON)
        n += strlen(text);
    return n;
}

static void endless(void **state) {
    (void)state;
    static const struct {
        enum stream_format format;
        const char *start, *again;
        bool breaks;
    } cases[] = {
        {STREAM_FORMAT_OPENAI, "data: ", "0123456789abcdef", true},
        {STREAM_FORMAT_OPENAI, "", "data: 0123456789abcdef\n", true},
        {STREAM_FORMAT_OPENAI, "", "data\n", true},
        {STREAM_FORMAT_OPENAI, "id: ", "0123456789abcdef", true},
        {STREAM_FORMAT_OPENAI, ":", "0123456789abcdef", false},
        {STREAM_FORMAT_OPENAI, "", ": ping\n", false},
        {STREAM_FORMAT_OPENAI, "", "event: 0123456789abcdef\n", false},
        {STREAM_FORMAT_OPENAI, "", "\n", false},
        {STREAM_FORMAT_OLLAMA, "", "0123456789abcdef", true},
        {STREAM_FORMAT_OLLAMA, "", " \n", false},
    };
    const size_t most = 6 << 20;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stream *s = new_stream(cases[i].format);
        feed(s, cases[i].start);
        size_t n = until_broken(s, cases[i].again, most);
        if (cases[i].breaks) {
            assert_string_equal(stream_why(s), "an event of the stream is larger than 1 MiB");
            assert_true(n >= 900 << 10 && n < most);
        } else {
            assert_int_equal(n, (most + strlen(cases[i].again) - 1) / strlen(cases[i].again) *
                                    strlen(cases[i].again));
            assert_true(stream_memory(s) < 4096);
        }
        stream_begin(s, 0); /* and no large buffer stays */
        assert_true(stream_memory(s) < 4096);
        assert_int_equal(feed(s, cases[i].format == STREAM_FORMAT_OLLAMA ? "{\"response\":\"a\"}\n"
                                                                         : TOKEN("a")),
                         STREAM_ON);
        assert_int_equal(ended(s, STREAM_BODY_COMPLETE)->token_events, 1);
        stream_free(s);
    }
}

/* An event of 1 MiB is taken, one byte more is not: in one piece as in two. */
static void the_largest_event(void **state) {
    (void)state;
    static const char head[] = "data: {\"choices\":[{\"delta\":{\"content\":\"", tail[] = "\"}}]}";
    for (size_t more = 0; more < 2; more++)
        for (size_t pieces = 1; pieces < 3; pieces++) {
            struct stream *s = new_stream(STREAM_FORMAT_OPENAI);
            struct buf b;
            buf_init(&b, 2 << 20);
            buf_str(&b, head);
            char *room = buf_room(&b, STREAM_EVENT_MAX_BYTES - strlen(head) - strlen(tail) + more);
            memset(room, 'x', STREAM_EVENT_MAX_BYTES - strlen(head) - strlen(tail) + more);
            buf_str(&b, tail);
            buf_str(&b, "\n\n");
            assert_true(buf_ok(&b));
            size_t first = pieces == 1 ? b.len : 1000;
            (void)stream_feed(s, b.data, first, 1, 0);
            if (first < b.len)
                (void)stream_feed(s, b.data + first, b.len - first, 1, 0);
            const struct stream_result *r = ended(s, STREAM_BODY_COMPLETE);
            assert_int_equal(r->token_events, 1 - more);
            assert_int_equal(r->finish == STREAM_FINISH_BROKEN, more);
            buf_done(&b);
            stream_free(s);
        }
}

static void enough(void **state) {
    (void)state;
    struct stream *s =
        stream_new(&(struct stream_spec){.format = STREAM_FORMAT_OPENAI, .cancel_tokens = 2});
    stream_begin(s, 100);
    assert_int_equal(feed(s, TOKEN("a") ": ping\n\n"), STREAM_ON);
    assert_int_equal(feed(s, TOKEN("b") TOKEN("c") DONE), STREAM_ENOUGH);
    assert_int_equal(feed(s, TOKEN("d")), STREAM_ENOUGH);
    const struct stream_result *r = ended(s, STREAM_BODY_CANCEL_AFTER);
    assert_int_equal(r->token_events, 2);
    assert_int_equal(r->text.len, 2);
    assert_memory_equal(r->text.data, "ab", 2);
    assert_false(r->done);
    assert_int_equal(r->finish, STREAM_FINISH_CANCEL_AFTER);
    /* The server counts in each event: three tokens are enough, though in one event. */
    stream_begin(s, 100);
    assert_int_equal(feed(s, "data: "
                             "{\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":{"
                             "\"completion_tokens\":3}}\n\n"),
                     STREAM_ENOUGH);
    /* Only tokens are enough: usage at the end is no reason to cancel what is over. */
    stream_begin(s, 100);
    assert_int_equal(
        feed(s, TOKEN("a") "data: {\"choices\":[],\"usage\":{\"completion_tokens\":9}}\n\n" DONE),
        STREAM_ON);
    stream_free(s);
}

/* Each limit on the text kept gives the longest start of whole characters within it. */
static void text_is_cut(void **state) {
    (void)state;
    static const char whole[] = "a\xc3\xa9\xf0\x9f\x98\x80z";
    struct stream *s = new_stream(STREAM_FORMAT_OPENAI);
    for (size_t keep = 0; keep <= sizeof whole; keep++) {
        size_t fits = keep >= 8 ? 8 : keep == 7 ? 7 : keep >= 3 ? 3 : keep >= 1 ? 1 : 0;
        stream_begin(s, keep);
        feed(s, TOKEN("a\xc3\xa9") TOKEN("\\ud83d") TOKEN("\\ude00z") DONE);
        const struct stream_result *r = ended(s, STREAM_BODY_COMPLETE);
        assert_int_equal(r->token_events, 3);
        assert_int_equal(r->text.len, fits);
        assert_memory_equal(r->text.data, whole, fits);
        assert_int_equal(r->text_cut, fits < 8);
    }
    stream_free(s);
}

static void an_answer_leaves_nothing(void **state) {
    (void)state;
    static const char *const halves[] = {
        "\xef\xbb",
        "data: {\"cho",
        "event: error\n",
        "data: x\n",
        "\r",
        TOKEN("\\ud83d") "data: {\"error\":\"e\",\"usage\":{\"prompt_tokens\":1}}\n\n" DONE,
        "data: nonsense\n\n"};
    struct stream *s = new_stream(STREAM_FORMAT_OPENAI);
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        stream_begin(s, 100);
        stream_feed(s, halves[i], strlen(halves[i]), 5000, 7);
        stream_begin(s, 100);
        assert_int_equal(
            stream_feed(s, "\n" TOKEN("\\ude00") STOP, strlen("\n" TOKEN("\\ude00") STOP), 1000, 7),
            STREAM_ON);
        const struct stream_result *r = ended(s, STREAM_BODY_COMPLETE);
        assert_int_equal(r->events, 2);
        assert_int_equal(r->token_events, 1);
        assert_int_equal(r->reads, 1);
        assert_int_equal(r->shared_reads, 0);
        assert_int_equal(r->ttft_ns, 1000);
        assert_int_equal(r->prompt_tokens, -1);
        assert_int_equal(r->times_bytes, 1);
        assert_string_equal(r->error, "");
        assert_false(r->done);
        assert_int_equal(r->finish, STREAM_FINISH_STOP);
        assert_int_equal(r->text.len, 3);
        assert_memory_equal(r->text.data, "\xef\xbf\xbd", 3);
    }
    stream_free(s);
}

/* A clock of the kernel may be a little behind our own. */
static void time_does_not_fall(void **state) {
    (void)state;
    struct stream *s = new_stream(STREAM_FORMAT_OPENAI);
    static const int64_t at[] = {1000, 3000, 2000, 3500};
    for (size_t i = 0; i < 4; i++)
        stream_feed(s, TOKEN("a"), strlen(TOKEN("a")), at[i], i);
    const struct stream_result *r = ended(s, STREAM_BODY_COMPLETE);
    static const unsigned char times[] = {0, 0xd0, 0x0f, 0, 0xf4, 0x03}; /* 0, 2000, 0, 500 */
    assert_int_equal(r->times_bytes, sizeof times);
    assert_memory_equal(r->times, times, sizeof times);
    assert_int_equal(r->last_token_ns - r->ttft_ns, 2500);
    stream_free(s);
}

static void memory_of_a_thousand_tokens(void **state) {
    (void)state;
    struct stream *s = stream_new(&(struct stream_spec){.format = STREAM_FORMAT_OPENAI});
    stream_begin(s, 0);
    static const char event[] =
        "data: "
        "{\"id\":\"chatcmpl-9x\",\"object\":\"chat.completion.chunk\",\"created\":1754523863,"
        "\"model\":"
        "\"meta-llama/Llama-3.1-8B-Instruct\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" "
        "word\"},"
        "\"logprobs\":null,\"finish_reason\":null}]}\n\n";
    for (int64_t i = 0; i < 1000; i++) { /* in two reads each, so that a part is kept */
        stream_feed(s, event, 100, i * 50000000, (uint64_t)i * 2);
        stream_feed(s, event + 100, strlen(event) - 100, i * 50000000 + 1000, (uint64_t)i * 2 + 1);
    }
    const struct stream_result *r = ended(s, STREAM_BODY_COMPLETE);
    assert_int_equal(r->token_events, 1000);
    assert_int_equal(r->reads, 1000);
    if (stream_memory(s) > 5632)
        fail_msg("%zu bytes", stream_memory(s));
    stream_free(s);
}

static void words(void **state) {
    (void)state;
    static const char *const formats[] = {"openai", "completions", "responses", "anthropic", "tgi",
                                          "ollama", "triton",      "sse",       "ndjson"};
    assert_int_equal(STREAM_FORMAT_COUNT, 9);
    for (int i = 0; i < 9; i++) {
        assert_string_equal(stream_format_text(i), formats[i]);
        assert_int_equal(stream_format_of(formats[i], strlen(formats[i])), i);
    }
    assert_int_equal(stream_format_of("opena", 5), -1);
    assert_int_equal(stream_format_of("openaix", 7), -1);
    assert_int_equal(stream_format_of("", 0), -1);
    assert_string_equal(stream_format_text(-1), "unknown");
    assert_string_equal(stream_format_text(9), "unknown");
    assert_string_equal(stream_finish_text(STREAM_FINISH_COUNT), "unknown");
    assert_null(stream_new(&(struct stream_spec){.format = STREAM_FORMAT_SSE, .token = "text"}));
    stream_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends),
        cmocka_unit_test(a_lost_body),
        cmocka_unit_test(a_lost_line),
        cmocka_unit_test(what_is_not_json),
        cmocka_unit_test(half_an_event),
        cmocka_unit_test(deep_json),
        cmocka_unit_test(endless),
        cmocka_unit_test(the_largest_event),
        cmocka_unit_test(enough),
        cmocka_unit_test(text_is_cut),
        cmocka_unit_test(an_answer_leaves_nothing),
        cmocka_unit_test(time_does_not_fall),
        cmocka_unit_test(memory_of_a_thousand_tokens),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
