/*
 * proto_encode: JSON to protobuf's wire format, by the JSON mapping of proto3.
 *
 * Names of fields may be those of JSON or of the .proto file. Enums may be names or numbers;
 * numbers may be strings; bytes are base64 in either alphabet. null is an absent field. Timestamp,
 * Duration, FieldMask, Struct, Value, ListValue, Any and the wrappers have their own JSON form.
 * Unknown fields, two members of a oneof, a missing required field and groups are errors. Fields
 * are written in the order of their numbers, and defaults without presence are left out, as protoc
 * does. (protobuf.dev/programming-guides/json, .../encoding)
 *
 * A message is compiled once. Its constant parts are encoded then, and checked. A string may be a
 * hole: a text that is only known when the message is sent. It fills a string, bytes, a number, a
 * bool, an enum, the key of a map, or a well-known type that JSON writes as a string. A hole may
 * also be a whole JSON value (`bare`). It can stand in any place, messages, repeated fields and
 * maps included, and is parsed for each message, which allocates memory. All other encoding
 * allocates nothing once the buffers have grown.
 *
 * Ownership: an encoder borrows the set of its types, and nothing of the document;
 * proto_encoder_free(NULL) is allowed. Thread: an encoder is read-only and may be shared; each
 * thread has its work.
 */
#ifndef GRPC_PROTO_ENCODE_H
#define GRPC_PROTO_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "grpc/proto_types.h"
#include "util/buf.h"
#include "util/bytes.h"
#include "util/err.h"
#include "util/json.h"

#define PROTO_MESSAGE_BYTES_MAX ((size_t)1 << 30)
#define PROTO_SEEN_BYTES 256

/* What a string of the document stands for. */
struct proto_text {
    bool hole;
    /* Of a hole: its text is not what is between the quotes of a string, but a whole JSON value. */
    bool bare;
    size_t index;      /* of a hole: the caller's number, which it gets back when it fills it */
    struct bytes text; /* no hole: the constant text, valid until the next call */
};

/* Asked for each string in the place of a value, and for each key of a map. *out is set to the
 * string as it is. Returns -1 with its own error in *e. */
typedef int proto_text_fn(void *context, const struct json_text *t, struct proto_text *out,
                          struct err *e);

/* Appends the text of a hole. Returns -1 with its own error in *e, which is passed on as it is. */
typedef int proto_fill_fn(void *context, size_t index, struct buf *out, struct err *e);

struct proto_encoder;

/* Compiles v, a value of d, for messages of type m. `text` NULL: there are no holes. Errors are
 * "name:line:column: field: what". */
int proto_encoder_new(const struct proto_message *m, const struct json_doc *d, const struct json *v,
                      proto_text_fn *text, void *context, struct proto_encoder **out,
                      struct err *e);
void proto_encoder_free(struct proto_encoder *c);

/* True if it has no holes: *out becomes the message, which the encoder owns. */
bool proto_encoder_constant(const struct proto_encoder *c, struct bytes *out);

/* Buffers that encodings reuse; one per thread. */
struct proto_encode_work {
    struct buf text;
    /* After an error: the start of the text that does not fit, printable. The error has the same
     * words for each. */
    char seen[PROTO_SEEN_BYTES];
};
void proto_encode_work_init(struct proto_encode_work *w);
void proto_encode_work_done(struct proto_encode_work *w);

/* Appends the message, without gRPC's prefix. On failure the error names the field, and the
 * contents of `out` are useless. */
int proto_encode(const struct proto_encoder *c, struct proto_encode_work *w, proto_fill_fn *fill,
                 void *context, struct buf *out, struct err *e);

#endif
