/*
 * shortage: finds out whether this machine could not make a connection, or the target refused it.
 *
 * A client without free ports, descriptors or memory cannot measure its target. Such failures
 * differ from others by their errno (connect(2), socket(2)). EADDRNOTAVAIL has two meanings. A
 * datagram socket tells them apart: it either finds a source address or not, and never runs out of
 * TCP ports.
 * Thread: any.
 */
#ifndef TRANSPORT_SHORTAGE_H
#define TRANSPORT_SHORTAGE_H

#include <curl/curl.h>

#include "transport/transport.h"
#include "util/ipaddr.h"

/* What was seen of a transfer's sockets. */
struct shortage_seen {
    int socket_errno; /* why a socket could not be opened or bound; 0: no failure */
    struct ipaddr to; /* destination of the last socket; family 0: none was opened */
};

/* Checks whether this process or the machine has no descriptors left. For libraries that do not
 * say why they failed. */
enum transport_limit shortage_probe(void);

/* Writes "this machine has no local port left ... (Cannot assign requested address)". */
void shortage_text(enum transport_limit limit, int reason, char *text, size_t size);

/* If the client itself caused the failed connection of a transfer, changes the result to say so,
 * with the message in `text`. */
void shortage_explain(CURL *easy, CURLcode code, const struct shortage_seen *seen,
                      const struct transport_options *o, struct transport_result *result,
                      char *text, size_t size);

#endif
