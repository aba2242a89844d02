/*
 * response: a response, as captures and checks see it.
 *
 * It is independent of the transport: the engine fills it with borrowed data. Ownership: borrowed
 * by its readers. Thread: plain data.
 */
#ifndef SCENARIO_RESPONSE_H
#define SCENARIO_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/bytes.h"

struct response {
    int status;
    bool has_grpc_status; /* of a gRPC call */
    int grpc_status;
    /* Header lines "Name: value" of the last response, each ended by CRLF or LF. A status line
     * before them and an empty line at the end are allowed. */
    struct bytes head;
    struct bytes body;   /* decoded (gzip undone) */
    struct bytes text;   /* joined text of its stream */
    bool text_cut;       /* the text was longer */
    uint64_t body_bytes; /* size of the whole body */
    int64_t time_ns;     /* service time */
};

/* Returns the value of the first header line of this name (any case), trimmed. data NULL: there
 * is none. */
struct bytes response_header(const struct response *a, const char *name);

/* Returns the value of the cookie of this name that the response sets (Set-Cookie). If there are
 * several, the last one counts. data NULL: there is none. */
struct bytes response_cookie(const struct response *a, const char *name);

#endif
