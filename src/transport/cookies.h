/*
 * cookies: the cookie jar of one user (RFC 6265), used by all transports.
 *
 * Supported: Domain, Path, Max-Age (takes precedence over Expires), Expires (cookie_date.h),
 * Secure, and the rules of the prefixes __Secure- and __Host- (RFC 6265bis). Not supported, because
 * only browsers need them: the public suffix list, SameSite and HttpOnly. Instead of the list, a
 * Domain of one label is rejected, unless it is the host itself. A cookie for another host than the
 * one that sets it is not stored. The size is bounded: see COOKIES_MAX.
 *
 * Ownership: heap; cookies_free(NULL) is allowed. Thread: one at a time.
 */
#ifndef TRANSPORT_COOKIES_H
#define TRANSPORT_COOKIES_H

#include <stddef.h>
#include <time.h>

#include "transport/place.h"
#include "util/buf.h"
#include "util/bytes.h"

#define COOKIES_MAX 150             /* per user; above this, the oldest is removed */
#define COOKIES_LINE_MAX_BYTES 8192 /* a longer Set-Cookie is ignored */
/* A full jar, plus the largest Cookie header that a request may have of its own. */
#define COOKIES_HEADER_MAX_BYTES ((size_t)COOKIES_MAX * COOKIES_LINE_MAX_BYTES + (1 << 20))

struct cookies;

struct cookies *cookies_new(void); /* NULL if memory runs out */
void cookies_free(struct cookies *c);

/* Stores the cookie of a Set-Cookie value from a response to a request to `from`. A malformed or
 * forbidden cookie is ignored, as RFC 6265 says. */
void cookies_set(struct cookies *c, const struct place *from, struct bytes value, time_t now);

/* Appends "a=1; b=2" for a request, or nothing. `own` is the request's own Cookie value (data
 * NULL: none). It comes first, unchanged, and cookies of the jar with the same name are left
 * out. `c` may be NULL: an empty jar. */
void cookies_header(struct cookies *c, const struct place *to, struct bytes own, time_t now,
                    struct buf *out);

#endif
