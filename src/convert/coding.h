/*
 * coding: encodings that the sources use.
 *
 * Decoders refuse what is not well formed. Internal to convert/. Ownership: appends to the caller's buffer. Thread: any.
 */
#ifndef CONVERT_CODING_H
#define CONVERT_CODING_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/* RFC 4648 with or without padding, white space inside ignored. */
bool coding_base64(struct buf *out, const char *text, size_t n);

/* %XX, and '+' as a space where `plus`; false where a '%' has no two digits (which stays as it is). */
bool coding_unpercent(struct buf *out, const char *text, size_t n, bool plus);

/* application/x-www-form-urlencoded, as the scenario's "form" is sent. */
void coding_form(struct buf *out, const char *text, size_t n);

/* All but RFC 3986's unreserved characters becomes %XX. */
void coding_percent(struct buf *out, const char *text, size_t n);

bool coding_is_utf8(const char *text, size_t n);

/* A cut to at most `max` bytes that splits no character. */
size_t coding_cut(const char *text, size_t n, size_t max);

/* The parts of "scheme://user:password@host:port/path?query#fragment"; pointers into the text. */
struct coding_url {
    const char *scheme; /* "http" or "https"; "" where the text has none */
    const char *user;   /* NULL: none; "user:password" */
    size_t user_bytes;
    const char *host; /* with its port */
    size_t host_bytes;
    const char *path; /* from the '/' or '?'; may be empty */
    size_t path_bytes;
    const char *fragment; /* NULL: none */
    size_t fragment_bytes;
};

/* What is wrong with it, or NULL. Without "scheme://" the text begins with the host. */
const char *coding_url(const char *text, size_t n, struct coding_url *out);

#endif
