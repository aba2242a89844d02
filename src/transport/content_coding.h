/*
 * content_coding: undoes the Content-Encoding of an answer as it arrives (RFC 9110 8.4), the same
 * for all transports.
 *
 * Known: gzip and x-gzip (RFC 1952, several members; zeros may follow as in a padded file), deflate
 * (RFC 1950, and without that wrapper as some servers send it), br (RFC 7932), identity; in any
 * case, as a list with any white space, up to CONTENT_CODING_LAYERS_MAX of them. Anything else is
 * refused. A body without a byte is an empty body, whatever it is said to be.
 *
 * It keeps nothing of what it decodes: the sink is given it in pieces, so a small body that decodes
 * to a huge one costs time and no memory; the time is bounded by a limit of what is decoded.
 *
 * Ownership: heap; content_coding_free(NULL) is fine. Thread: one at a time.
 */
#ifndef TRANSPORT_CONTENT_CODING_H
#define TRANSPORT_CONTENT_CODING_H

#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"

#define CONTENT_CODING_LAYERS_MAX 4
#define CONTENT_CODING_BYTES_MAX                                                                   \
    ((uint64_t)4 << 30) /* for the transports: decoded, of one answer */
#define CONTENT_CODING_TEXT_BYTES 128

struct content_coding;

/* Decoded bytes. */
typedef void content_coding_sink(void *context, const char *bytes, size_t n);

/* `list` is the value of Content-Encoding; the lines of several, joined by commas; layers together
 * give up after most_bytes. *out NULL: there is nothing to undo. -1: that cannot be undone, and
 * `why` says what is wrong. */
int content_coding_new(struct bytes list, uint64_t most_bytes, content_coding_sink *sink,
                       void *context, struct content_coding **out,
                       char why[CONTENT_CODING_TEXT_BYTES]);
void content_coding_free(struct content_coding *c);

/* Takes the next bytes of the body. -1: they are not what was promised; `why` says so. */
int content_coding_feed(struct content_coding *c, const char *bytes, size_t n,
                        char why[CONTENT_CODING_TEXT_BYTES]);

/* The body is over. -1: it stops before its coding does. */
int content_coding_end(const struct content_coding *c, char why[CONTENT_CODING_TEXT_BYTES]);

#endif
