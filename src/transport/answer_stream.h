/*
 * answer_stream: the stream in a response, and what its end means for the result. Both transports
 * use it.
 *
 * It passes the decoded body to stream.h with its arrival times. It is the one place that decides
 * the outcome of a response whose stream is truncated, reports an error, or is not a stream at all.
 * It does not watch the time limits of streams: the transport does (stream_watch.h).
 *
 * Ownership: embedded in an answer; the struct stream belongs to its owner. Thread: the loop's.
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
    const struct stream_spec *spec; /* of the request; NULL: the response need not be a stream */
    struct stream *stream;          /* NULL: no memory for it */
    size_t text_bytes;
    bool begun; /* some bytes of the current response were fed */
    /* IDLE or CANCEL_AFTER if the client ended it for that reason, else COMPLETE. */
    enum stream_body ended;
    bool encoded; /* with a Content-Encoding that is not undone */
    /* A server that ignores the wish for a stream answers with one JSON text, which some formats'
     * streams look like. */
    bool is_json;
    int64_t at_ns; /* arrival time of the bytes being parsed */
    uint64_t arrivals;
    char type[ANSWER_STREAM_TYPE_BYTES]; /* media type; "": no Content-Type */
    char *text;                          /* buffer for the result's error */
};

/* A request begins. `text` has room for ANSWER_STREAM_TEXT_BYTES, and must live as long as the
 * stream. The first text_bytes of the stream's text are kept. */
void answer_stream_begin(struct answer_stream *x, const struct stream_spec *spec,
                         struct stream *stream, char *text, size_t text_bytes);

/* A response to the request begins: the first, or another one. State of the one before is
 * discarded. */
void answer_stream_expect(struct answer_stream *x);

/* Sets the arrival time of the bytes that come next. `with_last`: as far as anyone knows, they
 * came in one piece with the bytes before. */
void answer_stream_arrived(struct answer_stream *x, int64_t at_ns, bool with_last);

/* The value of Content-Type. */
void answer_stream_type(struct answer_stream *x, struct bytes value);

/* Feeds decoded bytes of a response with this status. Returns NULL, or why the stream is broken. */
const char *answer_stream_feed(struct answer_stream *x, int status, const char *bytes, size_t n);

/* True if a stream was asked for and the response is none: its status is bad, or it is JSON. */
bool answer_stream_is_refused(const struct answer_stream *x, int status);

/* True if the stream has delivered as much as the request wants: the transport should end it. */
bool answer_stream_enough(const struct answer_stream *x);

/* The client ends the stream before the response ends. `how` is STREAM_BODY_IDLE or
 * STREAM_BODY_CANCEL_AFTER. The outcome in the result should then be OUTCOME_OK. */
void answer_stream_stop(struct answer_stream *x, enum stream_body how);

/* The request has ended, and the result is filled. Sets its outcome and error to those of the
 * stream, and lends the stream's result to it. */
void answer_stream_end(struct answer_stream *x, struct transport_result *result);

#endif
