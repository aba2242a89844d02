/*
 * grpc_asker: asks a target's own gRPC services a few questions, one after the other, over one
 * connection: before a run, not as a part of it.
 *
 * The connection has the scenario's certificates and addresses. Messages are bytes: it knows no
 * types. It sends no metadata of the scenario. Ownership: heap; the scenario is borrowed until
 * grpc_asker_close(). Thread: main; each call waits for its answer, GRPC_ASKER_SECONDS at most.
 */
#ifndef CLI_GRPC_ASKER_H
#define CLI_GRPC_ASKER_H

#include <stdbool.h>

#include "scenario/scenario.h"
#include "util/bytes.h"
#include "util/err.h"
#include "util/outcome.h"

#define GRPC_ASKER_SECONDS 10

struct grpc_asker;

/* `host` replaces the scenario's target; NULL: it does not. Fails if there is no target. */
int grpc_asker_open(const struct scenario *s, const char *host, struct grpc_asker **out,
                    struct err *e);
void grpc_asker_close(struct grpc_asker *a); /* NULL is allowed */

const char *grpc_asker_target(const struct grpc_asker *a); /* "http://127.0.0.1:8001" */

struct grpc_asked {
    enum outcome outcome;
    int status;          /* grpc-status; -1: there is none */
    const char *why;     /* of an outcome other than OK */
    struct bytes answer; /* the message, or of `streams` all of them, joined */
};

/* Calls the method at `path` ("/pkg.Service/Method") with one message, and closes the client's
 * side. `streams`: the method returns a stream. *out is valid until the next call. Fails only if
 * nothing could be sent: no memory. */
int grpc_asker_call(struct grpc_asker *a, const char *path, struct bytes message, bool streams,
                    struct grpc_asked *out, struct err *e);

#endif
