/* A stream of any format and any bytes, whole and in pieces: it must be the same answer, and its
 * numbers must agree with each other. The first byte says which format, the second how it is
 * cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "stream/stream.h"
#include "stream/stream_times.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEEP_BYTES 1000

static struct stream_spec spec_of(uint8_t how) {
    static const char *const tokens[] = {NULL, "/a", "", "/choices/0/delta/content"};
    struct stream_spec spec = {.format = (enum stream_format)(how % STREAM_FORMAT_COUNT)};
    if (spec.format == STREAM_FORMAT_SSE || spec.format == STREAM_FORMAT_NDJSON) {
        spec.token = tokens[how / STREAM_FORMAT_COUNT % 4];
        spec.done = how & 0x80 ? "[END]" : NULL;
    }
    return spec;
}

static enum stream_state play(struct stream *s, const char *bytes, size_t n, size_t step,
                              enum stream_body how) {
    enum stream_state state = STREAM_ON;
    stream_begin(s, KEEP_BYTES);
    for (size_t at = 0; at < n; at += step) {
        size_t part = n - at < step ? n - at : step;
        char *copy = malloc(part);
        if (copy == NULL)
            abort();
        memcpy(copy, bytes + at, part);
        state = stream_feed(s, copy, part, 1000 + (int64_t)at * 100, at);
        free(copy);
    }
    stream_end(s, how);
    return state;
}

static void check_result(const struct stream *s, const struct stream_result *r) {
    struct stream_times t;
    int64_t at_ns = 0;
    uint64_t tokens = 0;
    stream_times_begin(&t, r->times, r->times_bytes, r->ttft_ns);
    while (stream_times_next(&t, &at_ns))
        tokens++;
    CHECK(tokens == r->token_events && (tokens == 0 || at_ns == r->last_token_ns));
    CHECK(r->token_events <= r->events && r->reasoning_events <= r->token_events &&
          r->tool_events <= r->token_events);
    CHECK(r->reads <= r->token_events && r->shared_reads <= r->reads);
    CHECK((r->ttft_ns == 0) == (tokens == 0) && (r->ttfo_ns == 0 || r->ttfo_ns >= r->ttft_ns));
    CHECK((r->first_event_ns == 0) == (r->events == 0));
    CHECK(r->output_tokens >= -1 && r->prompt_tokens >= -1 && r->cached_tokens >= -1 &&
          r->reasoning_tokens >= -1);
    CHECK((r->first_tokens > 0) == (tokens > 0));
    CHECK(r->text.len <= KEEP_BYTES && r->reasoning.len <= KEEP_BYTES &&
          r->tools.len <= KEEP_BYTES);
    CHECK((r->finish == STREAM_FINISH_ERROR) == (r->error[0] != '\0') &&
          strlen(r->error) <= STREAM_ERROR_MAX_BYTES);
    CHECK((r->finish == STREAM_FINISH_BROKEN) <= (stream_why(s)[0] != '\0'));
    CHECK((int)r->finish < STREAM_FINISH_COUNT);
}

static void same_text(struct bytes a, const char *copy, size_t n) {
    CHECK(a.len == n && memcmp(a.data, copy, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    const char *bytes = (const char *)data + 2;
    size_t n = size - 2, step = (size_t)(data[1] >> 1) + 1;
    enum stream_body how = data[1] & 1 ? STREAM_BODY_COMPLETE : STREAM_BODY_LOST;
    struct stream_spec spec = spec_of(data[0]);
    struct stream *s = stream_new(&spec);
    CHECK(s != NULL);
    enum stream_state state = play(s, bytes, n, n + 1, how);
    struct stream_result a = *stream_result(s);
    enum stream_verdict verdict = stream_verdict(s);
    check_result(s, &a);
    char text[KEEP_BYTES + 1], tools[KEEP_BYTES + 1], error[STREAM_ERROR_MAX_BYTES + 1];
    memcpy(text, a.text.data, a.text.len);
    memcpy(tools, a.tools.data, a.tools.len);
    memcpy(error, a.error, strlen(a.error) + 1);

    CHECK(play(s, bytes, n, step, how) == state && stream_verdict(s) == verdict);
    const struct stream_result *b = stream_result(s);
    check_result(s, b);
    same_text(b->text, text, a.text.len);
    same_text(b->tools, tools, a.tools.len);
    CHECK(strcmp(b->error, error) == 0);
    CHECK(a.events == b->events && a.token_events == b->token_events &&
          a.after_done == b->after_done);
    CHECK(a.reasoning_events == b->reasoning_events && a.tool_events == b->tool_events &&
          a.done == b->done);
    CHECK(a.output_tokens == b->output_tokens && a.prompt_tokens == b->prompt_tokens &&
          a.cached_tokens == b->cached_tokens);
    CHECK(a.reasoning_tokens == b->reasoning_tokens && a.first_tokens == b->first_tokens &&
          a.finish == b->finish);
    CHECK(a.text_cut == b->text_cut);
    stream_free(s);
    return 0;
}
