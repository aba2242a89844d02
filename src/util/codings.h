/*
 * codings: the names of content codings that coldswarm can decode (RFC 9110 8.4.1, RFC 7932), and
 * what an Accept-Encoding asks for.
 *
 * It decodes nothing: transport/content_coding.h does. Thread: pure functions on borrowed bytes.
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

/* In any case; x-gzip is gzip. */
enum codings_kind codings_kind(struct bytes name);

/* Takes the next element off a list with commas, without the white space around it; false if there
 * is none left. Elements may be empty. */
bool codings_next(struct bytes *list, struct bytes *element);

/* Whether an element of Accept-Encoding (RFC 9110 12.5.3) allows an answer that cannot be decoded:
 * its coding is unknown, or "*", and its weight is not 0. *name becomes the coding's. */
bool codings_asks_for_unknown(struct bytes element, struct bytes *name);

#endif
