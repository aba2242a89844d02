#include "record/stream_row.h"

#include "stream/stream_times.h"

static int64_t moment_us(const struct stream_record *s, int64_t at_ns) {
    return (at_ns - s->start_ns) / 1000;
}

static int64_t after_us(const struct stream_record *s, int64_t at_ns, int64_t sent_us) {
    return at_ns == 0 ? REQUEST_NO_VALUE : moment_us(s, at_ns) - sent_us;
}

static int64_t said(int64_t tokens) {
    return tokens < 0 ? REQUEST_NO_VALUE : tokens;
}

void stream_row_of(const struct stream_record *s, int64_t sent_us, struct buf *room,
                   struct stream_row *out) {
    const struct stream_result *r = &s->result;
    *out = (struct stream_row){
        .first_event_us = after_us(s, r->first_event_ns, sent_us),
        .ttft_us = after_us(s, r->ttft_ns, sent_us),
        .ttfo_us = after_us(s, r->ttfo_ns, sent_us),
        .last_token_us = after_us(s, r->last_token_ns, sent_us),
        .events = r->events,
        .after_done = r->after_done,
        .token_events = r->token_events,
        .reasoning_events = r->reasoning_events,
        .tool_events = r->tool_events,
        .reads = r->reads,
        .shared_reads = r->shared_reads,
        .output_tokens = r->output_tokens < 0 ? (int64_t)r->token_events : r->output_tokens,
        .prompt_tokens = said(r->prompt_tokens),
        .cached_tokens = said(r->cached_tokens),
        .reasoning_tokens = said(r->reasoning_tokens),
        .asked_tokens = said(s->asked.tokens),
        .asked_words = said(s->asked.words),
        .from_usage = r->output_tokens >= 0,
        .first_tokens = r->first_tokens,
        .finish = r->finish,
        .done = r->done,
        .gap_max_us = REQUEST_NO_VALUE,
    };
    buf_clear(room);
    if (r->token_events == 0)
        return;
    int64_t longest = stream_times_json(room, r->times, r->times_bytes, r->ttft_ns, s->start_ns);
    if (longest >= 0)
        out->gap_max_us = longest;
    out->gaps = buf_text(room);
}

void stream_row_brief(const struct stream_record *s, int64_t sent_us, int64_t *ttft_us,
                      uint64_t *tokens) {
    const struct stream_result *r = &s->result;
    *ttft_us = after_us(s, r->ttft_ns, sent_us);
    *tokens = r->output_tokens < 0 ? r->token_events : (uint64_t)r->output_tokens;
}

/* Ten days. A longer one is damage: sums of gaps must fit. */
#define GAP_MAX_US (INT64_C(10) * 24 * 3600 * 1000000)

bool stream_row_gap(const char **at, int64_t *gap_us) {
    const char *c = *at;
    int64_t value = 0;
    if (c == NULL)
        return false;
    c += *c == '[' || *c == ',';
    const char *digits = c;
    for (; *c >= '0' && *c <= '9'; c++) {
        value = value * 10 + (*c - '0');
        if (value > GAP_MAX_US)
            return false;
    }
    if (c == digits)
        return false;
    *at = c;
    *gap_us = value;
    return true;
}
