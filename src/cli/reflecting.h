/*
 * reflecting: asks a target for the types of its gRPC services (server reflection v1, or v1alpha).
 *
 * A command that loads a scenario for its own target calls reflecting_begin() first. Then
 * "reflection": true in it works: while the scenario is loaded, one connection asks for each
 * service, with the scenario's certificates and addresses. It waits for the answers. Thread: main.
 */
#ifndef CLI_REFLECTING_H
#define CLI_REFLECTING_H

/* `host` replaces the scenario's target; NULL: it does not. Borrowed until the end of the
 * process. */
void reflecting_begin(const char *host);

#endif
