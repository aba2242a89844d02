/*
 * grpc_frame: the messages in the body of a gRPC request or response, and the texts of its headers.
 *
 * Each message has a prefix of five bytes: a flag that says whether it is compressed, and its
 * length. (github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md) The only coding is gzip. It
 * knows nothing of HTTP and of what is in messages.
 *
 * Ownership: a reader owns its buffers; grpc_reader_done() frees. Thread: one at a time.
 */
#ifndef GRPC_GRPC_FRAME_H
#define GRPC_GRPC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/bytes.h"
#include "util/err.h"

#define GRPC_PREFIX_BYTES 5
#define GRPC_MESSAGE_BYTES_DEFAULT ((size_t)4 << 20) /* what gRPC's libraries accept by default */

void grpc_prefix(char out[GRPC_PREFIX_BYTES], bool compressed, uint32_t bytes);

/* Appends the bytes as gzip (RFC 1952). Allocates a few hundred kilobytes while it works. */
int grpc_gzip(const void *bytes, size_t n, struct buf *out, struct err *e);

struct grpc_reader {
    size_t most; /* the largest message, before and after decompression */
    bool gzip;   /* grpc-encoding is gzip: set by the caller once the headers are there */
    bool inside; /* the prefix is complete */
    bool squeezed;
    size_t have;   /* bytes of the prefix */
    size_t wanted; /* bytes of the message */
    unsigned char prefix[GRPC_PREFIX_BYTES];
    struct buf body, plain;
    uint64_t count; /* messages so far */
};

void grpc_reader_init(struct grpc_reader *r, size_t most_bytes);
/* For another response, whose limit may be another; keeps the memory. */
void grpc_reader_reset(struct grpc_reader *r, size_t most_bytes);
void grpc_reader_done(struct grpc_reader *r);

/* Gets a message, decompressed, valid during the call. Returns false to stop: no more messages of
 * these bytes are read, and grpc_reader_feed() returns 0. */
typedef bool grpc_message_fn(void *context, struct bytes message);

/* Reads the next bytes of the body, in pieces of any size. A message that arrives in one piece is
 * not copied. Errors: a flag that is neither 0 nor 1, a compressed message without grpc-encoding,
 * one that is no gzip, and one beyond the limit. */
int grpc_reader_feed(struct grpc_reader *r, const char *bytes, size_t n, grpc_message_fn *got,
                     void *context, struct err *e);

/* The body has ended. Fails if a message is truncated. */
int grpc_reader_end(const struct grpc_reader *r, struct err *e);

/* The codes of grpc-status. */
enum grpc_status {
    GRPC_OK,
    GRPC_CANCELLED,
    GRPC_UNKNOWN,
    GRPC_INVALID_ARGUMENT,
    GRPC_DEADLINE_EXCEEDED,
    GRPC_NOT_FOUND,
    GRPC_ALREADY_EXISTS,
    GRPC_PERMISSION_DENIED,
    GRPC_RESOURCE_EXHAUSTED,
    GRPC_FAILED_PRECONDITION,
    GRPC_ABORTED,
    GRPC_OUT_OF_RANGE,
    GRPC_UNIMPLEMENTED,
    GRPC_INTERNAL,
    GRPC_UNAVAILABLE,
    GRPC_DATA_LOSS,
    GRPC_UNAUTHENTICATED,
    GRPC_STATUS_COUNT
};

/* "NOT_FOUND"; "UNKNOWN" for any other number, as the protocol says. */
const char *grpc_status_text(int status);

/* The name in any case, or the number; -1: neither. */
int grpc_status_named(const char *text);

/* The value of grpc-status: decimal digits. -1: it is no number; GRPC_UNKNOWN for unknown ones. */
int grpc_status_read(struct bytes value);

/* The status of a response without grpc-status, from its HTTP status
 * (github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md). */
enum grpc_status grpc_status_of_http(int http_status);

/* The value of grpc-timeout: at most eight digits and a unit, rounded up, so that the server is not
 * the first to cancel. A timeout below one nanosecond is "1n". */
#define GRPC_TIMEOUT_BYTES 16
void grpc_timeout_text(int64_t timeout_ns, char out[GRPC_TIMEOUT_BYTES]);

/* The reverse, for a server. -1: it is no such text. More than INT64_MAX ns become that. */
int64_t grpc_timeout_read(struct bytes value);

/* Appends the text of grpc-message: %XX decoded, a % without two digits kept, invalid UTF-8
 * replaced. */
void grpc_message_text(struct bytes value, struct buf *out);

/* The reverse: all but printable ASCII, and %, becomes %XX. */
void grpc_message_value(const char *text, size_t n, struct buf *out);

#endif
