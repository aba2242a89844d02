/*
 * codings: the content codings that coldswarm can decode (RFC 9110 8.4.1, RFC 7932), and the
 * parsing of Accept-Encoding.
 *
 * It does not decode: transport/content_coding.h does. Thread: pure functions on borrowed bytes.
 */
#ifndef UTIL_CODINGS_H
#define UTIL_CODINGS_H

#include <stdbool.h>

#include "util/bytes.h"

enum codings_kind {
    CODINGS_GZIP,
    CODINGS_DEFLATE,
    CODINGS_BROTLI,
    CODINGS_IDENTITY,
    CODINGS_UNKNOWN
};

/* Names may have any case; x-gzip is gzip. */
enum codings_kind codings_kind(struct bytes name);

/* Removes the next element from a comma-separated list, without the white space around it.
 * Returns false if there is none left. Elements may be empty. */
bool codings_next(struct bytes *list, struct bytes *element);

/* True if an element of Accept-Encoding (RFC 9110 12.5.3) allows a response that cannot be
 * decoded: its coding is unknown or "*", and its weight is not 0. *name becomes the coding's
 * name. */
bool codings_asks_for_unknown(struct bytes element, struct bytes *name);

#endif
