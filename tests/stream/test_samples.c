/* Streams of real servers, cut at every byte, against what a second reader found in them:
 * reader.py, which has them whole and reads them with Python's json module. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream/stream.h"
#include "stream/stream_times.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/text.h"

#define TOKENS_MAX 64
#define BYTES_MAX ((size_t)1 << 16)

struct sample {
    char name[64], token[64], done[64], finish[32], verdict[32];
    struct stream_spec spec;
    struct buf body;
    long long counts[9];
    int done_said;
    long long first_event, ttfo, tokens[TOKENS_MAX]; /* the byte that completes it */
    size_t n_tokens;
    struct buf texts[4]; /* text, reasoning, tools, error */
};

static const char *line_of(char **at) {
    char *line = *at, *end = strchr(line, '\n');
    assert_non_null(end);
    *end = '\0';
    *at = end + 1;
    return line;
}

static void hex_of(const char *line, struct buf *out) {
    const char *p = strchr(line, ' ');
    assert_non_null(p);
    buf_clear(out);
    for (p++; p[0] != '\0' && p[0] != '-'; p += 2)
        buf_char(out, (char)(text_hex(p[0]) << 4 | text_hex(p[1])));
    assert_true(buf_ok(out));
}

static void offsets_of(const char *line, struct sample *s) {
    char *p;
    assert_int_equal(strncmp(line, "at ", 3), 0);
    s->first_event = strtoll(line + 3, &p, 10);
    s->ttfo = strtoll(p, &p, 10);
    for (s->n_tokens = 0; *p != '\0'; s->n_tokens++) {
        assert_true(s->n_tokens < TOKENS_MAX);
        s->tokens[s->n_tokens] = strtoll(p, &p, 10);
    }
}

/* The next sample of `expected`, with its body. */
static void next_sample(char **at, struct sample *s) {
    struct err e = {""};
    char path[256];
    assert_int_equal(sscanf(line_of(at), "sample %63s", s->name), 1);
    assert_int_equal(sscanf(line_of(at), "spec %63s %63s", s->token, s->done), 2);
    const char *line = line_of(at);
    long long *c = s->counts;
    assert_int_equal(sscanf(line, "counts %lld %lld %lld %lld %lld %lld %lld %lld %lld", &c[0],
                            &c[1], &c[2], &c[3], &c[4], &c[5], &c[6], &c[7], &c[8]),
                     9);
    assert_int_equal(sscanf(line_of(at), "end %31s %d %31s", s->finish, &s->done_said, s->verdict),
                     3);
    offsets_of(line_of(at), s);
    for (size_t i = 0; i < 4; i++)
        hex_of(line_of(at), &s->texts[i]);
    int format = stream_format_of(s->name, strcspn(s->name, "."));
    assert_true(format >= 0);
    s->spec = (struct stream_spec){.format = (enum stream_format)format,
                                   .token = strcmp(s->token, "-") == 0 ? NULL : s->token,
                                   .done = strcmp(s->done, "-") == 0 ? NULL : s->done};
    snprintf(path, sizeof path, "tests/stream/samples/%s", s->name);
    buf_clear(&s->body);
    if (file_read(path, &s->body, &e) != 0)
        fail_msg("%s", e.text);
}

/* ---- How a body is cut ---- */

/* The part that byte `at` is in: cut once, or each byte its own. */
struct cut {
    size_t first; /* bytes of the first part; 0: each byte is a part */
};

static int64_t part_of(struct cut cut, long long at) {
    return cut.first == 0 ? at : at >= (long long)cut.first;
}

static int64_t time_of(struct cut cut, long long at) {
    return at < 0 ? 0 : 1000 * (part_of(cut, at) + 1);
}

static void feed_part(struct stream *s, const char *bytes, size_t n, int64_t part) {
    char *exact = malloc(n);
    assert_non_null(exact);
    memcpy(exact, bytes, n);
    assert_int_equal(stream_feed(s, exact, n, 1000 * (part + 1), (uint64_t)part), STREAM_ON);
    free(exact);
}

static void feed(struct stream *s, const struct sample *sample, struct cut cut) {
    size_t n = sample->body.len;
    const char *bytes = buf_text(&sample->body);
    if (cut.first == 0) {
        for (size_t i = 0; i < n; i++)
            feed_part(s, bytes + i, 1, (int64_t)i);
        return;
    }
    if (cut.first > 0 && n > 0)
        feed_part(s, bytes, cut.first, 0);
    if (cut.first < n)
        feed_part(s, bytes + cut.first, n - cut.first, 1);
}

/* ---- What must come out ---- */

static const char *verdict_text(enum stream_verdict v) {
    static const char *const texts[] = {"ok", "cut", "error", "no_tokens", "idle", "broken"};
    return texts[v];
}

