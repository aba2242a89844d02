/*
 * grpc_call: a gRPC call of a scenario: its method, and the message that it sends.
 *
 * The message is compiled when the scenario is loaded (grpc/proto_encode.h). If nothing in it
 * varies, it is the request's body, and nothing here is needed to send it. Otherwise each string
 * with ${...} is a template, and grpc_call_write() makes the body. The response is the transport's.
 *
 * Ownership: the call owns its encoder and templates; the types belong to the scenario. Thread: a
 * call is read-only; work belongs to the thread that writes.
 */
#ifndef SCENARIO_GRPC_CALL_H
#define SCENARIO_GRPC_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grpc/proto_encode.h"
#include "scenario/template.h"
#include "util/buf.h"
#include "util/err.h"

struct grpc_call {
    const struct proto_method *method;
    struct proto_encoder *encoder;
    struct template **holes; /* by the encoder's index */
    size_t hole_count;
    bool gzip; /* compress the message */
    int64_t deadline_ns;
    size_t message_max_bytes; /* of a message of the response */
};

void grpc_call_free(struct grpc_call *c); /* NULL is allowed */

/* Buffers for writing; one per thread. */
struct grpc_call_work {
    struct proto_encode_work encode;
    struct buf message;
};

void grpc_call_work_init(struct grpc_call_work *w);
void grpc_call_work_done(struct grpc_call_work *w);

/* Appends the body: the message with gRPC's prefix. After a failure, w->encode.seen has what
 * differs between rows, if it is not in the values' own work. */
int grpc_call_write(const struct grpc_call *c, const struct template_values *v,
                    struct grpc_call_work *w, struct buf *out, struct err *e);

/* Appends an encoded message with its prefix, compressed if the call says so. */
int grpc_call_frame(const struct grpc_call *c, struct bytes message, struct buf *out,
                    struct err *e);

#endif
