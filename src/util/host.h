/*
 * host: checks "host" or "host:port" of a URL and writes it as it is sent.
 *
 * A name with letters beyond ASCII becomes the A-labels that DNS, TLS and HTTP know (RFC 5890
 * 2.3.2.1), by the rules of IDNA2008 with the mapping of UTS 46 (so capitals and full-width dots
 * are understood). An IPv6 address keeps its zone, written as a URL has it (RFC 6874); who writes a
 * Host header leaves the zone out. It looks no name up.
 *
 * Ownership: appends to the caller's buffer. Thread: any.
 */
#ifndef UTIL_HOST_H
#define UTIL_HOST_H

#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"

/* "example.org:8080", "[::1]". The error is a part of a sentence. */
int host_authority(const char *text, size_t n, struct buf *out, struct err *e);

/* A host alone, without a port and not in brackets. */
int host_name(const char *text, size_t n, struct buf *out, struct err *e);

/* NULL, or what is wrong with the port. */
const char *host_port_wrong(const char *port, size_t n);

#endif
