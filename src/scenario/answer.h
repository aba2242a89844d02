/*
 * answer: a response as captures and checks look at it.
 *
 * It does not know the transport: the engine lends what that gave. Ownership: borrowed by all who read it. Thread:
 * plain data.
 */
#ifndef SCENARIO_ANSWER_H
#define SCENARIO_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "util/bytes.h"

struct answer {
    int status;
    struct bytes head; /* the last response's header lines "Name: value", each ended by CRLF or LF;
                          a status line in front and an empty line at the end do no harm */
    struct bytes body; /* decoded (gzip undone) */
    bool body_cut;     /* the body was longer than what was kept of it */
    uint64_t body_bytes; /* its whole length */
    int64_t time_ns;     /* service time */
};

/* The value of the first header line of this name (any case), without spaces around it; data NULL: there is none. */
struct bytes answer_header(const struct answer *a, const char *name);

/* The value of the cookie of this name that the response sets (Set-Cookie), of the last one where there are several;
 * data NULL: none. */
struct bytes answer_cookie(const struct answer *a, const char *name);

#endif
