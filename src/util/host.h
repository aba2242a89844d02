/*
 * host: checks "host" or "host:port" of a URL and writes it in the form that is sent.
 *
 * A name with non-ASCII letters is converted to the A-labels that DNS, TLS and HTTP use (RFC 5890
 * 2.3.2.1), by the rules of IDNA2008 with the mapping of UTS 46 (so capitals and full-width dots
 * are accepted). An IPv6 address keeps its zone, in the form of a URL (RFC 6874); code that writes
 * a Host header must remove the zone. It looks up no names.
 * Ownership: appends to the caller's buffer. Thread: any.
 */
#ifndef UTIL_HOST_H
#define UTIL_HOST_H

#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"

/* Converts "example.org:8080" or "[::1]". The error is a part of a sentence. */
int host_authority(const char *text, size_t n, struct buf *out, struct err *e);

/* Converts a host alone, without a port and without brackets. */
int host_name(const char *text, size_t n, struct buf *out, struct err *e);

/* Returns NULL, or what is wrong with the port. */
const char *host_port_wrong(const char *port, size_t n);

#endif
