/*
 * answer_grpc: the response to a gRPC call, and what it means for the result.
 *
 * It reads the status from headers and trailers, finds the messages in the body, and is the one
 * place that decides the outcome of a call: grpc_error for a status that is not OK, and
 * protocol_error for what breaks gRPC's rules (PROTOCOL-HTTP2.md in github.com/grpc/grpc). A
 * response without a status gets one by its HTTP status. It does not send, and watches no time.
 *
 * Ownership: embedded in an answer; struct answer_grpc_kept is the part with buffers, which the
 * answers of a transport share. Thread: the loop's.
 */
#ifndef TRANSPORT_ANSWER_GRPC_H
#define TRANSPORT_ANSWER_GRPC_H

#include <stdbool.h>
#include <stddef.h>

#include "grpc/grpc_frame.h"
#include "grpc/proto_decode.h"
#include "transport/transport.h"
#include "util/buf.h"
#include "util/bytes.h"

#define ANSWER_GRPC_TEXT_BYTES 600 /* a run file keeps less */
#define ANSWER_GRPC_TYPE_BYTES 64

struct answer_grpc_kept {
    struct grpc_reader reader;
    struct buf line, message; /* a message as JSON; the text of grpc-message */
    struct err why;
    char text[ANSWER_GRPC_TEXT_BYTES];
};

void answer_grpc_kept_init(struct answer_grpc_kept *k);
void answer_grpc_kept_done(struct answer_grpc_kept *k);
/* Frees buffers beyond this size. */
void answer_grpc_kept_shrink(struct answer_grpc_kept *k, size_t most_bytes);

struct answer_grpc {
    const struct transport_grpc *spec; /* NULL: it is no gRPC call */
    struct answer_grpc_kept *kept;     /* NULL: no memory for it; the next likewise */
    struct proto_decode_work *decode;
    bool has_status; /* grpc-status has come */
    bool bad_status; /* … and is no number */
    int status;
    bool is_grpc; /* Content-Type says so */
    char type[ANSWER_GRPC_TYPE_BYTES];
};

void answer_grpc_begin(struct answer_grpc *g, const struct transport_grpc *spec,
                       struct answer_grpc_kept *kept, struct proto_decode_work *decode);
/* A response begins: the first, or one to a second sending. */
void answer_grpc_expect(struct answer_grpc *g);

/* A field of the head or of the trailers. */
void answer_grpc_field(struct answer_grpc *g, struct bytes name, struct bytes value);

/* Bytes of the body. `got` gets each message as a line of JSON, with its LF; it returns false to
 * stop. NULL: messages are only counted. Returns NULL, or what is wrong. */
const char *answer_grpc_feed(struct answer_grpc *g, const char *bytes, size_t n,
                             grpc_message_fn *got, void *context);

/* The request has ended, and the result is filled as that of HTTP. Sets status, outcome and error.
 * `stopped`: the client wanted no more of it. */
void answer_grpc_end(struct answer_grpc *g, bool stopped, struct transport_result *r);

/* The deadline has passed. Returns the error's text. */
const char *answer_grpc_late(struct answer_grpc *g, struct transport_result *r);

#endif
