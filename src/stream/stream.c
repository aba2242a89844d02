#include "stream/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "stream/extract.h"
#include "stream/joined.h"
#include "stream/jsonwalk.h"
#include "stream/ndjson.h"
#include "stream/same_event.h"
#include "stream/sse.h"
#include "stream/stream_times.h"
#include "util/buf.h"

/* A buffer that one large event made larger than this is freed before the next answer. */
#define KEEP_MAX_BYTES ((size_t)64 << 10)

/* The times' memory grows by this, so that a thousand tokens take little more than their 4 kB; by a
 * quarter once it is large. */
#define TIMES_STEP_BYTES 512
#define TIMES_LARGE_BYTES ((size_t)16 << 10)

static const struct format {
    extract_event *extract;
    bool lines;    /* NDJSON, not text/event-stream */
    bool says_end; /* without its end the stream is cut; else the end of the body is the end */
    /* "[DONE]" ends it: OpenAI's, and others that some servers send it behind all the same. */
    bool says_done;
    bool strict; /* data that is no JSON breaks the stream */
} formats[STREAM_FORMAT_COUNT] = {
    [STREAM_FORMAT_OPENAI] = {extract_openai, false, true, true, true},
    [STREAM_FORMAT_COMPLETIONS] = {extract_completions, false, true, true, true},
    [STREAM_FORMAT_RESPONSES] = {extract_responses, false, true, true, true},
    [STREAM_FORMAT_ANTHROPIC] = {extract_anthropic, false, true, true, true},
    [STREAM_FORMAT_TGI] = {extract_tgi, false, true, true, true},
    [STREAM_FORMAT_OLLAMA] = {extract_ollama, true, true, false, true},
    [STREAM_FORMAT_TRITON] = {extract_triton, false, false, true, true},
    [STREAM_FORMAT_SSE] = {extract_plain, false, false, false, false},
    [STREAM_FORMAT_NDJSON] = {extract_plain, true, false, false, true},
};

struct stream {
    struct stream_spec spec;
    const struct format *format;
    struct jsonwalk_pointer pointer;
    struct sse sse;
    struct ndjson ndjson;
    struct joined joined[EXTRACT_KINDS];
    struct same_event same_event;
    struct buf error;
    unsigned char *times;
    size_t times_cap;
    enum stream_state state;
    const char *why;
    bool ending;    /* in stream_end() */
    bool mark_seen; /* the data that ends the stream has come, perhaps behind the event that does */
    bool shared_seen; /* the current read has completed several token events */
    int64_t at_ns;
    uint64_t read_number, token_read;
    struct stream_result r;
};

struct stream *stream_new(const struct stream_spec *spec) {
    struct stream *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->spec = *spec;
    s->format = &formats[spec->format];
    if (spec->token != NULL && jsonwalk_pointer_init(&s->pointer, spec->token) != 0) {
        free(s);
        return NULL;
    }
    sse_init(&s->sse, STREAM_EVENT_MAX_BYTES);
    ndjson_init(&s->ndjson, STREAM_EVENT_MAX_BYTES);
    for (size_t i = 0; i < EXTRACT_KINDS; i++)
        joined_init(&s->joined[i]);
    buf_init(&s->error, STREAM_ERROR_MAX_BYTES);
    stream_begin(s, 0);
    return s;
}

void stream_free(struct stream *s) {
    if (s == NULL)
        return;
    jsonwalk_pointer_done(&s->pointer);
    sse_done(&s->sse);
    ndjson_done(&s->ndjson);
    for (size_t i = 0; i < EXTRACT_KINDS; i++)
        joined_done(&s->joined[i]);
    same_event_done(&s->same_event);
    buf_done(&s->error);
    free(s->times);
    free(s);
}

static void shrink(struct buf *b) {
    if (b->cap > KEEP_MAX_BYTES)
        buf_done(b);
}

void stream_begin(struct stream *s, size_t keep_text_bytes) {
    shrink(&s->sse.line);
    shrink(&s->sse.data);
    shrink(&s->ndjson.line);
    sse_begin(&s->sse);
    ndjson_begin(&s->ndjson);
    for (size_t i = 0; i < EXTRACT_KINDS; i++) {
        shrink(&s->joined[i].text);
        joined_begin(&s->joined[i], keep_text_bytes);
    }
    buf_clear(&s->error);
    if (s->times_cap > KEEP_MAX_BYTES) {
        free(s->times);
        s->times = NULL;
        s->times_cap = 0;
    }
    s->state = STREAM_ON;
    s->why = "";
    s->ending = s->mark_seen = s->shared_seen = false;
    s->at_ns = 0;
    s->read_number = s->token_read = 0;
    s->r = (struct stream_result){.output_tokens = -1,
                                  .prompt_tokens = -1,
                                  .cached_tokens = -1,
                                  .reasoning_tokens = -1,
                                  .error = ""};
}

