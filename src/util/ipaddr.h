/*
 * ipaddr: an IPv4 or IPv6 address without a port, from text and as a socket's address.
 *
 * It looks no name up. An IPv6 address may have a zone, the interface that a link-local address
 * belongs to: "fe80::1%eth0", or in a URL "fe80::1%25eth0" (RFC 4007 11, RFC 6874). Zones are names
 * of this machine, so another may refuse the same text.
 *
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

#define IPADDR_TEXT_BYTES 64 /* INET6_ADDRSTRLEN, '%' and a name of an interface */

struct ipaddr {
    int family; /* AF_INET or AF_INET6 */
    uint8_t bytes[16];
    uint32_t scope; /* the interface's index; 0: none */
};

/* Takes "127.0.0.1", "::1", "[::1]", "fe80::1%eth0", "[fe80::1%25eth0]". */
int ipaddr_parse(const char *text, size_t n, struct ipaddr *out, struct err *e);

/* True where the text is an address, with or without brackets and a zone that this machine
 * knows. */
bool ipaddr_is(const char *text, size_t n);

/* Fills *out and returns its length. */
socklen_t ipaddr_socket(const struct ipaddr *a, uint16_t port, struct sockaddr_storage *out);

/* From a socket's address; false where it is of another family. */
bool ipaddr_of_socket(const struct sockaddr *from, struct ipaddr *out);

/* Without brackets: "fe80::1%eth0". */
void ipaddr_text(const struct ipaddr *a, char out[IPADDR_TEXT_BYTES]);

#endif
