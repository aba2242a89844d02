/*
 * prompt_words: the words that prompts are made of.
 *
 * Short and common, so that most tokenizers take each, with the space before it, for one token.
 * Changing the list changes what a seed gives. Thread: any, constant data.
 */
#ifndef SCENARIO_PROMPT_WORDS_H
#define SCENARIO_PROMPT_WORDS_H

#define PROMPT_WORDS_BITS 9
#define PROMPT_WORDS (1 << PROMPT_WORDS_BITS)

extern const char *const prompt_words[PROMPT_WORDS];

#endif
