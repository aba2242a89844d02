/*
 * requests: a scenario's requests as a transport takes them.
 *
 * It compiles nothing and sends nothing. Ownership: embedded in the engine; requests_done() frees,
 * also after a failure; the scenario's texts are borrowed. Thread: made by one, then only read.
 */
#ifndef ENGINE_REQUESTS_H
#define ENGINE_REQUESTS_H

#include <stddef.h>

#include "scenario/scenario.h"
#include "transport/transport.h"
#include "util/err.h"

struct requests { /* begins as {0} */
    struct transport_request *items;
    char **urls;
    struct transport_header *headers; /* of all, one after the other */
    size_t count;
};

/* The scenario has a target, or needs none. */
int requests_init(struct requests *r, const struct scenario *s, struct err *e);
void requests_done(struct requests *r);

#endif
