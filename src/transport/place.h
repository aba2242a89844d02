/*
 * place: where a request goes, as far as cookies ask (RFC 6265 5.3, 5.4).
 *
 * The host is that of the Host header: the scenario's own where it sends one, since that names the
 * site which the server answers for, else the URL's. Whether the way there is secure is the
 * connection's: https, or one that does not leave this machine (127.0.0.0/8, ::1, localhost and
 * what ends in .localhost), as browsers have it. Both transports ask here, so that there is one
 * rule.
 *
 * Ownership: borrowed bytes. Thread: pure functions.
 */
#ifndef TRANSPORT_PLACE_H
#define TRANSPORT_PLACE_H

#include <stdbool.h>

#include "util/bytes.h"

struct place {
    struct bytes host; /* without port and brackets, in any case */
    struct bytes path; /* as it is sent, without the query */
    bool secure;
};

/* The host of "host", "host:port", "[address]:port". */
struct bytes place_host(struct bytes authority);

/* What is before the query and the fragment. */
struct bytes place_path(struct bytes target);

/* `host` is where the connection goes: the URL's. */
bool place_is_secure(bool tls, struct bytes host);

/* Four numbers with dots, or an IPv6 address without its brackets. */
bool place_is_address(struct bytes host);

#endif
