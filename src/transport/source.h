/*
 * source: the addresses of this machine that connections come from, distributed to the users.
 *
 * Each address has its own ports, so n of them allow n times as many connections to one address and
 * port of a target. The kernel chooses the port when the connection is made and not when the socket
 * is bound (IP_BIND_ADDRESS_NO_PORT, ip(7)): else each bound socket would take a port for itself
 * alone, whatever it connects to. libcurl's CURLOPT_INTERFACE is not used: it would look at each
 * address again for each connection, and we open its sockets anyway.
 *
 * Ownership: source_done() frees, also after a failed source_init(). Thread: any, one at a time.
 */
#ifndef TRANSPORT_SOURCE_H
#define TRANSPORT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/ipaddr.h"

struct sources {
    struct ipaddr *items; /* IPv4 first */
    size_t count4, count6;
};

int source_init(struct sources *s, const char *const *texts, size_t count, struct err *e);
void source_done(struct sources *s);

/* -1 where one of them is none of this machine's addresses. */
int source_check(const char *const *texts, size_t count, struct err *e);

/* True where a connection to this family has an address to come from: always, where there are no
 * sources. */
bool source_allows(const struct sources *s, int family);

/* Binds a socket of this family to its user's address; nothing where there are no sources. -1 with
 * errno; EAFNOSUPPORT: no source has this family. */
int source_bind(const struct sources *s, int fd, int family, uint32_t user);

#endif
