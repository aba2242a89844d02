#include "cli/hanging.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/listeners.h"
#include "record/stream_record.h"
#include "stream/stream_times.h"
#include "util/clock.h"
#include "util/text.h"

/* The reason has room for this much of a name. */
#define NAME_BYTES 60

struct cancelled {
    uint32_t endpoint;
    int64_t silent_us;
};

struct waits {
    uint64_t answers; /* complete ones */
    int64_t longest_us;
    uint64_t hung;
    int64_t silent_us;
};

struct hanging {
    struct waits *of; /* by endpoint */
    size_t count;
    /* No more than requests were in progress at once. */
    struct cancelled *cancelled;
    size_t cancelled_count, room;
    bool *streams; /* by endpoint: complete answers are streams, told by stream() */
};

static void done(void *self) {
    struct hanging *h = self;
    free(h->of);
    free(h->streams);
    free(h->cancelled);
    free(h);
}

static int init(const void *run, void **self, struct err *e) {
    const struct scenario *s = ((const struct run_view *)run)->scenario;
    struct hanging *h = calloc(1, sizeof *h);
    if (h == NULL)
        return err_memory(e, "the requests in progress");
    *self = h;
    h->count = s->endpoint_count;
    h->of = calloc(h->count + 1, sizeof *h->of);
    h->streams = calloc(h->count + 1, sizeof *h->streams);
    if (h->of == NULL || h->streams == NULL)
        return err_memory(e, "the requests in progress");
    for (size_t i = 0; i < h->count; i++)
        h->streams[i] = s->requests[i].stream != NULL;
    return 0;
}

/* If memory runs out, nothing is said of the rest. */
static void add_cancelled(struct hanging *h, uint32_t endpoint, int64_t silent_us) {
    if (silent_us < HANGING_MIN_US)
        return;
    if (h->cancelled_count == h->room) {
        size_t room = h->room == 0 ? 64 : 2 * h->room;
        struct cancelled *grown = realloc(h->cancelled, room * sizeof *grown);
        if (grown == NULL)
            return;
        h->cancelled = grown;
        h->room = room;
    }
    h->cancelled[h->cancelled_count++] = (struct cancelled){endpoint, silent_us};
}

static void add_answer(struct waits *w, int64_t wait_us) {
    w->answers++;
    if (wait_us > w->longest_us)
        w->longest_us = wait_us;
}

static void feed(void *self, const struct request *requests, size_t n) {
    struct hanging *h = self;
    for (size_t i = 0; i < n; i++) {
        const struct request *x = &requests[i];
        if (x->endpoint >= h->count || x->streamed)
            continue;
        if (x->outcome == OUTCOME_OK && !h->streams[x->endpoint])
            add_answer(&h->of[x->endpoint], x->service_us);
        else if (x->outcome == OUTCOME_CANCELLED && x->sent_us != REQUEST_NO_VALUE)
            add_cancelled(h, x->endpoint, x->end_us - x->sent_us);
    }
}

static int64_t longest_gap_ns(const struct stream_result *r) {
    struct stream_times t;
    int64_t at_ns, before_ns = r->ttft_ns, longest_ns = 0;
    stream_times_begin(&t, r->times, r->times_bytes, r->ttft_ns);
    while (stream_times_next(&t, &at_ns)) {
        longest_ns = at_ns - before_ns > longest_ns ? at_ns - before_ns : longest_ns;
        before_ns = at_ns;
    }
    return longest_ns;
}

static void feed_stream(void *self, const struct request *x, const struct stream_record *stream) {
    struct hanging *h = self;
    const struct stream_result *r = &stream->result;
    if (x->endpoint >= h->count || x->sent_us == REQUEST_NO_VALUE)
        return;
    int64_t sent_ns = stream->start_ns + x->sent_us * NS_PER_US;
    if (x->outcome == OUTCOME_OK) {
        int64_t first_ns = r->ttft_ns == 0 ? 0 : r->ttft_ns - sent_ns, gap_ns = longest_gap_ns(r);
        add_answer(&h->of[x->endpoint], (first_ns > gap_ns ? first_ns : gap_ns) / NS_PER_US);
    } else if (x->outcome == OUTCOME_CANCELLED) {
        int64_t last_ns = r->last_token_ns == 0 ? sent_ns : r->last_token_ns;
        add_cancelled(h, x->endpoint, x->end_us - (last_ns - stream->start_ns) / NS_PER_US);
    }
}

static int end(void *self, void *run_end, struct err *e) {
    struct hanging *h = self;
    struct hanging_result *out = &((struct run_end *)run_end)->hanging;
    (void)e;
    struct waits all = {0};
    for (size_t i = 0; i < h->count; i++) {
        all.answers += h->of[i].answers;
        all.longest_us =
            h->of[i].longest_us > all.longest_us ? h->of[i].longest_us : all.longest_us;
    }
    for (size_t i = 0; i < h->cancelled_count; i++) {
        const struct cancelled *x = &h->cancelled[i];
        struct waits *w = &h->of[x->endpoint];
        /* One that never answered is held to the others. */
        const struct waits *known = w->answers == 0 ? &all : w;
        if (known->answers < HANGING_ANSWERS || x->silent_us <= HANGING_FACTOR * known->longest_us)
            continue;
        w->hung++;
        w->silent_us = x->silent_us > w->silent_us ? x->silent_us : w->silent_us;
        out->count++;
    }
    for (size_t i = 0; i < h->count && out->count > 0; i++)
        if (h->of[i].hung > out->of_worst)
            *out = (struct hanging_result){
                .count = out->count,
                .of_worst = h->of[i].hung,
                .endpoint = (uint32_t)i,
                .silent_us = h->of[i].silent_us,
                .longest_us = h->of[i].answers == 0 ? all.longest_us : h->of[i].longest_us};
    return 0;
}

const struct control_listener hanging_listener = {
    .name = "hanging", .init = init, .feed = feed, .stream = feed_stream, .end = end, .done = done};

void hanging_doubt(const struct hanging_result *h, const struct scenario *s, struct lines *out) {
    if (h->count == 0)
        return;
    const struct endpoint *x = &s->catalog.endpoints[h->endpoint];
    remark_add(out, "hanging",
               "%" PRIu64 " request%s in progress when the run stopped had hung, and count%s as "
               "cancelled, not as failed: %" PRIu64 " of %s %.*s, silent for up to %s s, while "
               "no complete answer kept its client waiting for more than %s s. Let the run go on "
               "until they time out: a longer --run-time or --stop-timeout, or a shorter "
               "\"timeout\".",
               h->count, text_plural(h->count), h->count == 1 ? "s" : "", h->of_worst, x->method,
               (int)text_cut(x->name, strlen(x->name), NAME_BYTES), x->name,
               text_rounded((double)h->silent_us / 1e6, 3).text,
               text_rounded((double)h->longest_us / 1e6, 3).text);
}
