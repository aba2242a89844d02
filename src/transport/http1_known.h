/*
 * http1_known: remembers the last heads that http1.h parsed, so that a head with the same bytes
 * need not be parsed again. Most servers send the same head again and again until the second of
 * its Date changes.
 *
 * A head is remembered only if it came in one piece, is of a final response, is valid and not
 * folded, and has room here. All responses of a loop share one of these.
 *
 * Ownership: embedded, zeroed before the first use; allocates nothing. Thread: the loop's.
 */
#ifndef TRANSPORT_HTTP1_KNOWN_H
#define TRANSPORT_HTTP1_KNOWN_H

#include <stddef.h>
#include <stdint.h>

#include "transport/http1.h"

#define HTTP1_KNOWN_HEADS 4
#define HTTP1_KNOWN_BYTES 1024
#define HTTP1_KNOWN_FIELDS 24
/* After this many unknown heads in a row, one in this many is remembered: all seem to differ. */
#define HTTP1_KNOWN_MISSES 16

struct http1_known_field {
    uint16_t name_at, name_len, value_at, value_len; /* in the head's bytes */
};

struct http1_known_head {
    size_t bytes; /* with its last line end; 0: none */
    size_t field_count;
    int status;
    struct http1_head said;
    struct http1_known_field fields[HTTP1_KNOWN_FIELDS];
    char text[HTTP1_KNOWN_BYTES];
};

struct http1_known {
    struct http1_known_head heads[HTTP1_KNOWN_HEADS];
    size_t next;      /* the one that is replaced next */
    size_t misses;    /* since the last known one */
    const char *from; /* the piece that is parsed and may become heads[next]; NULL: none */
    size_t n;
};

/* A piece in which a response begins: the known head at its beginning. NULL: none; then what is
 * parsed of the piece until http1_known_end() may become known. */
const struct http1_known_head *http1_known_find(struct http1_known *k, const char *bytes, size_t n);

/* While a piece is parsed: a field of the final response. */
void http1_known_add(struct http1_known *k, struct bytes name, struct bytes value);

/* Its head has ended, and had `bytes` bytes. */
void http1_known_keep(struct http1_known *k, size_t bytes, int status,
                      const struct http1_head *said);

/* The piece has been parsed. */
void http1_known_end(struct http1_known *k);

#endif
