/*
 * encode: the ways in which text is written into a request.
 *
 * JSON strings are util/json's. Internal to scenario/. Ownership: appends to the caller's buffer.
 * Thread: any.
 */
#ifndef SCENARIO_ENCODE_H
#define SCENARIO_ENCODE_H

#include <stddef.h>

#include "util/buf.h"

/* Everything but RFC 3986's unreserved characters becomes %XX. */
void encode_percent(struct buf *out, const char *text, size_t n);

/* application/x-www-form-urlencoded: a space becomes '+' (WHATWG URL). */
void encode_form(struct buf *out, const char *text, size_t n);

/* RFC 4648, with padding. */
void encode_base64(struct buf *out, const char *text, size_t n);

/* A name inside the quotes of a multipart header: quote, CR and LF become %XX (WHATWG HTML). */
void encode_quoted(struct buf *out, const char *text, size_t n);

#endif
