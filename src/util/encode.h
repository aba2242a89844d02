/*
 * encode: encodes text for requests, and decodes it.
 *
 * JSON strings are in util/json. Decoders reject malformed input. Ownership: appends to the
 * caller's buffer.
 * Thread: any.
 */
#ifndef UTIL_ENCODE_H
#define UTIL_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/* Everything except RFC 3986's unreserved characters becomes %XX. */
void encode_percent(struct buf *out, const char *text, size_t n);

/* For a path with its query as a user writes it. %XX is kept. Characters that are not allowed in
 * a request line (spaces, controls, other signs, non-ASCII, a '%' without two digits) become
 * %XX. It stops before a '#', because the fragment is never sent. */
void encode_written(struct buf *out, const char *text, size_t n);

/* application/x-www-form-urlencoded: a space becomes '+' (WHATWG URL). */
void encode_form(struct buf *out, const char *text, size_t n);

/* RFC 4648, with padding. */
void encode_base64(struct buf *out, const char *text, size_t n);

/* For a name inside the quotes of a multipart header: quote, CR and LF become %XX (WHATWG HTML). */
void encode_quoted(struct buf *out, const char *text, size_t n);

/* Decodes %XX, and '+' as a space if `plus`. Returns false if a '%' is not followed by two
 * digits (it is then kept). */
bool decode_percent(struct buf *out, const char *text, size_t n, bool plus);

/* RFC 4648 with or without padding, in either alphabet; ignores white space inside. */
bool decode_base64(struct buf *out, const char *text, size_t n);

#endif
