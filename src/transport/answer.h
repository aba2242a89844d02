/*
 * answer: the state of a user's current response: its fields and its decoded body, parsed by
 * http1.h. Both transports use it.
 *
 * It updates the user's cookies and the history of the connection, undoes Content-Encoding, and
 * keeps the parts that the request asked for. The transport decides when a response begins and
 * ends, and what that means.
 *
 * Ownership: embedded in a session. Call answer_init(), then answer_begin() for each request,
 * answer_expect() for each response to it, and answer_done() at the end. answer_take() lends a
 * struct answer_kept to its caller until the caller gives it back to the transport's pool.
 * answer_pool_free() frees the pool. Thread: the loop's.
 */
#ifndef TRANSPORT_ANSWER_H
#define TRANSPORT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/answer_grpc.h"
#include "transport/answer_stream.h"
#include "transport/content_coding.h"
#include "transport/cookies.h"
#include "transport/history.h"
#include "transport/http1.h"
#include "transport/http1_known.h"
#include "transport/transport.h"

/* The parts of a response that are kept. */
struct answer_kept {
    struct answer_kept *next; /* in the list of unused ones */
    struct buf head, body;
    bool cut;
    const struct stream_spec *spec; /* of the stream */
    struct stream *stream;          /* NULL: none */
    char text[ANSWER_STREAM_TEXT_BYTES];
    struct answer_grpc_kept grpc;
};

/* What the answers of one transport share. */
struct answer_pool {
    struct answer_kept *spare; /* unused ones */
    struct http1_known known;
    struct proto_decode_work *decode; /* NULL until the first gRPC call */
};

struct answer {
    const struct transport_options *options;
    struct answer_pool *pool;
    struct history *history; /* of the connection; updated from Keep-Alive */
    struct cookies *cookies; /* the user's jar; NULL until the first cookie */
    struct http1 http;
    struct answer_kept *kept; /* NULL: nothing is kept */
    bool keep_head;
    size_t keep_body_bytes, keep_refusal_bytes;
    struct answer_stream stream;
    struct answer_grpc grpc;
    const struct place *place; /* of the request, to match cookies */
    uint64_t received;         /* decoded bytes of the body */
    bool ignore_body;          /* it is of a redirect that will be followed */
    bool coded;                /* the body must be decoded, as `codings` says */
    struct buf codings;        /* all Content-Encoding lines, joined into one list */
    /* NULL: the body is not encoded, or has not begun. */
    struct content_coding *coding;
    const char *broken; /* why the stream is broken; NULL: it is not */
    char why[CONTENT_CODING_TEXT_BYTES];
};

void answer_init(struct answer *a, const struct transport_options *options,
                 struct answer_pool *pool, struct history *history);
void answer_done(struct answer *a);

/* What a request needs of its response. */
struct answer_wanted {
    bool head;
    size_t body_bytes;
    const struct stream_spec *stream;  /* NULL: the response need not be a stream */
    size_t text_bytes;                 /* to keep of the stream's text */
    size_t refusal_bytes;              /* to keep of a body that is not that stream */
    const struct transport_grpc *grpc; /* NULL: it is no gRPC call */
};

struct answer_wanted answer_wanted(const struct transport_request *r);

/* A request begins; `wanted` says what to keep of its response. If memory runs out, nothing is
 * kept, and a stream fails. */
void answer_begin(struct answer *a, const struct answer_wanted *wanted);

/* A response to the request begins: the first one, or one after a redirect or a second sending. */
void answer_expect(struct answer *a, bool head_method, bool upgrade, const struct place *place);

/* Call when the response is complete. Returns NULL, or why it is not valid after all: its
 * encoded data is truncated. */
const char *answer_check(struct answer *a);

/* In HTTP1_FAILED: why the response is invalid. */
const char *answer_failure(const struct answer *a);

/* Moves what was kept, and how the stream went, into the result. The result is valid until the
 * return value is given back. Returns NULL if nothing was kept. */
struct answer_kept *answer_take(struct answer *a, struct transport_result *result);
void answer_give_back(struct answer_pool *pool, struct answer_kept *k);
void answer_pool_free(struct answer_pool *pool);

#endif
