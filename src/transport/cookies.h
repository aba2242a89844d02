/*
 * cookies: the cookie jar of one user for one origin (RFC 6265).
 *
 * Kept: Domain, Path, Max-Age, Expires (read by libcurl's curl_getdate), Secure. Not kept: the public suffix list, SameSite,
 * and what scripts may see, which only a browser needs. Domain is checked against the host, so that a cookie for another
 * host is not kept at all. Bounded: see COOKIES_MAX.
 *
 * Ownership: heap; cookies_free(NULL) is fine. Thread: one at a time.
 */
#ifndef TRANSPORT_COOKIES_H
#define TRANSPORT_COOKIES_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "util/buf.h"

#define COOKIES_MAX 150             /* of one user; the oldest goes when there are more */
#define COOKIES_LINE_MAX_BYTES 8192 /* a longer Set-Cookie is ignored */

struct cookies;

struct cookies *cookies_new(void); /* NULL when memory runs out */
void cookies_free(struct cookies *c);

/* Takes the value of a Set-Cookie header that `host` sent in answer to a request for `path` (without its query). What is
 * malformed or not allowed is ignored, as RFC 6265 says. */
void cookies_set(struct cookies *c, const char *host, const char *path, bool secure,
                 const char *value, size_t bytes, time_t now);

/* Appends "a=1; b=2" for a request, or nothing. */
void cookies_header(struct cookies *c, const char *path, bool secure, time_t now, struct buf *out);

#endif
