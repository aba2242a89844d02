/*
 * sample_pattern: a text that matches a regular expression (ECMA-262, as in JSON Schema).
 *
 * It handles alternatives, groups, classes, quantifiers and the usual escapes. It ignores anchors
 * and what looks ahead or behind, so such an expression may not match; it refuses references to
 * groups. Internal to convert/. Thread: any.
 */
#ifndef CONVERT_SAMPLE_PATTERN_H
#define CONVERT_SAMPLE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/* Appends a text of at least `least` and at most `most` bytes. Returns false, and appends nothing,
 * if the expression is not understood or has no such text. */
bool sample_pattern(const char *pattern, size_t least, size_t most, struct buf *out);

#endif
