/*
 * requests: converts a scenario's requests to the form that a transport takes.
 *
 * It does not compile or send them. Ownership: embedded in the engine; requests_done() frees, also
 * after a failure. The scenario's texts are borrowed. Thread: written by one thread, then
 * read-only.
 */
#ifndef ENGINE_REQUESTS_H
#define ENGINE_REQUESTS_H

#include <stddef.h>

#include "scenario/scenario.h"
#include "transport/transport.h"
#include "util/err.h"

struct requests { /* initialise with {0} */
    struct transport_request *items;
    char **urls;
    struct transport_grpc *calls;     /* of those that are gRPC calls, by request */
    struct transport_header *headers; /* headers of all requests, one after the other */
    size_t count;
};

/* The scenario has a target, or needs none. */
int requests_init(struct requests *r, const struct scenario *s, struct err *e);
void requests_done(struct requests *r);

#endif
