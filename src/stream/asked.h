/*
 * asked: how long an answer a request's body asks for, and what else is known of its lengths.
 *
 * Servers take the longest answer, in tokens, under several keys: max_completion_tokens,
 * max_tokens, max_output_tokens, n_predict, parameters.max_new_tokens, parameters.max_tokens and
 * options.num_predict. If a body has several of them, the first in this order counts. Sources: the
 * API references of OpenAI, Anthropic, llama.cpp, TGI, Triton and Ollama.
 *
 * It does not know which server the body is for. Ownership: it keeps nothing. Thread: any.
 */
#ifndef STREAM_ASKED_H
#define STREAM_ASKED_H

#include <stdint.h>

#include "util/bytes.h"

#define ASKED_NOTHING (-1)

/* What a request for a stream asks for; ASKED_NOTHING: nothing, or it is not known. */
struct stream_asked {
    int64_t tokens; /* the longest answer */
    int64_t words;  /* of its generated prompt */
};

#define NOTHING_ASKED ((struct stream_asked){ASKED_NOTHING, ASKED_NOTHING})

/* Returns the tokens, at least 1. ASKED_NOTHING: the body is not a JSON object or asks for no
 * length, as with -1 for "no limit". */
int64_t asked_tokens(struct bytes body);

/* Reads a number of words; ASKED_NOTHING: it is none. */
int64_t asked_words(struct bytes digits);

#endif
