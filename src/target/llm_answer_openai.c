/*
 * OpenAI's chat and completions, as vLLM implements them: reasoning is delta.reasoning_content; the
 * finish reason has its own chunk; the last usage is in a chunk without choices.
 */
#include <inttypes.h>

#include "target/llm_answer_internal.h"
#include "util/clock.h"

static const char *finish(const struct llm_answer *a) {
    return a->limited ? "length" : "stop";
}

static bool is_chat(const struct llm_answer *a) {
    return a->api == LLM_CHAT;
}

/* The members that every chunk and document begins with. */
static void head(const struct llm_answer *a, const char *object, struct buf *out) {
    buf_printf(out,
               "{\"id\":\"%s-%" PRIu64 "\",\"object\":\"%s\",\"created\":%" PRId64 ",\"model\":",
               is_chat(a) ? "chatcmpl" : "cmpl", a->number, object, a->created_ns / NS_PER_S);
    llm_model(a, out);
}

static void usage(const struct llm_answer *a, uint64_t tokens, struct buf *out) {
    uint64_t reasoning = tokens < a->reasoning ? tokens : a->reasoning;
    buf_printf(out,
               ",\"usage\":{\"prompt_tokens\":%" PRIu64 ",\"completion_tokens\":%" PRIu64
               ",\"total_tokens\":%" PRIu64 ",\"prompt_tokens_details\":{\"cached_tokens\":%" PRIu64
               "},\"completion_tokens_details\":{\"reasoning_tokens\":%" PRIu64 "}}",
               a->prompt_tokens, tokens, a->prompt_tokens + tokens, a->cached_tokens, reasoning);
}

static void chunk_begin(const struct llm_answer *a, struct buf *out) {
    llm_event_begin(a, NULL, out);
    head(a, is_chat(a) ? "chat.completion.chunk" : "text_completion", out);
}

static void chunk_end(const struct llm_answer *a, uint64_t tokens, struct buf *out) {
    if (a->usage_each)
        usage(a, tokens, out);
    buf_char(out, '}');
    llm_event_end(a, out);
}

static void chat_begin(struct llm_answer *a, struct buf *out) {
    if (!a->role_first)
        return;
    chunk_begin(a, out);
    buf_str(out, ",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
                 "\"logprobs\":null,\"finish_reason\":null}]");
    chunk_end(a, 0, out);
}

static void chat_tokens(struct llm_answer *a, uint64_t first, uint64_t n, int64_t at_ns,
                        struct buf *out) {
    (void)at_ns;
    chunk_begin(a, out);
    buf_str(out, ",\"choices\":[{\"index\":0,\"delta\":{");
    if (first == 0 && !a->role_first)
        buf_str(out, "\"role\":\"assistant\",");
    buf_str(out, first < a->reasoning ? "\"reasoning_content\":\"" : "\"content\":\"");
    llm_text(a, first, n, out);
    buf_str(out, "\"},\"logprobs\":null,\"finish_reason\":null}]");
    chunk_end(a, first + n, out);
}

static void completions_tokens(struct llm_answer *a, uint64_t first, uint64_t n, int64_t at_ns,
                               struct buf *out) {
    (void)at_ns;
    chunk_begin(a, out);
    buf_str(out, ",\"choices\":[{\"index\":0,\"text\":\"");
    llm_text(a, first, n, out);
    buf_str(out, "\",\"logprobs\":null,\"finish_reason\":null}]");
    chunk_end(a, first + n, out);
}

static void end(struct llm_answer *a, int64_t at_ns, struct buf *out) {
    (void)at_ns;
    chunk_begin(a, out);
    buf_printf(out, ",\"choices\":[{\"index\":0,%s,\"logprobs\":null,\"finish_reason\":\"%s\"}]",
               is_chat(a) ? "\"delta\":{}" : "\"text\":\"\"", finish(a));
    chunk_end(a, a->tokens, out);
    if (a->usage_last) {
        chunk_begin(a, out);
        buf_str(out, ",\"choices\":[]");
        usage(a, a->tokens, out);
        buf_char(out, '}');
        llm_event_end(a, out);
    }
    llm_event_begin(a, NULL, out);
    buf_str(out, "[DONE]");
    llm_event_end(a, out);
}

static void error(struct llm_answer *a, uint64_t sent, struct buf *out) {
    (void)sent;
    llm_event_begin(a, NULL, out);
    buf_str(out, "{\"error\":{\"message\":\"" LLM_FAILURE
                 "\",\"type\":\"server_error\",\"param\":null,\"code\":500}}");
    llm_event_end(a, out);
}

static void document(struct llm_answer *a, int64_t at_ns, struct buf *out) {
    (void)at_ns;
    head(a, is_chat(a) ? "chat.completion" : "text_completion", out);
    buf_str(out, ",\"choices\":[{\"index\":0,");
    if (is_chat(a)) {
        buf_str(out, "\"message\":{\"role\":\"assistant\",");
        if (a->reasoning > 0) {
            buf_str(out, "\"reasoning_content\":\"");
            llm_reasoning_text(a, out);
            buf_str(out, "\",");
        }
        buf_str(out, "\"content\":\"");
        llm_content_text(a, out);
        buf_str(out, "\"}");
    } else {
        buf_str(out, "\"text\":\"");
        llm_text(a, 0, a->tokens, out);
        buf_char(out, '"');
    }
    buf_printf(out, ",\"logprobs\":null,\"finish_reason\":\"%s\"}]", finish(a));
    if (a->usage_last)
        usage(a, a->tokens, out);
    buf_char(out, '}');
}

const struct llm_format llm_format_chat = {chat_begin, chat_tokens, end, error, document};
const struct llm_format llm_format_completions = {NULL, completions_tokens, end, error, document};
