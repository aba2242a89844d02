/*
 * llm_request: parses the JSON of a request to a language model.
 *
 * It reads what determines the response and ignores the rest, such as temperature. It does not know
 * the options of the target. Ownership: plain data. Thread: any.
 */
#ifndef TARGET_LLM_REQUEST_H
#define TARGET_LLM_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/llm_api.h"
#include "util/err.h"

#define LLM_MODEL_MAX_BYTES 200

struct llm_request {
    bool stream;
    bool usage_last, usage_each; /* stream_options: include_usage, continuous_usage_stats */
    bool ignore_eos;             /* with a limit: generate exactly that many tokens */
    int64_t min_tokens;          /* 0: not given */
    int64_t max_tokens;          /* the smallest limit given, from 0; -1: none */
    uint64_t prompt_tokens;      /* words of the prompt; a token given as a number counts as one */
    char model[LLM_MODEL_MAX_BYTES + 1];
};

/* The error is for the client: which key, and what it must be. */
int llm_request_parse(enum llm_api api, const char *body, size_t n, struct llm_request *out,
                      struct err *e);

#endif
