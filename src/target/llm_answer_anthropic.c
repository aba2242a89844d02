/*
 * Anthropic's messages: blocks of thinking and text, each opened and closed. input_tokens is the
 * input without its cached part; output_tokens is in the last message_delta.
 */
#include <inttypes.h>
#include <stdio.h>

#include "target/llm_answer_internal.h"

static const char *stop_reason(const struct llm_answer *a) {
    return a->limited ? "max_tokens" : "end_turn";
}

static unsigned content_index(const struct llm_answer *a) {
    return a->reasoning > 0 ? 1 : 0;
}

static void event_begin(const struct llm_answer *a, const char *type, struct buf *out) {
    llm_event_begin(a, type, out);
    buf_printf(out, "{\"type\":\"%s\"", type);
}

static void event_end(const struct llm_answer *a, struct buf *out) {
    buf_char(out, '}');
    llm_event_end(a, out);
}

static void usage(const struct llm_answer *a, uint64_t tokens, struct buf *out) {
    if (a->usage_last)
        buf_printf(out,
                   ",\"usage\":{\"input_tokens\":%" PRIu64
                   ",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":%" PRIu64
                   ",\"output_tokens\":%" PRIu64 "}",
                   a->prompt_tokens - a->cached_tokens, a->cached_tokens, tokens);
}

static void message(const struct llm_answer *a, struct buf *out) {
    buf_printf(out,
               "\"id\":\"msg_%" PRIu64 "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":",
               a->number);
    llm_model(a, out);
}

static void block_open(const struct llm_answer *a, bool thinking, struct buf *out) {
    event_begin(a, "content_block_start", out);
    buf_printf(out, ",\"index\":%u,\"content_block\":", thinking ? 0 : content_index(a));
    buf_str(out, thinking ? "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"
                          : "{\"type\":\"text\",\"text\":\"\"}");
    event_end(a, out);
}

static void block_close(const struct llm_answer *a, bool thinking, struct buf *out) {
    if (thinking) {
        event_begin(a, "content_block_delta", out);
        buf_str(out,
                ",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"none\"}");
        event_end(a, out);
    }
    event_begin(a, "content_block_stop", out);
    buf_printf(out, ",\"index\":%u", thinking ? 0 : content_index(a));
    event_end(a, out);
}

static void begin(struct llm_answer *a, struct buf *out) {
    event_begin(a, "message_start", out);
    buf_str(out, ",\"message\":{");
    message(a, out);
    buf_str(out, ",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null");
    usage(a, a->tokens > 0 ? 1 : 0, out);
    buf_char(out, '}');
    event_end(a, out);
    block_open(a, a->reasoning > 0, out);
}

static void tokens(struct llm_answer *a, uint64_t first, uint64_t n, int64_t at_ns,
                   struct buf *out) {
    bool thinking = first < a->reasoning;
    (void)at_ns;
    if (first > 0 && first == a->reasoning) {
        block_close(a, true, out);
        block_open(a, false, out);
    }
    event_begin(a, "content_block_delta", out);
    buf_printf(out, ",\"index\":%u,\"delta\":{%s\"", thinking ? 0 : content_index(a),
               thinking ? "\"type\":\"thinking_delta\",\"thinking\":"
                        : "\"type\":\"text_delta\",\"text\":");
    llm_text(a, first, n, out);
    buf_str(out, "\"}");
    event_end(a, out);
}

static void end(struct llm_answer *a, int64_t at_ns, struct buf *out) {
    (void)at_ns;
    block_close(a, a->reasoning > 0 && a->reasoning == a->tokens, out);
    event_begin(a, "message_delta", out);
    buf_printf(out, ",\"delta\":{\"stop_reason\":\"%s\",\"stop_sequence\":null}", stop_reason(a));
    usage(a, a->tokens, out);
    event_end(a, out);
    event_begin(a, "message_stop", out);
    event_end(a, out);
}

static void error(struct llm_answer *a, uint64_t sent, struct buf *out) {
    (void)sent;
    event_begin(a, "error", out);
    buf_str(out, ",\"error\":{\"type\":\"api_error\",\"message\":\"" LLM_FAILURE "\"}");
    event_end(a, out);
}

static void document(struct llm_answer *a, int64_t at_ns, struct buf *out) {
    (void)at_ns;
    buf_char(out, '{');
    message(a, out);
    buf_str(out, ",\"content\":[");
    if (a->reasoning > 0) {
        buf_str(out, "{\"type\":\"thinking\",\"thinking\":\"");
        llm_reasoning_text(a, out);
        buf_str(out, "\",\"signature\":\"none\"},");
    }
    buf_str(out, "{\"type\":\"text\",\"text\":\"");
    llm_content_text(a, out);
    buf_printf(out, "\"}],\"stop_reason\":\"%s\",\"stop_sequence\":null", stop_reason(a));
    usage(a, a->tokens, out);
    buf_char(out, '}');
}

const struct llm_format llm_format_messages = {begin, tokens, end, error, document};
