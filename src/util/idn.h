/*
 * idn: converts host names with non-ASCII letters to the A-labels that name servers, the Host field
 * and TLS need (RFC 5891, UTS 46 nontransitional, as in browsers). libcurl would convert by the
 * process's locale; this takes UTF-8 in every locale.
 *
 * It does not percent-decode and looks up no names. Ownership: appends to the caller's buffer.
 * Thread: any.
 */
#ifndef UTIL_IDN_H
#define UTIL_IDN_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"

/* True if all letters are ASCII: then nothing needs converting. */
bool idn_is_ascii(const char *name, size_t n);

/* Appends the A-labels of `name`, which is UTF-8. The error is a whole sentence. */
int idn_labels(const char *name, struct buf *out, struct err *e);

#endif
