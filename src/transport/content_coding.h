/*
 * content_coding: decodes a response with Content-Encoding as it arrives (RFC 9110 8.4). All
 * transports use it.
 *
 * Supported: gzip and x-gzip (RFC 1952; several members, and trailing zeros as in a padded file),
 * deflate (RFC 1950, and without its wrapper, as some servers send it), br (RFC 7932), and
 * identity. Names may have any case. A list may have any white space and up to
 * CONTENT_CODING_LAYERS_MAX codings. All else is rejected. A body of 0 bytes is an empty body,
 * whatever its coding.
 *
 * It does not store decoded data, but passes it to the sink in pieces. So a small body that decodes
 * to a huge one costs time but no memory, and a limit on decoded bytes bounds the time.
 *
 * Ownership: heap; content_coding_free(NULL) is allowed. Thread: one at a time.
 */
#ifndef TRANSPORT_CONTENT_CODING_H
#define TRANSPORT_CONTENT_CODING_H

#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"

#define CONTENT_CODING_LAYERS_MAX 4
#define CONTENT_CODING_BYTES_MAX                                                                   \
    ((uint64_t)4 << 30) /* the limit that the transports use: decoded bytes of one response */
#define CONTENT_CODING_TEXT_BYTES 128

struct content_coding;

/* Receives decoded bytes. */
typedef void content_coding_sink(void *context, const char *bytes, size_t n);

/* `list` is the value of Content-Encoding, with several lines joined by commas. Decoding fails
 * after most_bytes, over all layers. *out NULL: there is nothing to decode. Returns -1 if the
 * list is not supported; `why` says what is wrong. */
int content_coding_new(struct bytes list, uint64_t most_bytes, content_coding_sink *sink,
                       void *context, struct content_coding **out,
                       char why[CONTENT_CODING_TEXT_BYTES]);
void content_coding_free(struct content_coding *c);

/* Decodes the next bytes of the body. Returns -1 if they are not valid in the coding; `why` says
 * so. */
int content_coding_feed(struct content_coding *c, const char *bytes, size_t n,
                        char why[CONTENT_CODING_TEXT_BYTES]);

/* The body has ended. Returns -1 if the encoded data is truncated. */
int content_coding_end(const struct content_coding *c, char why[CONTENT_CODING_TEXT_BYTES]);

#endif
