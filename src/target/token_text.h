/*
 * token_text: the text of each token of each response: a pure function of the seed.
 *
 * A token is a word with a space before it (except the first one), so a response has as many words
 * as tokens. One word in eight has characters of two to four bytes in UTF-8, so that a cut between
 * bytes can split one. No word needs escaping in JSON or CSV. Thread: any.
 */
#ifndef TARGET_TOKEN_TEXT_H
#define TARGET_TOKEN_TEXT_H

#include <stdint.h>

#include "util/buf.h"

/* Appends the text of tokens first to first + n - 1 of a response. `start`: the token where the
 * text begins, which has no space. */
void token_text(uint64_t seed, uint64_t answer, uint64_t start, uint64_t first, uint64_t n,
                struct buf *out);

#endif
