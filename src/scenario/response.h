/*
 * response: a response as captures and checks look at it.
 *
 * It does not know the transport: the engine lends what that gave. Ownership: borrowed by all who
 * read it. Thread: plain data.
 */
#ifndef SCENARIO_RESPONSE_H
#define SCENARIO_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/bytes.h"

struct response {
    int status;
    struct bytes head; /* the last response's header lines "Name: value", each ended by CRLF or LF;
                          a status line in front and an empty line at the end do no harm */
    struct bytes body; /* decoded (gzip undone) */
    struct bytes text; /* of its stream, joined */
    bool text_cut;     /* there was more of it */
    uint64_t body_bytes; /* its whole length */
    int64_t time_ns;     /* service time */
};

/* The value of the first header line of this name (any case), without spaces around it; data NULL:
 * there is none. */
struct bytes response_header(const struct response *a, const char *name);

/* The value of the cookie of this name that the response sets (Set-Cookie), of the last one where
 * there are several; data NULL: none. */
struct bytes response_cookie(const struct response *a, const char *name);

#endif
