/*
 * place: the destination of a request, as cookies define it (RFC 6265 5.3, 5.4).
 *
 * The host is that of the Host header: the scenario's own Host if it sends one (it names the site
 * that the server answers for), else the URL's. The connection decides whether the place is secure:
 * https, or a connection that does not leave this machine (127.0.0.0/8, ::1, localhost and names
 * that end in .localhost), as in browsers. Both transports use these functions, so they have the
 * same rules.
 *
 * Ownership: borrowed bytes. Thread: pure functions.
 */
#ifndef TRANSPORT_PLACE_H
#define TRANSPORT_PLACE_H

#include <stdbool.h>

#include "util/bytes.h"

struct place {
    struct bytes host; /* without port and brackets, in any case */
    struct bytes path; /* as sent, without the query */
    bool secure;
};

/* Returns the host of "host", "host:port" or "[address]:port". */
struct bytes place_host(struct bytes authority);

/* Returns what is before the query and the fragment. */
struct bytes place_path(struct bytes target);

/* `host` is the one connected to: the URL's. */
bool place_is_secure(bool tls, struct bytes host);

/* True for four numbers with dots, or an IPv6 address without brackets. */
bool place_is_address(struct bytes host);

#endif
