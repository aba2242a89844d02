/*
 * sha256: the SHA-256 of some bytes, or of a file, as 64 hex digits or for a page's CSP. Thread:
 * any.
 */
#ifndef UTIL_SHA256_H
#define UTIL_SHA256_H

#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"

#define SHA256_HEX_BYTES 65

/* Writes "" if OpenSSL fails (no memory). */
void sha256_hex(const void *bytes, size_t n, char out[SHA256_HEX_BYTES]);

/* Of all bytes of an open file, whose position stays. Returns -1 with errno set if it cannot be
 * read. */
int sha256_file(int fd, char out[SHA256_HEX_BYTES]);

/* Appends 'sha256-...' of a script or style sheet, as a Content-Security-Policy names it
 * (https://www.w3.org/TR/CSP3/#grammardef-hash-source). */
int sha256_source(struct buf *out, const char *text, struct err *e);

#endif
