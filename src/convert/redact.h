/*
 * redact: removes secrets from what is written of a draft.
 *
 * A secret of REDACT_BYTES_MIN bytes or more is replaced if it is a whole value: of a header (also
 * after a scheme such as "Bearer"), of JSON, of a form, of a query, or a segment of a path. A
 * secret that looks random is also replaced inside a longer text, if no letter or digit touches it.
 * Keys, names and references are never changed. Secrets are found as they are, percent-encoded
 * (RFC 3986 2.1) or form-encoded ("+" for a space), but not in base64. Texts that only stand for a
 * secret, such as "API_KEY" or "<string>", are no secrets.
 *
 * Ownership: none taken; call redact_begin() when all secrets are known, before the other
 * functions. Thread: any.
 */
#ifndef CONVERT_REDACT_H
#define CONVERT_REDACT_H

#include "convert/draft.h"

#define REDACT_BYTES_MIN 6

/* What a text is, because that decides what a whole value in it is. */
enum redact_in { REDACT_VALUE, REDACT_HEADER, REDACT_BODY, REDACT_PATH };

void redact_begin(struct draft *d);

/* Appends scenario text, with each secret replaced by a ${...} that gives the same when it is
 * sent (percent-encoded as urlencode() writes it). The rest keeps its meaning: no "$" or "${" in
 * it merges with a replacement. */
void redact_text(const struct draft *d, struct buf *out, const char *text, size_t n,
                 enum redact_in in);

/* The same for a path or a URL. Its "http://", its %XX and its first "/" are kept whole. */
void redact_path(const struct draft *d, struct buf *out, const char *path);

/* Appends text for people, with each secret that is a word of its own replaced by "***". A
 * truncated secret is replaced too, if enough of it is left. */
void redact_mask(const struct draft *d, struct buf *out, const char *text, size_t n);

/* Replaces secrets in the draft's files by "*", as many as it has bytes, and notes each: the
 * values of JSON, forms, queries and parts of multipart/form-data whose names are secret, and
 * secrets of the draft by the rules above. */
void redact_files(struct draft *d);

/* True if the text contains a secret that looks random, so it is there by no chance. */
bool redact_finds(const struct draft *d, const char *text);

#endif
