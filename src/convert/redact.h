/*
 * redact: what is written of a draft holds none of its secrets.
 *
 * A secret of REDACT_BYTES_MIN bytes or more is found wherever its bytes stand, also
 * percent-encoded (RFC 3986 2.1) or as a form writes it ("+" for a space). It does not look for
 * other encodings of it, as base64, nor for shorter ones, which stand in many words by chance.
 *
 * Ownership: none taken; redact_begin() is called when all secrets are known, before any other.
 * Thread: any.
 */
#ifndef CONVERT_REDACT_H
#define CONVERT_REDACT_H

#include "convert/draft.h"

#define REDACT_BYTES_MIN 6

void redact_begin(struct draft *d);

/* Appends scenario text, each secret replaced by the ${...} that gives the same when it is sent
 * (percent-encoded as urlencode() writes it). The rest keeps its meaning: no "$" or "${" of it
 * becomes part of what is put in. */
void redact_text(const struct draft *d, struct buf *out, const char *text, size_t n);

/* The same for a path or a URL, whose "http://" and %XX stay whole and whose first "/" stays. */
void redact_path(const struct draft *d, struct buf *out, const char *path);

/* Appends text for people, each secret as "***"; so is the beginning of one that was cut off, where
 * it is long. */
void redact_mask(const struct draft *d, struct buf *out, const char *text, size_t n);

bool redact_finds(const struct draft *d, const char *text);

#endif
