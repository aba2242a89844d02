/*
 * validate_http: how requests travel, in words, for `coldswarm validate`: what differs from the
 * usual.
 *
 * Ownership: appends to the caller's buffer. Thread: any.
 */
#ifndef CLI_VALIDATE_HTTP_H
#define CLI_VALIDATE_HTTP_H

#include "scenario/scenario.h"
#include "util/buf.h"

/* A line, or nothing. */
void validate_http(struct buf *out, const struct scenario *s);

#endif
