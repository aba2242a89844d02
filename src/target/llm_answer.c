#include "target/llm_answer.h"

#include "target/llm_answer_internal.h"

static const struct llm_format *const formats[LLM_API_COUNT] = {
    [LLM_CHAT] = &llm_format_chat,
    [LLM_COMPLETIONS] = &llm_format_completions,
    [LLM_RESPONSES] = &llm_format_responses,
    [LLM_MESSAGES] = &llm_format_messages,
    [LLM_TGI] = &llm_format_tgi,
    [LLM_OLLAMA_CHAT] = &llm_format_ollama,
    [LLM_OLLAMA_GENERATE] = &llm_format_ollama};

const char *llm_answer_type(const struct llm_answer *a, bool stream) {
    if (!stream)
        return "application/json";
    return llm_is_lines(a) ? "application/x-ndjson" : "text/event-stream; charset=utf-8";
}

bool llm_answer_pings(const struct llm_answer *a) {
    return !llm_is_lines(a);
}

void llm_answer_begin(struct llm_answer *a, struct buf *out) {
    if (formats[a->api]->begin != NULL)
        formats[a->api]->begin(a, out);
}

void llm_answer_tokens(struct llm_answer *a, uint64_t first, uint64_t n, int64_t at_ns,
                       struct buf *out) {
    formats[a->api]->tokens(a, first, n, at_ns, out);
}

void llm_answer_end(struct llm_answer *a, int64_t at_ns, struct buf *out) {
    if (formats[a->api]->end != NULL)
        formats[a->api]->end(a, at_ns, out);
}

void llm_answer_error(struct llm_answer *a, uint64_t sent, struct buf *out) {
    formats[a->api]->error(a, sent, out);
}

void llm_answer_ping(const struct llm_answer *a, struct buf *out) {
    if (a->api == LLM_MESSAGES) {
        llm_event_begin(a, "ping", out);
        buf_str(out, "{\"type\":\"ping\"}");
    } else {
        buf_char(out, ':'); /* a comment */
    }
    llm_event_end(a, out);
}

void llm_answer_document(struct llm_answer *a, int64_t at_ns, struct buf *out) {
    formats[a->api]->document(a, at_ns, out);
}
