/*
 * cookies: the cookie jar of one user (RFC 6265), the same for all transports.
 *
 * Kept: Domain, Path, Max-Age (before Expires), Expires (cookie_date.h), Secure, and the rules of
 * the prefixes __Secure- and __Host- (RFC 6265bis). Not kept: the public suffix list, SameSite, and
 * what scripts may see, which only a browser needs; a Domain of one label is refused instead, but
 * for the host itself. A cookie for another host than the one that sets it is not kept at all.
 * Bounded: see COOKIES_MAX.
 *
 * Ownership: heap; cookies_free(NULL) is fine. Thread: one at a time.
 */
#ifndef TRANSPORT_COOKIES_H
#define TRANSPORT_COOKIES_H

#include <stddef.h>
#include <time.h>

#include "transport/place.h"
#include "util/buf.h"
#include "util/bytes.h"

#define COOKIES_MAX 150             /* of one user; the oldest goes when there are more */
#define COOKIES_LINE_MAX_BYTES 8192 /* a longer Set-Cookie is ignored */
/* All of a jar, and as much as a header of one's own may have. */
#define COOKIES_HEADER_MAX_BYTES ((size_t)COOKIES_MAX * COOKIES_LINE_MAX_BYTES + (1 << 20))

struct cookies;

struct cookies *cookies_new(void); /* NULL when memory runs out */
void cookies_free(struct cookies *c);

/* Takes the value of a Set-Cookie header that came in answer to a request to this place. What is
 * malformed or not allowed is ignored, as RFC 6265 says. */
void cookies_set(struct cookies *c, const struct place *from, struct bytes value, time_t now);

/* Appends "a=1; b=2" for a request, or nothing. `own` is what the request sends of its own (data
 * NULL: nothing): it comes first, as it is, and a cookie of the jar with the name of one in it is
 * left out. `c` may be NULL: an empty jar. */
void cookies_header(struct cookies *c, const struct place *to, struct bytes own, time_t now,
                    struct buf *out);

#endif
