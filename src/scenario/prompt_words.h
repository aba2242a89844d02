/*
 * prompt_words: the words that prompts are generated from.
 *
 * They are short and common, so that most tokenizers encode a word with the space before it as one
 * token. Changing the list changes the prompts of every seed. Thread: any, constant data.
 */
#ifndef SCENARIO_PROMPT_WORDS_H
#define SCENARIO_PROMPT_WORDS_H

#define PROMPT_WORDS_BITS 9
#define PROMPT_WORDS (1 << PROMPT_WORDS_BITS)

extern const char *const prompt_words[PROMPT_WORDS];

#endif
