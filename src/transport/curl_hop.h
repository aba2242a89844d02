/*
 * curl_hop: the next request of a redirect (RFC 9110 15.4), for the curl transport.
 *
 * libcurl could follow redirects by itself, but then the user's own jar could not choose the
 * cookies of each request. libcurl also keeps headers that describe a body which is no longer sent.
 * The statuses 301, 302, 303, 307 and 308 with a Location are followed:
 *   - 303, and 301 and 302 of a POST, become a GET (HEAD stays HEAD), without the body and the
 *     headers that describe it. All others keep their method and body.
 *   - If the scenario sends its own Host header, a Location that names this host means the server
 *     that the request was sent to. Otherwise a test of one machine behind a name would continue on
 *     whichever machine has that name.
 *   - Authorization, Proxy-Authorization, Host and the scenario's own Cookie are only sent to the
 *     first origin (scheme, host and port). After a redirect to another origin they are not sent
 *     again, even if a later one leads back.
 *   - At most CURL_HOPS_MAX redirects are followed.
 * It sends nothing. Ownership: embedded; curl_hop_done() frees. Thread: the loop's.
 */
#ifndef TRANSPORT_CURL_HOP_H
#define TRANSPORT_CURL_HOP_H

#include <curl/curl.h>
#include <stdbool.h>

#include "transport/curl_internal.h"
#include "transport/place.h"

#define CURL_HOPS_MAX 10

struct curl_hop { /* initialise with {0} */
    struct curl_request request;
    struct place place;
    struct curl_slist *headers; /* of `request` */
    char *url, *host, *path;
    bool crossed; /* a redirect has left the first origin */
    int count;
};

/* Returns the URL that the response which has just ended redirects to, or NULL. libcurl owns it,
 * until its next transfer. */
const char *curl_hop_location(CURL *easy);

/* Makes `h` the request that follows `from` (from the second redirect on, `from` is the hop's
 * own request). `from` was sent to `url`, and the response had this status and Location. Returns
 * NULL, or why the redirect cannot be followed; then `h` is unchanged. */
const char *curl_hop_next(struct curl_hop *h, const struct curl_request *from, const char *url,
                          int status, const char *location);

void curl_hop_done(struct curl_hop *h);

#endif
