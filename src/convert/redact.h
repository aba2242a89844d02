/*
 * redact: removes secrets from what is written of a draft.
 *
 * A secret of REDACT_BYTES_MIN bytes or more is found wherever its bytes occur, also
 * percent-encoded (RFC 3986 2.1) or form-encoded ("+" for a space). It does not look for other
 * encodings, such as base64, or for shorter secrets, which occur in many words by chance.
 * Ownership: none taken; call redact_begin() when all secrets are known, before the other
 * functions. Thread: any.
 */
#ifndef CONVERT_REDACT_H
#define CONVERT_REDACT_H

#include "convert/draft.h"

#define REDACT_BYTES_MIN 6

void redact_begin(struct draft *d);

/* Appends scenario text, with each secret replaced by a ${...} that gives the same when it is
 * sent (percent-encoded as urlencode() writes it). The rest keeps its meaning: no "$" or "${" in
 * it merges with a replacement. */
void redact_text(const struct draft *d, struct buf *out, const char *text, size_t n);

/* The same for a path or a URL. Its "http://", its %XX and its first "/" are kept whole. */
void redact_path(const struct draft *d, struct buf *out, const char *path);

/* Appends text for people, with each secret replaced by "***". A truncated secret is replaced
 * too, if enough of it is left. */
void redact_mask(const struct draft *d, struct buf *out, const char *text, size_t n);

bool redact_finds(const struct draft *d, const char *text);

#endif