static void break_off(struct stream *s, const char *why) {
    s->state = STREAM_BROKEN;
    s->why = why;
}

/* ---- One event ---- */

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct bytes trim(struct bytes b) {
    while (b.len > 0 && is_space(b.data[b.len - 1]))
        b.len--;
    while (b.len > 0 && is_space(*b.data))
        b = (struct bytes){b.data + 1, b.len - 1};
    return b;
}

static bool is_mark(const struct stream *s, struct bytes data) {
    return (s->spec.done != NULL && bytes_is(data, s->spec.done)) ||
           (s->format->says_done && bytes_is(data, "[DONE]"));
}

static bool add_time(struct stream *s, uint64_t gap_ns) {
    if (s->times_cap - s->r.times_bytes < STREAM_TIMES_MAX_BYTES) {
        size_t step = s->times_cap < TIMES_LARGE_BYTES ? TIMES_STEP_BYTES : s->times_cap / 4;
        unsigned char *times = realloc(s->times, s->times_cap + step);
        if (times == NULL)
            return false;
        s->times = times;
        s->times_cap += step;
    }
    s->r.times_bytes += stream_times_put(gap_ns, s->times + s->r.times_bytes);
    return true;
}

/* The event has brought tokens. */
static void count_tokens(struct stream *s, const struct extract *x) {
    struct stream_result *r = &s->r;
    bool first = r->token_events == 0;
    if (!add_time(s, first ? 0 : (uint64_t)(s->at_ns - r->last_token_ns))) {
        break_off(s, "no memory for the times of the tokens");
        return;
    }
    r->last_token_ns = s->at_ns;
    r->token_events++;
    r->reasoning_events += x->any[EXTRACT_REASONING];
    r->tool_events += x->any[EXTRACT_TOOLS];
    if (first)
        r->ttft_ns = s->at_ns;
    if (r->ttfo_ns == 0 && (x->any[EXTRACT_TEXT] || x->any[EXTRACT_TOOLS]))
        r->ttfo_ns = s->at_ns;
    if (first || s->read_number != s->token_read) {
        r->reads++;
        s->shared_seen = false;
    } else if (!s->shared_seen) {
        r->shared_reads++;
        s->shared_seen = true;
    }
    s->token_read = s->read_number;
}

/* Counts are those so far, in each event or in the last; a zero does not take back what was said of
 * the prompt. */
static void count_usage(struct stream *s, const struct extract *x) {
    struct stream_result *r = &s->r;
    const struct extract_usage *u = &x->usage;
    if (u->output >= 0)
        r->output_tokens =
            x->adds && r->output_tokens > 0 ? r->output_tokens + u->output : u->output;
    if (u->prompt > 0 || (u->prompt == 0 && r->prompt_tokens < 0))
        r->prompt_tokens = u->prompt;
    if (u->cached > 0 || (u->cached == 0 && r->cached_tokens < 0))
        r->cached_tokens = u->cached;
    if (u->reasoning >= 0)
        r->reasoning_tokens = u->reasoning;
}

static void keep_error(struct stream *s, struct bytes error, bool json) {
    struct joined text;
    if (s->error.len > 0) /* the first is the reason of the others */
        return;
    if (error.len == 0)
        error = (struct bytes){"an error event without a text", 29};
    joined_init(&text);
    joined_begin(&text, STREAM_ERROR_MAX_BYTES);
    (json ? joined_add_json : joined_add)(&text, error);
    joined_end(&text);
    for (size_t i = 0; i < text.text.len; i++) /* it becomes a C string */
        if (text.text.data[i] == '\0')
            text.text.data[i] = ' ';
    buf_add(&s->error, buf_text(&text.text), text.text.len);
    joined_done(&text);
}

/* By the server's count, where it gives one in each event. */
static uint64_t tokens_so_far(const struct stream *s) {
    uint64_t said = s->r.output_tokens > 0 ? (uint64_t)s->r.output_tokens : 0;
    return said > s->r.token_events ? said : s->r.token_events;
}

