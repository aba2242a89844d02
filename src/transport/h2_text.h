/*
 * h2_text: words for what a server does to streams and connections of HTTP/2. Both transports use
 * them, so that reports can group them. They contain no number of a stream. Thread: any.
 */
#ifndef TRANSPORT_H2_TEXT_H
#define TRANSPORT_H2_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "util/connection.h"
#include "util/outcome.h"

#define H2_REFUSED "the server refused the stream (REFUSED_STREAM)"
#define H2_GOAWAY "the server ended the connection (GOAWAY) "
#define H2_GOAWAY_UNPROCESSED H2_GOAWAY "and did not process this request"
#define H2_GOAWAY_CUT H2_GOAWAY "before the response was complete"
#define H2_GOAWAY_LOST H2_GOAWAY "without a response"
#define H2_NO_HEAD "the stream ended before the response headers"
#define H2_NOT_VALID "the connection is not valid HTTP/2"

/* The end of a connection for which the server sent GOAWAY with this error code. */
enum connection_end h2_goaway_end(uint32_t code);

/* The error code whose name (RFC 9113 7) the text begins with; UINT32_MAX: none. */
uint32_t h2_code_of(const char *text);

/* The text and the outcome of a stream that was reset with this code. */
const char *h2_reset_text(uint32_t code, enum outcome *outcome);

#endif
