/*
 * answer_stream: the stream that an answer is to be, and what its end means for the result, for
 * both transports.
 *
 * It gives the decoded body to stream.h with the time of its arrival. The outcome of an answer
 * whose stream is cut, has an error, or is none at all is decided here, once. When a stream has
 * gone on for too long is its transport's to see (stream_watch.h).
 *
 * Ownership: embedded in an answer; the struct stream is its owner's. Thread: the loop's.
 */
#ifndef TRANSPORT_ANSWER_STREAM_H
#define TRANSPORT_ANSWER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/stream.h"
#include "transport/transport.h"
#include "util/bytes.h"

#define ANSWER_STREAM_TYPE_BYTES 64
#define ANSWER_STREAM_TEXT_BYTES 600 /* a run file keeps less */

struct answer_stream {
    const struct stream_spec *spec; /* of the request; NULL: its answer need not be a stream */
    struct stream *stream;          /* NULL: there was no memory for it */
    size_t text_bytes;
    bool begun;             /* some of the current answer was fed */
    enum stream_body ended; /* IDLE or CANCEL_AFTER: we have ended it so; else COMPLETE */
    bool encoded;           /* by a Content-Encoding that is not undone */
    int64_t at_ns;          /* when the bytes that are read now arrived */
    uint64_t arrivals;
    char type[ANSWER_STREAM_TYPE_BYTES]; /* the media type; "": none was said */
    char *text;                          /* for the result's error */
};

/* A request begins. `text` is room for ANSWER_STREAM_TEXT_BYTES, as long as the stream; of the
 * answer's text, the first text_bytes are kept. */
void answer_stream_begin(struct answer_stream *x, const struct stream_spec *spec,
                         struct stream *stream, char *text, size_t text_bytes);

/* An answer to it begins: the first, or another, and then nothing of the one before counts. */
void answer_stream_expect(struct answer_stream *x);

/* The bytes that come next arrived then. `with_last`: in one piece with those before, as far as
 * anyone knows. */
void answer_stream_arrived(struct answer_stream *x, int64_t at_ns, bool with_last);

/* The value of Content-Type. */
void answer_stream_type(struct answer_stream *x, struct bytes value);

/* Decoded bytes of an answer with this status. NULL, or why its stream is broken. */
const char *answer_stream_feed(struct answer_stream *x, int status, const char *bytes, size_t n);

/* It has brought as much as the request wants: the transport should end it. */
bool answer_stream_enough(const struct answer_stream *x);

/* We end it before the answer ends: the body is one of STREAM_BODY_IDLE and
 * STREAM_BODY_CANCEL_AFTER. The outcome of the result should then be OUTCOME_OK. */
void answer_stream_stop(struct answer_stream *x, enum stream_body how);

/* The request has ended; the result is filled. Its outcome and error become those of its stream,
 * which is lent to it. */
void answer_stream_end(struct answer_stream *x, struct transport_result *result);

#endif
