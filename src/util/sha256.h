/*
 * sha256: the SHA-256 of some bytes, or of a file, as 64 hex digits. Thread: any.
 */
#ifndef UTIL_SHA256_H
#define UTIL_SHA256_H

#include <stddef.h>

#define SHA256_HEX_BYTES 65

/* Writes "" if OpenSSL fails (no memory). */
void sha256_hex(const void *bytes, size_t n, char out[SHA256_HEX_BYTES]);

/* Of all bytes of an open file, whose position stays. Returns -1 with errno set if it cannot be
 * read. */
int sha256_file(int fd, char out[SHA256_HEX_BYTES]);

#endif
