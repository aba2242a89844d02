/*
 * answer: what a user has of the current answer: its fields and its decoded body, read by http1.h,
 * for both transports.
 *
 * It feeds the user's cookies and the history of the connection, undoes Content-Encoding, and keeps
 * what the request asked for. When an answer begins and ends, and what that means, is its
 * transport's business.
 *
 * Ownership: embedded in a session; answer_init(), then answer_begin() for a request and
 * answer_expect() for each answer to it, at last answer_done(). A struct answer_kept is lent to the
 * caller of answer_take() until it gives it back to its transport's pool; the pool is freed by
 * answer_pool_free(). Thread: the loop's.
 */
#ifndef TRANSPORT_ANSWER_H
#define TRANSPORT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/answer_stream.h"
#include "transport/content_coding.h"
#include "transport/cookies.h"
#include "transport/history.h"
#include "transport/http1.h"
#include "transport/transport.h"

/* What is kept of an answer. */
struct answer_kept {
    struct answer_kept *next; /* among those that are not in use */
    struct buf head, body;
    bool cut;
    const struct stream_spec *spec; /* of the stream */
    struct stream *stream;          /* NULL: none */
    char text[ANSWER_STREAM_TEXT_BYTES];
};

/* Those that are not in use, of one transport. */
struct answer_pool {
    struct answer_kept *spare;
};

struct answer {
    const struct transport_options *options;
    struct answer_pool *pool;
    struct history *history; /* of the connection: gets Keep-Alive */
    struct cookies *cookies; /* the user's jar; NULL until the first */
    struct http1 http;
    struct answer_kept *kept; /* NULL: nothing is to be kept */
    bool keep_head;
    size_t keep_body_bytes;
    struct answer_stream stream;
    const struct place *place; /* of the request, for cookies */
    uint64_t received;         /* of the body, decoded */
    bool passed_over;          /* its body is of no interest: of a redirect that will be followed */
    bool coded;                /* the body is to be decoded, by what `codings` says */
    struct buf codings;        /* the lines of Content-Encoding as one list */
    struct content_coding *coding; /* NULL: the body is as it is, or has not begun */
    const char *broken;            /* why its stream is; NULL: it is not */
    char why[CONTENT_CODING_TEXT_BYTES];
};

void answer_init(struct answer *a, const struct transport_options *options,
                 struct answer_pool *pool, struct history *history);
void answer_done(struct answer *a);

/* What a request wants of its answer. */
struct answer_wanted {
    bool head;
    size_t body_bytes;
    const struct stream_spec *stream; /* NULL: it need not be one */
    size_t text_bytes;                /* of the stream's text */
};

struct answer_wanted answer_wanted(const struct transport_request *r);

/* A request begins, of whose answer this is to be kept. With no memory it is as if the answer were
 * empty, and a stream fails. */
void answer_begin(struct answer *a, const struct answer_wanted *wanted);

/* An answer to it begins: the first one, or one after a redirect or a second sending. */
void answer_expect(struct answer *a, bool head_method, bool upgrade, const struct place *place);

/* The answer is complete. NULL, or why it is none after all: its coding stops in the middle. */
const char *answer_check(struct answer *a);

/* Why the answer is none, in HTTP1_FAILED. */
const char *answer_failure(const struct answer *a);

/* What was kept, and how the stream went, goes into the result, which is valid until it is given
 * back; NULL: nothing was. */
struct answer_kept *answer_take(struct answer *a, struct transport_result *result);
void answer_give_back(struct answer_pool *pool, struct answer_kept *k);
void answer_pool_free(struct answer_pool *pool);

#endif
