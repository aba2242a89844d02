#include "cli/streaming.h"

#include <inttypes.h>

#include "cli/listeners.h"
#include "record/stream_row.h"
#include "report/stream_endpoints.h"
#include "scenario/feeder_prompts.h"
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

/* ---- for the manifest ---- */

#define MANIFEST_BYTES_MAX ((size_t)1 << 20)

/* Whether each prompt is unique. Rows of a source may share blocks; a short prompt has no room for
 * a word of its own. */
static bool is_unique(const struct scenario *s, const struct scenario_stream *x) {
    if (x == NULL || !x->has_prompt)
        return false;
    const struct feeder_prompts *p = feeder_prompts(s->feeders[x->prompt]);
    return p->shared == 0 && p->source == NULL && p->words_min >= PROMPTS_OWN_WORDS;
}

static void put_endpoints(struct manifest *m, const struct scenario *s) {
    struct buf text;
    struct json_writer w;
    bool any = false;
    buf_init(&text, MANIFEST_BYTES_MAX);
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
    buf_init(&text, MANIFEST_BYTES_MAX);
    json_write_init(&w, &text, "");
    json_write_array(&w, NULL, JSON_LINE);
    for (size_t i = 0; i < s->endpoint_count; i++) {
        if (!is_unique(s, s->requests[i].stream))
            continue;
        any = true;
        json_write_object(&w, NULL, JSON_LINE);
        json_write_uint(&w, "endpoint", i);
        json_write_bool(&w, "unique", true);
        json_write_end(&w);
    }
    json_write_end(&w);
    if (any && buf_ok(&text))
        manifest_take(m, STREAMS_ASKED_KEY, &text);
    buf_done(&text);
}
