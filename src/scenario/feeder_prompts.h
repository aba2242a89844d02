/*
 * feeder_prompts: prompts generated from words.
 *
 * A prompt is a number of common English words, separated by spaces. It depends on the run's seed,
 * the feeder's name and the draw's turn; neither timing nor the number of threads changes it. No
 * two draws of a run give the same text if they have at least PROMPTS_OWN_WORDS words of their own,
 * because these encode the number of the draw. The first `shared` words are the same in all prompts
 * of a feeder.
 *
 * With a source of rows (a trace, or a Mooncake file), the lengths are those of the row. If the row
 * has hash ids, each id stands for a block of PROMPTS_BLOCK_WORDS words, which is the same wherever
 * the id occurs. The blocks are in the order of the row, and the last one is cut to the length.
 * Words after the blocks are unique.
 *
 * A word is roughly a token. The server's usage reports how many tokens a prompt really had.
 * Thread: plain data.
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
    uint32_t words_min, words_max;   /* 0, 0: lengths of the source */
    uint32_t shared;                 /* less than words_min */
    uint32_t output_min, output_max; /* 0, 0: lengths of the source, or none */
    const struct feeder *source;     /* borrowed; NULL: none */
};

/* Reads {"words": [100, 400], "shared": 64, "output_tokens": 50}. */
int feeder_prompts_read(struct loader *r, const struct json *v, const struct feeder *trace,
                        struct feeder_prompts *out);

#endif
