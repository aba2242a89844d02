/*
 * shortage: was it this machine that could not make a connection, and not the target that refused
 * it?
 *
 * A client that has no port, no descriptor or no memory left measures nothing of its target. Such a
 * failure differs from the others by its errno (connect(2), socket(2)); EADDRNOTAVAIL means two
 * things, which a datagram socket tells apart: it finds an address to come from or not, and never
 * runs out of TCP's ports.
 *
 * Thread: any.
 */
#ifndef TRANSPORT_SHORTAGE_H
#define TRANSPORT_SHORTAGE_H

#include <curl/curl.h>

#include "transport/transport.h"
#include "util/ipaddr.h"

/* What was seen of a transfer's sockets. */
struct shortage_seen {
    int socket_errno; /* why one could not be opened or bound; 0: all could */
    struct ipaddr to; /* where the last one was meant to go; family 0: none was asked for */
};

/* Whether this process, or the machine, has no descriptor left right now: where a library does not
 * say why it failed. */
enum transport_limit shortage_probe(void);

/* "this machine has no local port left ... (Cannot assign requested address)". */
void shortage_text(enum transport_limit limit, int reason, char *text, size_t size);

/* Makes the result of a transfer that failed to connect the client's own, where it is, with the
 * text in `text`. */
void shortage_judge(CURL *easy, CURLcode code, const struct shortage_seen *seen,
                    const struct transport_options *o, struct transport_result *result, char *text,
                    size_t size);

#endif
