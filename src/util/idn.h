/*
 * idn: host names with letters beyond ASCII as the A-labels that name servers, the Host field and
 * TLS want (RFC 5891, UTS 46 nontransitional, as browsers have it). libcurl would convert by the
 * process's locale; this takes UTF-8 in every one.
 *
 * It decodes no percent-encoding and looks no name up. Ownership: appends to the caller's buffer.
 * Thread: any.
 */
#ifndef UTIL_IDN_H
#define UTIL_IDN_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"

/* Whether no letter is beyond ASCII: then there is nothing to convert. */
bool idn_is_ascii(const char *name, size_t n);

/* The A-labels of `name`, UTF-8. The error is a whole sentence. */
int idn_labels(const char *name, struct buf *out, struct err *e);

#endif
