/*
 * grpc_health: asks a target for the health of the services that a scenario calls.
 *
 * It calls grpc.health.v1.Health/Check (github.com/grpc/grpc/blob/master/doc/health-checking.md)
 * for the server as a whole, and for each service. It says what the server answered, and decides
 * nothing: a server need not have health checking, and need not run yet. Ownership: appends to the
 * caller's buffers. Thread: main; waits for the answers.
 */
#ifndef CLI_GRPC_HEALTH_H
#define CLI_GRPC_HEALTH_H

#include "scenario/scenario.h"
#include "util/buf.h"

/* Appends a line for each answer; nothing if the scenario has no gRPC calls. `bad` gets the names
 * of what is NOT_SERVING, with commas. Both are printable and masked. */
void grpc_health(const struct scenario *s, struct buf *out, struct buf *bad);

#endif