static void account(struct stream *s, const struct extract *x) {
    struct stream_result *r = &s->r;
    bool tokens = x->any[EXTRACT_TEXT] || x->any[EXTRACT_REASONING] || x->any[EXTRACT_TOOLS];
    count_usage(s, x);
    if (tokens) {
        count_tokens(s, x);
        if (r->token_events == 1)
            r->first_tokens = x->usage.output > 0 ? r->output_tokens : 1;
        if (s->spec.cancel_tokens > 0 && s->state == STREAM_ON &&
            tokens_so_far(s) >= s->spec.cancel_tokens)
            s->state = STREAM_ENOUGH;
    }
    if (x->failed) {
        keep_error(s, x->error, x->error_json);
        r->finish = STREAM_FINISH_ERROR;
    } else if (x->finish != STREAM_FINISH_NONE && r->finish != STREAM_FINISH_ERROR)
        r->finish = x->finish;
    r->done |= x->done;
}

/* Reads what the event says; false where it is not JSON. */
static bool read_event(struct stream *s, struct extract *x, struct bytes data, struct bytes type) {
    struct joined_mark before[EXTRACT_KINDS];
    struct bytes text;
    if (same_event_is(&s->same_event, data, type, &text)) {
        x->any[s->same_event.kind] = true;
        joined_add(&s->joined[s->same_event.kind], text);
        return true;
    }
    for (size_t i = 0; i < EXTRACT_KINDS; i++)
        before[i] = joined_here(&s->joined[i]);
    bool read = s->format->extract(x, data, type);
    if (!read) {
        for (size_t i = 0; i < EXTRACT_KINDS; i++)
            joined_back(&s->joined[i], before[i]);
        *x = (struct extract){.usage = {-1, -1, -1, -1}};
    }
    if (bytes_is(type, "error") && !x->failed) {
        x->failed = true;
        x->error = data;
    }
    same_event_learn(&s->same_event, data, type, x);
    return read || x->failed;
}

static void count_event(struct stream *s) {
    if (s->r.events++ == 0)
        s->r.first_event_ns = s->at_ns;
}

/* Behind the end of the stream nothing counts, but for the mark that some servers send behind the
 * event that ends it. */
static void count_late(struct stream *s, bool mark) {
    s->r.after_done += !mark || s->mark_seen;
    s->mark_seen |= mark;
}

static bool take_event(void *context, struct bytes data, struct bytes type) {
    struct stream *s = context;
    struct bytes bare = trim(data);
    bool any_text = s->format->extract == extract_plain && s->spec.token == NULL;
    bool mark = is_mark(s, bare);
    bool says = !mark && (bare.len > 0 || any_text ||
                          bytes_is(type, "error")); /* else it keeps a connection open */
    struct extract x = {.joined = s->joined,
                        .pointer = s->spec.token != NULL ? &s->pointer : NULL,
                        .usage = {-1, -1, -1, -1}};
    if (s->r.done) {
        count_late(s, mark);
        return true;
    }
    bool read = says && read_event(s, &x, data, type);
    if (says && !read && s->format->strict) {
        if (!s->ending) /* else the end of the body has cut it */
            break_off(s, "an event of the stream is not JSON");
        return s->state == STREAM_ON;
    }
    count_event(s);
    s->r.not_json += says && !read;
    if (read)
        account(s, &x);
    s->r.done |= mark;
    s->mark_seen |= mark;
    return s->state == STREAM_ON;
}

static bool take_line(void *context, struct bytes line) {
    return take_event(context, line, (struct bytes){NULL, 0});
}

/* ---- The body ---- */

enum stream_state stream_feed(struct stream *s, const char *bytes, size_t n, int64_t at_ns,
                              uint64_t read_number) {
    if (s->state != STREAM_ON || n == 0)
        return s->state;
    s->at_ns = at_ns > s->at_ns ? at_ns : s->at_ns;
    s->read_number = read_number;
    int rc = s->format->lines ? ndjson_feed(&s->ndjson, bytes, n, take_line, s)
                              : sse_feed(&s->sse, bytes, n, take_event, s);
    if (rc != 0 && s->state == STREAM_ON)
        break_off(s, "an event of the stream is larger than 1 MiB");
    return s->state;
}

