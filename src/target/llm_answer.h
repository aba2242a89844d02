/*
 * llm_answer: a language model's response in the format of each interface: its events, one by one,
 * or one JSON document.
 *
 * The formats are those of OpenAI, vLLM, Anthropic, TGI and Ollama. It knows neither times nor
 * sockets: token_stream.h says when an event is due. An event has either reasoning or answer text,
 * never both: the caller splits at `reasoning`.
 * Ownership: plain data. Thread: one at a time.
 */
#ifndef TARGET_LLM_ANSWER_H
#define TARGET_LLM_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "target/llm_api.h"
#include "target/llm_request.h"
#include "util/buf.h"

struct llm_answer {
    enum llm_api api;
    uint64_t seed, number; /* the number is part of the id */
    int64_t created_ns;    /* since 1970 */
    uint64_t tokens;       /* of the whole response, including reasoning */
    uint64_t reasoning;    /* the first of them; at most `tokens` */
    uint64_t prompt_tokens, cached_tokens;
    bool limited;        /* ended by max_tokens */
    bool role_first;     /* chat: the role is in its own event */
    bool crlf, no_space; /* line ends; "data:{" */
    /* each: in each chunk if the interface supports it, and at the end. */
    bool usage_last, usage_each;
    int64_t ttft_ns, total_ns; /* as Ollama reports them */
    uint64_t sequence;         /* events so far, if the interface numbers them; from 0 */
    char model[LLM_MODEL_MAX_BYTES + 1];
};

const char *llm_answer_type(const struct llm_answer *a, bool stream); /* Content-Type */
bool llm_answer_pings(const struct llm_answer *a); /* false: the format has no pings */

/* Appends what comes before any token; may be nothing. */
void llm_answer_begin(struct llm_answer *a, struct buf *out);

/* Appends one event with n tokens from `first` on; at_ns since 1970. */
void llm_answer_tokens(struct llm_answer *a, uint64_t first, uint64_t n, int64_t at_ns,
                       struct buf *out);

/* Appends what comes after the last token: finish reason, usage, end mark. */
void llm_answer_end(struct llm_answer *a, int64_t at_ns, struct buf *out);

/* Appends a server failure after `sent` tokens. */
void llm_answer_error(struct llm_answer *a, uint64_t sent, struct buf *out);

void llm_answer_ping(const struct llm_answer *a, struct buf *out);

/* Appends the whole response as one document. */
void llm_answer_document(struct llm_answer *a, int64_t at_ns, struct buf *out);

#endif
