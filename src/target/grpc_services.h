/*
 * grpc_services: which gRPC services the target has, for whoever asks: server reflection
 * (grpc.reflection.v1, and v1alpha with the same messages) and health (grpc.health.v1).
 *
 * The build makes a FileDescriptorSet of the services' .proto files, and the program has it. It
 * reads and writes messages; grpc_server.h sends them. No service has extensions. Ownership:
 * appends to the caller's buffers. Thread: any.
 */
#ifndef TARGET_GRPC_SERVICES_H
#define TARGET_GRPC_SERVICES_H

#include "util/buf.h"
#include "util/bytes.h"

/* Appends the ServerReflectionResponse to a ServerReflectionRequest. What is not found, or not
 * readable, is an error_response. */
void grpc_services_reflect(struct bytes question, struct buf *out);

/* HealthCheckResponse.ServingStatus. */
enum grpc_health { GRPC_HEALTH_SERVING = 1, GRPC_HEALTH_SERVICE_UNKNOWN = 3 };

/* Of the service that a HealthCheckRequest names; "" is the server. */
enum grpc_health grpc_services_health(struct bytes service);
void grpc_services_put_health(struct buf *out, enum grpc_health health);

#endif