static enum stream_finish finish_of(const struct stream *s, enum stream_body how) {
    static const enum stream_finish ours[] = {
        [STREAM_BODY_COMPLETE] = STREAM_FINISH_NONE,
        [STREAM_BODY_LOST] = STREAM_FINISH_NONE,
        [STREAM_BODY_IDLE] = STREAM_FINISH_IDLE,
        [STREAM_BODY_CANCEL_AFTER] = STREAM_FINISH_CANCEL_AFTER,
        [STREAM_BODY_CANCELLED] = STREAM_FINISH_CANCELLED,
        [STREAM_BODY_TIMEOUT] = STREAM_FINISH_TIMEOUT,
    };
    if (s->r.finish == STREAM_FINISH_ERROR)
        return STREAM_FINISH_ERROR;
    if (s->state == STREAM_BROKEN)
        return STREAM_FINISH_BROKEN;
    if (ours[how] != STREAM_FINISH_NONE)
        return ours[how];
    bool body_is_all = !s->format->says_end && s->spec.done == NULL && how == STREAM_BODY_COMPLETE;
    if (s->r.finish == STREAM_FINISH_NONE && !s->r.done && !body_is_all)
        return STREAM_FINISH_CUT;
    return s->r.finish;
}

void stream_end(struct stream *s, enum stream_body how) {
    bool whole = how == STREAM_BODY_COMPLETE;
    s->ending = true; /* an event that the end has cut is no broken one */
    if (s->state == STREAM_ON && !s->format->lines)
        (void)sse_end(&s->sse, whole, take_event, s);
    else if (s->state == STREAM_ON && whole)
        ndjson_end(&s->ndjson, take_line, s);
    for (size_t i = 0; i < EXTRACT_KINDS; i++)
        joined_end(&s->joined[i]);
    struct bytes texts[EXTRACT_KINDS];
    for (size_t i = 0; i < EXTRACT_KINDS; i++) {
        texts[i] = (struct bytes){buf_text(&s->joined[i].text), s->joined[i].text.len};
        s->r.text_cut |= s->joined[i].cut;
    }
    s->r.text = texts[EXTRACT_TEXT];
    s->r.reasoning = texts[EXTRACT_REASONING];
    s->r.tools = texts[EXTRACT_TOOLS];
    s->r.times = s->times;
    s->r.error = buf_text(&s->error);
    s->r.finish = finish_of(s, how);
}

const char *stream_why(const struct stream *s) {
    return s->why;
}

const struct stream_result *stream_result(const struct stream *s) {
    return &s->r;
}

enum stream_verdict stream_verdict(const struct stream *s) {
    enum stream_finish f = s->r.finish;
    if (f == STREAM_FINISH_ERROR)
        return STREAM_VERDICT_ERROR;
    if (f == STREAM_FINISH_BROKEN)
        return STREAM_VERDICT_BROKEN;
    if (f == STREAM_FINISH_IDLE)
        return STREAM_VERDICT_IDLE;
    if (f == STREAM_FINISH_CUT)
        return STREAM_VERDICT_CUT;
    if (f == STREAM_FINISH_CANCEL_AFTER || f == STREAM_FINISH_CANCELLED ||
        f == STREAM_FINISH_TIMEOUT ||
        f == STREAM_FINISH_TOOL_CALLS) /* a call may have no arguments */
        return STREAM_VERDICT_OK;
    return s->r.token_events == 0 ? STREAM_VERDICT_NO_TOKENS : STREAM_VERDICT_OK;
}

size_t stream_memory(const struct stream *s) {
    size_t n = sizeof *s + s->sse.line.cap + s->sse.data.cap + s->ndjson.line.cap +
               s->same_event.room + s->error.cap + s->times_cap;
    for (size_t i = 0; i < EXTRACT_KINDS; i++)
        n += s->joined[i].text.cap;
    return n;
}

/* ---- Words ---- */

static const char *const format_words[] = {
#define FORMAT_WORD(name, word) word,
    STREAM_FORMAT_MAP(FORMAT_WORD)
#undef FORMAT_WORD
};

static const char *const finish_words[] = {
#define FINISH_WORD(name, word) word,
    STREAM_FINISH_MAP(FINISH_WORD)
#undef FINISH_WORD
};

const char *stream_format_text(int format) {
    return format >= 0 && format < STREAM_FORMAT_COUNT ? format_words[format] : "unknown";
}

int stream_format_of(const char *word, size_t n) {
    for (int i = 0; i < STREAM_FORMAT_COUNT; i++)
        if (bytes_is((struct bytes){word, n}, format_words[i]))
            return i;
    return -1;
}

const char *stream_finish_text(int finish) {
    return finish >= 0 && finish < STREAM_FINISH_COUNT ? finish_words[finish] : "unknown";
}