static void same_text(const char *name, const char *what, struct bytes found,
                      const struct buf *wanted) {
    assert_non_null(found.data);
    if (found.len != wanted->len || memcmp(found.data, buf_text(wanted), found.len) != 0)
        fail_msg("%s: %s is \"%.*s\", not \"%s\"", name, what, (int)found.len, found.data,
                 buf_text(wanted));
}

static void same_times(const struct sample *s, const struct stream_result *r, struct cut cut) {
    struct stream_times t;
    int64_t at_ns;
    uint64_t reads = 0, shared = 0, of_read = 0;
    stream_times_begin(&t, r->times, r->times_bytes, r->ttft_ns);
    for (size_t i = 0; i < s->n_tokens; i++) {
        assert_true(stream_times_next(&t, &at_ns));
        assert_int_equal(at_ns, time_of(cut, s->tokens[i]));
        bool new_read = i == 0 || part_of(cut, s->tokens[i]) != part_of(cut, s->tokens[i - 1]);
        of_read = new_read ? 1 : of_read + 1;
        reads += new_read;
        shared += of_read == 2;
    }
    assert_false(stream_times_next(&t, &at_ns));
    assert_int_equal(r->reads, reads);
    assert_int_equal(r->shared_reads, shared);
    assert_int_equal(r->ttft_ns, time_of(cut, s->n_tokens == 0 ? -1 : s->tokens[0]));
    assert_int_equal(r->last_token_ns,
                     time_of(cut, s->n_tokens == 0 ? -1 : s->tokens[s->n_tokens - 1]));
    assert_int_equal(r->ttfo_ns, time_of(cut, s->ttfo));
    assert_int_equal(r->first_event_ns, time_of(cut, s->first_event));
}

static void check(struct stream *stream, const struct sample *s, struct cut cut) {
    stream_begin(stream, BYTES_MAX);
    feed(stream, s, cut);
    stream_end(stream, STREAM_BODY_COMPLETE);
    const struct stream_result *r = stream_result(stream);
    const long long counts[9] = {
        (long long)r->events,      (long long)r->after_done, (long long)r->reasoning_events,
        (long long)r->tool_events, r->output_tokens,         r->prompt_tokens,
        r->cached_tokens,          r->reasoning_tokens,      r->first_tokens};
    for (size_t i = 0; i < 9; i++)
        if (counts[i] != s->counts[i])
            fail_msg("%s cut at %zu: count %zu is %lld, not %lld", s->name, cut.first, i, counts[i],
                     s->counts[i]);
    if (r->token_events != s->n_tokens)
        fail_msg("%s: %" PRIu64 " token events, not %zu", s->name, r->token_events, s->n_tokens);
    if (strcmp(stream_finish_text((int)r->finish), s->finish) != 0 ||
        r->done != (s->done_said != 0))
        fail_msg("%s: finish %s, done %d", s->name, stream_finish_text((int)r->finish), r->done);
    if (strcmp(verdict_text(stream_verdict(stream)), s->verdict) != 0)
        fail_msg("%s: verdict %s, not %s", s->name, verdict_text(stream_verdict(stream)),
                 s->verdict);
    same_text(s->name, "text", r->text, &s->texts[0]);
    same_text(s->name, "reasoning", r->reasoning, &s->texts[1]);
    same_text(s->name, "tools", r->tools, &s->texts[2]);
    same_text(s->name, "error", (struct bytes){r->error, strlen(r->error)}, &s->texts[3]);
    assert_false(r->text_cut);
    assert_string_equal(stream_why(stream), "");
    same_times(s, r, cut);
}

/* `whole`: in one piece and byte by byte; else at each byte. */
static void check_all(bool at_each_byte) {
    struct err e = {""};
    struct sample s = {0};
    struct buf expected;
    size_t n = 0;
    buf_init(&expected, 1 << 20);
    buf_init(&s.body, BYTES_MAX);
    for (size_t i = 0; i < 4; i++)
        buf_init(&s.texts[i], BYTES_MAX);
    if (file_read("tests/stream/expected", &expected, &e) != 0)
        fail_msg("%s", e.text);
    for (char *at = expected.data; *at != '\0'; n++) {
        next_sample(&at, &s);
        struct stream *stream = stream_new(&s.spec);
        assert_non_null(stream);
        if (at_each_byte)
            for (size_t i = 1; i < s.body.len; i++)
                check(stream, &s, (struct cut){i});
        else {
            check(stream, &s, (struct cut){s.body.len == 0 ? 1 : s.body.len});
            check(stream, &s, (struct cut){0});
        }
        stream_free(stream);
    }
    assert_true(n > 80);
    buf_done(&expected);
    buf_done(&s.body);
    for (size_t i = 0; i < 4; i++)
        buf_done(&s.texts[i]);
}

static void whole_and_byte_by_byte(void **state) {
    (void)state;
    check_all(false);
}

static void cut_at_each_byte(void **state) {
    (void)state;
    check_all(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_and_byte_by_byte),
        cmocka_unit_test(cut_at_each_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
