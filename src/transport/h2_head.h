/*
 * h2_head: the fields of a request as HTTP/2 sends them, made from its head in HTTP/1.1 (RFC 9113
 * 8.2, 8.3).
 *
 * So both versions send the same request. Names become lower-case, Host becomes :authority, and
 * fields about the connection are left out. The head is our own: it is not checked.
 *
 * Ownership: embedded, zero at first; h2_head_done() frees. Thread: one at a time.
 */
#ifndef TRANSPORT_H2_HEAD_H
#define TRANSPORT_H2_HEAD_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/bytes.h"

#define H2_HEAD_EXTRA_MAX 2 /* of h2_head_with() */

/* A field of one sending. The name is in lower case. */
struct h2_field {
    struct bytes name, value;
    /* The value never comes again: it stays out of HPACK's table, which it would fill, and in which
     * each request would search among all the values before it. Not to be set in the first request
     * of a connection: then the table has at least the name, which is sent in full otherwise. */
    bool once;
};

struct h2_head {
    nghttp2_nv *fields; /* NULL: not made */
    size_t count;
    size_t extra_at; /* index of the first field at or behind `extra_at` of the head's bytes */
    size_t room;     /* of fields that `fields` can hold */
    char *text;      /* what the fields point into */
    size_t text_room;
};

void h2_head_done(struct h2_head *h);

/* Makes the fields from a whole head with its empty line. `extra_at` is the start of a line in it.
 * Returns -1 if memory runs out. It may be used again and again. */
int h2_head_make(struct h2_head *h, const char *head, size_t bytes, size_t extra_at, bool tls);

/* The fields with those of this sending in their place: `*count` of them, valid until the next
 * call. At most H2_HEAD_EXTRA_MAX can be added. */
const nghttp2_nv *h2_head_with(const struct h2_head *h, const struct h2_field *extra,
                               size_t extra_count, size_t *count);

#endif
