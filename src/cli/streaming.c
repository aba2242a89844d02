#include "cli/streaming.h"

#include <inttypes.h>

#include "cli/listeners.h"
#include "record/stream_row.h"
#include "report/stream_endpoints.h"
#include "scenario/feeder_prompts.h"
#include "scenario/template.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/json_write.h"

/* ---- as a listener ---- */

static int init(const void *run, void **self, struct err *e) {
    const struct run_view *view = run;
    const struct scenario *s = view->scenario;
    (void)e;
    for (size_t i = 0; i < s->endpoint_count && *self == NULL; i++)
        if (s->requests[i].stream != NULL)
            *self = view->control;
    return 0;
}

/* For who shows the run while it goes on. */
static void feed(void *self, const struct request *x, const struct stream_record *stream) {
    int64_t ttft_us;
    uint64_t tokens;
    stream_row_brief(stream, x->sent_us, &ttft_us, &tokens);
    control_feed_tokens(self, x, ttft_us, tokens);
}

static int end(void *self, void *run_end, struct err *e) {
    struct run_end *run = run_end;
    struct reader *reader = NULL;
    const struct streams_options o = {.duration_us = run->duration_ns / NS_PER_US};
    (void)self;
    if (!run->whole)
        return 0;
    if (reader_open(run->path, &reader, e) != 0)
        return -1;
    int result = streams_read(reader, &o, &run->streams, e);
    reader_close(reader);
    return result;
}

static void done(void *self) {
    (void)self; /* the control is the run's */
}

const struct control_listener streaming_listener = {
    .name = "streams", .init = init, .stream = feed, .end = end, .done = done};

/* ---- what is asked for ---- */

#define ASKED_MAX_BYTES ((size_t)1 << 20)

struct range {
    int64_t least, most;
};

/* The keys under which servers take the longest answer, and in which object. */
static const struct {
    const char *in, *key;
} length_keys[] = {{NULL, "max_completion_tokens"},  {NULL, "max_tokens"},
                   {NULL, "max_output_tokens"},      {NULL, "n_predict"},
                   {"parameters", "max_new_tokens"}, {"parameters", "max_tokens"},
                   {"options", "num_predict"}};

/* The length in a body, 0 if it has none. False if a value of a template is the length. */
static bool in_body(const char *body, size_t bytes, int64_t *tokens) {
    struct json_doc *doc = NULL;
    bool constant = true;
    *tokens = 0;
    if (json_parse("body", body, bytes, &doc, NULL) != 0)
        return true;
    for (size_t i = 0; i < sizeof length_keys / sizeof *length_keys && *tokens <= 0; i++) {
        const struct json *of = json_root(doc);
        const struct json *v = json_get(
            length_keys[i].in == NULL ? of : json_get(of, length_keys[i].in), length_keys[i].key);
        constant = constant && (v == NULL || v->kind != JSON_NULL);
        if (v == NULL || v->kind != JSON_NUMBER || !json_int64(v, tokens))
            *tokens = 0;
    }
    json_free(doc);
    return constant || *tokens > 0;
}

/* What a request asks for; ranges that are 0 to 0 are not said. */
struct asked {
    struct range tokens, words;
    bool unique;
};

/* What makes the prompt, where that is all of it that varies; NULL: what is asked for is not known,
 * as in a conversation, which also has what was said before. */
static const struct feeder_prompts *prompts_of(const struct scenario *s,
                                               const struct scenario_request *q) {
    for (size_t i = 0; i < s->feeder_count; i++)
        if ((q->feeders >> i & 1) != 0 && feeder_kind(s->feeders[i]) == FEEDER_PROMPTS)
            return q->varying_body == NULL || template_has_only(q->varying_body, i)
                       ? feeder_prompts(s->feeders[i])
                       : NULL;
    return NULL;
}

static struct asked asked_of(const struct scenario *s, const struct scenario_request *q) {
    struct asked a = {.unique = false};
    const struct feeder_prompts *p = prompts_of(s, q);
    int64_t tokens = 0;
    struct buf body;
    buf_init(&body, ASKED_MAX_BYTES);
    if (q->varying_body != NULL)
        template_constant(q->varying_body, &body);
    else if (q->body != NULL)
        buf_add(&body, q->body, q->body_bytes);
    bool constant = in_body(buf_text(&body), body.len, &tokens);
    buf_done(&body);
    a.tokens = (struct range){tokens, tokens};
    if (p == NULL)
        return a;
    if (!constant)
        a.tokens = (struct range){p->output_min, p->output_max};
    a.words = (struct range){p->words_min, p->words_max};
    /* Rows of a source may share blocks; a short prompt has no room for a word of its own. */
    a.unique = p->shared == 0 && p->source == NULL && p->words_min >= PROMPTS_OWN_WORDS;
    return a;
}

static void put_range(struct json_writer *w, const char *key, const struct range *r) {
    if (r->most > 0)
        json_write_pair(w, key, (double)r->least, (double)r->most);
}

static void put_endpoints(struct manifest *m, const struct scenario *s) {
    struct buf text;
    struct json_writer w;
    bool any = false;
    buf_init(&text, ASKED_MAX_BYTES);
    json_write_init(&w, &text, "");
    json_write_array(&w, NULL, JSON_LINE);
    for (size_t i = 0; i < s->endpoint_count; i++)
        if (s->requests[i].stream != NULL) {
            any = true;
            json_write_uint(&w, NULL, i);
        }
    json_write_end(&w);
    if (any && buf_ok(&text))
        manifest_take(m, STREAM_ENDPOINTS_KEY, &text);
    buf_done(&text);
}

void streaming_manifest(struct manifest *m, const struct scenario *s) {
    put_endpoints(m, s);
    struct buf text;
    struct json_writer w;
    bool any = false;
    buf_init(&text, ASKED_MAX_BYTES);
    json_write_init(&w, &text, "");
    json_write_array(&w, NULL, JSON_LINE);
    for (size_t i = 0; i < s->endpoint_count; i++) {
        if (s->requests[i].stream == NULL)
            continue;
        const struct asked a = asked_of(s, &s->requests[i]);
        if (a.tokens.most <= 0 && a.words.most <= 0 && !a.unique)
            continue;
        any = true;
        json_write_object(&w, NULL, JSON_LINE);
        json_write_uint(&w, "endpoint", i);
        put_range(&w, "output_tokens", &a.tokens);
        put_range(&w, "prompt_words", &a.words);
        if (a.unique)
            json_write_bool(&w, "unique", true);
        json_write_end(&w);
    }
    json_write_end(&w);
    if (any && buf_ok(&text))
        manifest_take(m, STREAMS_ASKED_KEY, &text);
    buf_done(&text);
}
