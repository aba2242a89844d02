/*
 * validate_http: describes for `coldswarm validate` how requests are sent, if it differs from the
 * defaults.
 *
 * Ownership: appends to the caller's buffer. Thread: any.
 */
#ifndef CLI_VALIDATE_HTTP_H
#define CLI_VALIDATE_HTTP_H

#include "scenario/scenario.h"
#include "util/buf.h"

/* Appends a line, or nothing. */
void validate_http(struct buf *out, const struct scenario *s);

#endif
