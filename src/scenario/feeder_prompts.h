/*
 * feeder_prompts: prompts that are made of words.
 *
 * A prompt is a number of common English words with a space between them. It is fixed by the run's
 * seed, the feeder's name and the draw's turn: neither timing nor the number of threads changes it.
 * No two draws of a run give the same text, as far as they have at least PROMPTS_OWN_WORDS words of
 * their own: these spell the number of the draw. `shared` words at the beginning are the same in
 * all prompts of a feeder.
 *
 * With a source of rows (a trace, or a Mooncake file) the lengths are those of the row, and where
 * the row has hash ids, each stands for the same PROMPTS_BLOCK_WORDS words wherever it occurs, in
 * the order of the row; the last block is cut to the length. Words behind the blocks are unique.
 *
 * A word is about a token, and not exactly: the server's usage says how many tokens a prompt really
 * had. Thread: plain data.
 */
#ifndef SCENARIO_FEEDER_PROMPTS_H
#define SCENARIO_FEEDER_PROMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "scenario/feeder.h"

#define PROMPTS_WORDS_MAX 1000000
#define PROMPTS_OWN_WORDS 8
#define PROMPTS_BLOCK_WORDS 512

struct feeder_prompts {
    uint32_t words_min, words_max;   /* 0, 0: the source's */
    uint32_t shared;                 /* below words_min */
    uint32_t output_min, output_max; /* 0, 0: the source's, or none */
    const struct feeder *source;     /* borrowed; NULL: none */
};

/* Reads {"words": [100, 400], "shared": 64, "output_tokens": 50}. */
int feeder_prompts_read(struct loader *r, const struct json *v, const struct feeder *trace,
                        struct feeder_prompts *out);

#endif
