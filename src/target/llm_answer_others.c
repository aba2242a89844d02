/*
 * TGI's generate_stream: the last token's event has the whole text and the details, and nothing
 * follows. Ollama's chat and generate: lines of JSON; the last has "done": true, counts and
 * durations. TGI does not support reasoning.
 */
#include <inttypes.h>

#include "target/llm_answer_internal.h"
#include "util/clock.h"

/* The fields of the whole answer, in a stream's last event. */
static void tgi_whole(const struct llm_answer *a, struct buf *out) {
    buf_str(out, "\"generated_text\":\"");
    llm_text(a, 0, a->tokens, out);
    buf_str(out, "\",\"details\":");
    if (a->usage_last)
        buf_printf(out,
                   "{\"finish_reason\":\"%s\",\"generated_tokens\":%" PRIu64
                   ",\"seed\":null,\"input_length\":%" PRIu64 "}",
                   a->limited ? "length" : "eos_token", a->tokens, a->prompt_tokens);
    else
        buf_str(out, "null");
}

static void tgi_tokens(struct llm_answer *a, uint64_t first, uint64_t n, int64_t at_ns,
                       struct buf *out) {
    (void)at_ns;
    llm_event_begin(a, NULL, out);
    buf_printf(out, "{\"index\":%" PRIu64 ",\"token\":{\"id\":%" PRIu64 ",\"text\":\"", first + n,
               first + n);
    llm_text(a, first, n, out);
    buf_str(out, "\",\"logprob\":-0.5,\"special\":false},");
    if (first + n == a->tokens)
        tgi_whole(a, out);
    else
        buf_str(out, "\"generated_text\":null,\"details\":null");
    buf_char(out, '}');
    llm_event_end(a, out);
}

/* An answer without a token: a real server's only token is then the special one that ends it. */
static void tgi_end(struct llm_answer *a, int64_t at_ns, struct buf *out) {
    (void)at_ns;
    if (a->tokens > 0)
        return;
    llm_event_begin(a, NULL, out);
    buf_str(out, "{\"index\":1,\"token\":{\"id\":0,\"text\":\"</s>\",\"logprob\":-0.5,"
                 "\"special\":true},");
    tgi_whole(a, out);
    buf_char(out, '}');
    llm_event_end(a, out);
}

static void tgi_error(struct llm_answer *a, uint64_t sent, struct buf *out) {
    (void)sent;
    llm_event_begin(a, NULL, out);
    buf_str(out, "{\"error\":\"" LLM_FAILURE "\",\"error_type\":\"generation\"}");
    llm_event_end(a, out);
}

static void ollama_head(const struct llm_answer *a, int64_t at_ns, struct buf *out) {
    char utc[CLOCK_UTC_BYTES];
    clock_utc(at_ns, utc);
    buf_str(out, "{\"model\":");
    llm_model(a, out);
    buf_printf(out, ",\"created_at\":\"%s\",", utc);
}

/* Opens and closes what has the text; with a thinking part only where there is one. */
static void ollama_text(const struct llm_answer *a, uint64_t first, uint64_t n, struct buf *out) {
    bool chat = a->api == LLM_OLLAMA_CHAT, thinking = first < a->reasoning && n > 0;
    if (chat)
        buf_str(out, "\"message\":{\"role\":\"assistant\",");
    buf_str(out, chat ? "\"content\":\"" : "\"response\":\"");
    if (!thinking)
        llm_text(a, first, n, out);
    buf_char(out, '"');
    if (thinking) {
        buf_str(out, ",\"thinking\":\"");
        llm_text(a, first, n, out);
        buf_char(out, '"');
    }
    buf_str(out, chat ? "}," : ",");
}

static void ollama_last(const struct llm_answer *a, struct buf *out) {
    buf_printf(out, "\"done\":true,\"done_reason\":\"%s\"", a->limited ? "length" : "stop");
    if (a->usage_last)
        buf_printf(out,
                   ",\"total_duration\":%" PRId64
                   ",\"load_duration\":0,\"prompt_eval_count\":%" PRIu64
                   ",\"prompt_eval_duration\":%" PRId64 ",\"eval_count\":%" PRIu64
                   ",\"eval_duration\":%" PRId64,
                   a->total_ns, a->prompt_tokens, a->ttft_ns, a->tokens, a->total_ns - a->ttft_ns);
    buf_char(out, '}');
}

static void ollama_tokens(struct llm_answer *a, uint64_t first, uint64_t n, int64_t at_ns,
                          struct buf *out) {
    ollama_head(a, at_ns, out);
    ollama_text(a, first, n, out);
    buf_str(out, "\"done\":false}");
    llm_event_end(a, out);
}

static void ollama_end(struct llm_answer *a, int64_t at_ns, struct buf *out) {
    ollama_head(a, at_ns, out);
    ollama_text(a, a->tokens, 0, out);
    ollama_last(a, out);
    llm_event_end(a, out);
}

static void ollama_error(struct llm_answer *a, uint64_t sent, struct buf *out) {
    (void)sent;
    buf_str(out, "{\"error\":\"" LLM_FAILURE "\"}");
    llm_event_end(a, out);
}

static void ollama_document(struct llm_answer *a, int64_t at_ns, struct buf *out) {
    bool chat = a->api == LLM_OLLAMA_CHAT;
    ollama_head(a, at_ns, out);
    buf_str(out, chat ? "\"message\":{\"role\":\"assistant\",\"content\":\"" : "\"response\":\"");
    llm_content_text(a, out);
    buf_char(out, '"');
    if (a->reasoning > 0) {
        buf_str(out, ",\"thinking\":\"");
        llm_reasoning_text(a, out);
        buf_char(out, '"');
    }
    buf_str(out, chat ? "}," : ",");
    ollama_last(a, out);
}

/* TGI's endpoint always streams: it has no document. */
const struct llm_format llm_format_tgi = {NULL, tgi_tokens, tgi_end, tgi_error, NULL};
const struct llm_format llm_format_ollama = {NULL, ollama_tokens, ollama_end, ollama_error,
                                             ollama_document};
