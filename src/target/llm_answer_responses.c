/*
 * OpenAI's responses: a response is a list of items, each announced and closed; every event has a
 * number. A response that max_output_tokens ended is "incomplete".
 */
#include <inttypes.h>

#include "target/llm_answer_internal.h"
#include "util/clock.h"

/* The item that reasoning is, and the one that the answer is, behind it. */
static unsigned content_index(const struct llm_answer *a) {
    return a->reasoning > 0 ? 1 : 0;
}

static void event_begin(struct llm_answer *a, const char *type, struct buf *out) {
    llm_event_begin(a, type, out);
    buf_printf(out, "{\"type\":\"%s\",\"sequence_number\":%" PRIu64, type, a->sequence++);
}

static void event_end(const struct llm_answer *a, struct buf *out) {
    buf_char(out, '}');
    llm_event_end(a, out);
}

/* The members that say which item and part an event is about. */
static void place(const struct llm_answer *a, bool reasoning, struct buf *out) {
    buf_printf(out, ",\"item_id\":\"%s_%" PRIu64 "\",\"output_index\":%u,\"content_index\":0",
               reasoning ? "rs" : "msg", a->number, reasoning ? 0 : content_index(a));
}

static void part(const struct llm_answer *a, bool reasoning, bool full, struct buf *out) {
    buf_printf(out, "{\"type\":\"%s\",", reasoning ? "reasoning_text" : "output_text");
    if (!reasoning)
        buf_str(out, "\"annotations\":[],");
    buf_str(out, "\"text\":\"");
    if (full && reasoning)
        llm_reasoning_text(a, out);
    else if (full)
        llm_content_text(a, out);
    buf_str(out, "\"}");
}

static void item(const struct llm_answer *a, bool reasoning, bool full, struct buf *out) {
    if (reasoning)
        buf_printf(out,
                   "{\"id\":\"rs_%" PRIu64 "\",\"type\":\"reasoning\",\"summary\":[],\"content\":[",
                   a->number);
    else
        buf_printf(out,
                   "{\"id\":\"msg_%" PRIu64
                   "\",\"type\":\"message\",\"status\":\"%s\",\"role\":\"assistant\",\"content\":[",
                   a->number,
                   !full        ? "in_progress"
                   : a->limited ? "incomplete"
                                : "completed");
    if (full)
        part(a, reasoning, true, out);
    buf_str(out, "]}");
}

static bool has_content(const struct llm_answer *a) {
    return a->reasoning < a->tokens || a->reasoning == 0;
}

/* `full`: with all that the answer has, at its end; else of one that has only begun, or failed. */
static void response(const struct llm_answer *a, const char *status, bool full, bool failed,
                     struct buf *out) {
    buf_printf(out,
               "{\"id\":\"resp_%" PRIu64 "\",\"object\":\"response\",\"created_at\":%" PRId64
               ",\"status\":\"%s\",\"error\":",
               a->number, a->created_ns / NS_PER_S, status);
    buf_str(out, failed ? "{\"code\":\"server_error\",\"message\":\"" LLM_FAILURE "\"}" : "null");
    buf_str(out, full && a->limited ? ",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}"
                                    : ",\"incomplete_details\":null");
    buf_str(out, ",\"model\":");
    llm_model(a, out);
    buf_str(out, ",\"output\":[");
    if (full && a->reasoning > 0)
        item(a, true, true, out);
    if (full && a->reasoning > 0 && has_content(a))
        buf_char(out, ',');
    if (full && has_content(a))
        item(a, false, true, out);
    buf_str(out, "],\"usage\":");
    if (full && a->usage_last)
        buf_printf(out,
                   "{\"input_tokens\":%" PRIu64
                   ",\"input_tokens_details\":{\"cached_tokens\":%" PRIu64
                   "},\"output_tokens\":%" PRIu64
                   ",\"output_tokens_details\":{\"reasoning_tokens\":%" PRIu64
                   "},\"total_tokens\":%" PRIu64 "}",
                   a->prompt_tokens, a->cached_tokens, a->tokens, a->reasoning,
                   a->prompt_tokens + a->tokens);
    else
        buf_str(out, "null");
    buf_char(out, '}');
}

static const char *last_status(const struct llm_answer *a) {
    return a->limited ? "incomplete" : "completed";
}

static void started(struct llm_answer *a, const char *type, struct buf *out) {
    event_begin(a, type, out);
    buf_str(out, ",\"response\":");
    response(a, "in_progress", false, false, out);
    event_end(a, out);
}

static void item_open(struct llm_answer *a, bool reasoning, struct buf *out) {
    event_begin(a, "response.output_item.added", out);
    buf_printf(out, ",\"output_index\":%u,\"item\":", reasoning ? 0 : content_index(a));
    item(a, reasoning, false, out);
    event_end(a, out);
    event_begin(a, "response.content_part.added", out);
    place(a, reasoning, out);
    buf_str(out, ",\"part\":");
    part(a, reasoning, false, out);
    event_end(a, out);
}

static void item_close(struct llm_answer *a, bool reasoning, struct buf *out) {
    event_begin(a, reasoning ? "response.reasoning_text.done" : "response.output_text.done", out);
    place(a, reasoning, out);
    buf_str(out, ",\"text\":\"");
    if (reasoning)
        llm_reasoning_text(a, out);
    else
        llm_content_text(a, out);
    buf_char(out, '"');
    event_end(a, out);
    event_begin(a, "response.content_part.done", out);
    place(a, reasoning, out);
    buf_str(out, ",\"part\":");
    part(a, reasoning, true, out);
    event_end(a, out);
    event_begin(a, "response.output_item.done", out);
    buf_printf(out, ",\"output_index\":%u,\"item\":", reasoning ? 0 : content_index(a));
    item(a, reasoning, true, out);
    event_end(a, out);
}

static void begin(struct llm_answer *a, struct buf *out) {
    started(a, "response.created", out);
    started(a, "response.in_progress", out);
    item_open(a, a->reasoning > 0, out);
}

static void tokens(struct llm_answer *a, uint64_t first, uint64_t n, int64_t at_ns,
                   struct buf *out) {
    bool reasoning = first < a->reasoning;
    (void)at_ns;
    if (first > 0 && first == a->reasoning) {
        item_close(a, true, out);
        item_open(a, false, out);
    }
    event_begin(a, reasoning ? "response.reasoning_text.delta" : "response.output_text.delta", out);
    place(a, reasoning, out);
    buf_str(out, ",\"delta\":\"");
    llm_text(a, first, n, out);
    buf_char(out, '"');
    event_end(a, out);
}

static void end(struct llm_answer *a, int64_t at_ns, struct buf *out) {
    (void)at_ns;
    item_close(a, !has_content(a), out);
    event_begin(a, a->limited ? "response.incomplete" : "response.completed", out);
    buf_str(out, ",\"response\":");
    response(a, last_status(a), true, false, out);
    event_end(a, out);
}

static void error(struct llm_answer *a, uint64_t sent, struct buf *out) {
    (void)sent;
    event_begin(a, "response.failed", out);
    buf_str(out, ",\"response\":");
    response(a, "failed", false, true, out);
    event_end(a, out);
}

static void document(struct llm_answer *a, int64_t at_ns, struct buf *out) {
    (void)at_ns;
    response(a, last_status(a), true, false, out);
}

const struct llm_format llm_format_responses = {begin, tokens, end, error, document};
