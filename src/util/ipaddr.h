/*
 * ipaddr: an IPv4 or IPv6 address without a port, from text and from a socket's address.
 *
 * It looks up no names. An IPv6 address may have a zone, the interface that a link-local address
 * belongs to: "fe80::1%eth0", or in a URL "fe80::1%25eth0" (RFC 4007 11, RFC 6874). Zones are local
 * to a machine, so another machine may reject the same text.
 * Ownership: plain data. Thread: any. Errors are parts of a sentence: "... is no IPv4 or IPv6
 * address".
 */
#ifndef UTIL_IPADDR_H
#define UTIL_IPADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "util/err.h"

#define IPADDR_TEXT_BYTES 64 /* INET6_ADDRSTRLEN, '%' and an interface name */

struct ipaddr {
    int family; /* AF_INET or AF_INET6 */
    uint8_t bytes[16];
    uint32_t scope; /* index of the interface; 0: none */
};

/* Parses "127.0.0.1", "::1", "[::1]", "fe80::1%eth0", "[fe80::1%25eth0]". */
int ipaddr_parse(const char *text, size_t n, struct ipaddr *out, struct err *e);

/* True if the text is an address, with or without brackets and a zone that this machine knows. */
bool ipaddr_is(const char *text, size_t n);

/* Fills *out. Returns its length. */
socklen_t ipaddr_socket(const struct ipaddr *a, uint16_t port, struct sockaddr_storage *out);

/* Converts a socket's address. Returns false for other families. */
bool ipaddr_of_socket(const struct sockaddr *from, struct ipaddr *out);

/* Writes it without brackets: "fe80::1%eth0". */
void ipaddr_text(const struct ipaddr *a, char out[IPADDR_TEXT_BYTES]);

#endif
