/*
 * encode: text as a request holds it, and back again.
 *
 * JSON strings are util/json's. Decoders refuse what is not well formed. Ownership: appends to the
 * caller's buffer.
 * Thread: any.
 */
#ifndef UTIL_ENCODE_H
#define UTIL_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/* Everything but RFC 3986's unreserved characters becomes %XX. */
void encode_percent(struct buf *out, const char *text, size_t n);

/* A path with its query as someone has written it: %XX stays, and what no request line may hold
 * (spaces, controls, other signs, what is not ASCII, a '%' that begins nothing) becomes %XX. It
 * ends before a '#', as what follows is never sent. */
void encode_written(struct buf *out, const char *text, size_t n);

/* application/x-www-form-urlencoded: a space becomes '+' (WHATWG URL). */
void encode_form(struct buf *out, const char *text, size_t n);

/* RFC 4648, with padding. */
void encode_base64(struct buf *out, const char *text, size_t n);

/* A name inside the quotes of a multipart header: quote, CR and LF become %XX (WHATWG HTML). */
void encode_quoted(struct buf *out, const char *text, size_t n);

/* %XX, and '+' as a space where `plus`; false where a '%' has no two digits (which stays as it
 * is). */
bool decode_percent(struct buf *out, const char *text, size_t n, bool plus);

/* RFC 4648 with or without padding, in either alphabet, white space inside ignored. */
bool decode_base64(struct buf *out, const char *text, size_t n);

#endif
