/*
 * source: the local addresses that connections come from, distributed over the users.
 *
 * Each address has its own ports, so n addresses allow n times as many connections to one address
 * and port of a target. The kernel chooses the port at connect(2), not at bind(2)
 * (IP_BIND_ADDRESS_NO_PORT, ip(7)). Otherwise each bound socket would occupy a port alone, whatever
 * it connects to. libcurl's CURLOPT_INTERFACE is not used: it would check each address again for
 * each connection, and we open libcurl's sockets anyway.
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

/* Returns -1 if one of them is not an address of this machine. */
int source_check(const char *const *texts, size_t count, struct err *e);

/* True if a connection of this family has a source address. Always true without sources. */
bool source_allows(const struct sources *s, int family);

/* Binds a socket of this family to its user's address. Does nothing without sources. Returns -1
 * with errno; EAFNOSUPPORT: no source has this family. */
int source_bind(const struct sources *s, int fd, int family, uint32_t user);

#endif
