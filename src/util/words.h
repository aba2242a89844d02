/*
 * words: reads numbers from a line, one after the other, separated by single spaces.
 *
 * For lines that programs write to each other. Each function reads at *at and moves it behind the
 * number and the space that follows it. It returns false, and leaves *at and *out as they are, if
 * there is no such number. Thread: any.
 */
#ifndef UTIL_WORDS_H
#define UTIL_WORDS_H

#include <stdbool.h>
#include <stdint.h>

bool words_uint(const char **at, uint64_t *out);
bool words_uint32(const char **at, uint32_t *out);
bool words_int(const char **at, int64_t *out);
bool words_double(const char **at, double *out); /* finite */

/* Whether the line begins with this word; moves *at behind it and the space. */
bool words_is(const char **at, const char *word);

#endif
