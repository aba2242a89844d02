/*
 * curl_hop: the next request of a redirect (RFC 9110 15.4), for the curl transport.
 *
 * libcurl could follow by itself, but then the user's own jar could not choose the cookies of each
 * request, and it keeps headers that speak of a body which is no longer sent. Followed are 301,
 * 302, 303, 307 and 308 with a Location:
 *
 *  - 303, and 301 and 302 of a POST, become a GET (HEAD stays) without the body and without the
 *    headers that describe one; all others keep method and body;
 *  - where the scenario sends a Host of its own, a Location that names this site means the server
 *    that was asked: else a test of one machine behind a name would go on to whoever has that name;
 *  - Authorization, Proxy-Authorization, Host and a Cookie of the scenario's own go no further than
 *    the origin (scheme, host and port), and do not come back after a way through another one;
 *  - at most CURL_HOPS_MAX.
 *
 * It sends nothing. Ownership: embedded; curl_hop_done() frees. Thread: the loop's.
 */
#ifndef TRANSPORT_CURL_HOP_H
#define TRANSPORT_CURL_HOP_H

#include <curl/curl.h>
#include <stdbool.h>

#include "transport/curl_internal.h"
#include "transport/place.h"

#define CURL_HOPS_MAX 10

struct curl_hop { /* begins as {0} */
    struct curl_request request;
    struct place place;
    struct curl_slist *headers; /* the request's */
    char *url, *host, *path;
    bool crossed; /* it has left the origin it began at */
    int count;
};

/* Where the answer that has just ended sends us, NULL: nowhere. libcurl's, until its next
 * transfer. */
const char *curl_hop_location(CURL *easy);

/* Makes the hop the request that follows `from` (the hop's own, from the second on), which `url`
 * was asked with and answered with this status and Location. Returns NULL, or why that cannot be
 * done; then the hop is as before. */
const char *curl_hop_next(struct curl_hop *h, const struct curl_request *from, const char *url,
                          int status, const char *location);

void curl_hop_done(struct curl_hop *h);

#endif
