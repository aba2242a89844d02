/*
 * llm_answer_internal: shared by the formats, and their functions. Internal to this folder.
 */
#ifndef TARGET_LLM_ANSWER_INTERNAL_H
#define TARGET_LLM_ANSWER_INTERNAL_H

#include "target/llm_answer.h"

#define LLM_FAILURE "failed on purpose (--end error)"

/* The functions of a format; NULL: it has nothing at this point. */
struct llm_format {
    void (*begin)(struct llm_answer *a, struct buf *out);
    void (*tokens)(struct llm_answer *a, uint64_t first, uint64_t n, int64_t at_ns,
                   struct buf *out);
    void (*end)(struct llm_answer *a, int64_t at_ns, struct buf *out);
    void (*error)(struct llm_answer *a, uint64_t sent, struct buf *out);
    void (*document)(struct llm_answer *a, int64_t at_ns, struct buf *out);
};

/* llm_answer_openai.c, llm_answer_responses.c, llm_answer_anthropic.c, llm_answer_others.c */
extern const struct llm_format llm_format_chat, llm_format_completions, llm_format_responses,
    llm_format_messages, llm_format_tgi, llm_format_ollama;

/* llm_answer_event.c */
bool llm_is_lines(const struct llm_answer *a); /* true for Ollama, whose events are lines of JSON */

/* Appends "event: name" (unless it is NULL) and "data: ". The caller appends the data, then the
 * end. */
void llm_event_begin(const struct llm_answer *a, const char *name, struct buf *out);
void llm_event_end(const struct llm_answer *a, struct buf *out);

/* Appends the response's text from token `first` on, without quotes. It never needs escaping. */
void llm_text(const struct llm_answer *a, uint64_t first, uint64_t n, struct buf *out);

/* Append all reasoning, and all text after it. */
void llm_reasoning_text(const struct llm_answer *a, struct buf *out);
void llm_content_text(const struct llm_answer *a, struct buf *out);

void llm_model(const struct llm_answer *a, struct buf *out); /* with its quotes */

#endif
