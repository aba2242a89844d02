/*
 * Shared by the formats: the frame of an event, and the text of a response.
 */
#include <string.h>

#include "target/llm_answer_internal.h"
#include "target/token_text.h"
#include "util/json.h"

bool llm_is_lines(const struct llm_answer *a) {
    return a->api == LLM_OLLAMA_CHAT || a->api == LLM_OLLAMA_GENERATE;
}

static void line_end(const struct llm_answer *a, struct buf *out) {
    buf_str(out, a->crlf ? "\r\n" : "\n");
}

void llm_event_begin(const struct llm_answer *a, const char *name, struct buf *out) {
    if (llm_is_lines(a))
        return;
    const char *space = a->no_space ? "" : " ";
    if (name != NULL) {
        buf_printf(out, "event:%s%s", space, name);
        line_end(a, out);
    }
    buf_printf(out, "data:%s", space);
}

void llm_event_end(const struct llm_answer *a, struct buf *out) {
    line_end(a, out);
    if (!llm_is_lines(a))
        line_end(a, out);
}

void llm_text(const struct llm_answer *a, uint64_t first, uint64_t n, struct buf *out) {
    token_text(a->seed, a->number, first < a->reasoning ? 0 : a->reasoning, first, n, out);
}

void llm_reasoning_text(const struct llm_answer *a, struct buf *out) {
    llm_text(a, 0, a->reasoning, out);
}

void llm_content_text(const struct llm_answer *a, struct buf *out) {
    llm_text(a, a->reasoning, a->tokens - a->reasoning, out);
}

void llm_model(const struct llm_answer *a, struct buf *out) {
    buf_char(out, '"');
    json_escape(out, a->model, strlen(a->model));
    buf_char(out, '"');
}
