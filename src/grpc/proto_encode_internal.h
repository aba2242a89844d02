/*
 * proto_encode_internal: what compiling a message and sending it share.
 *
 * Ownership: an encoder owns its bytes and the paths of its steps. Thread: see proto_encode.h.
 */
#ifndef GRPC_PROTO_ENCODE_INTERNAL_H
#define GRPC_PROTO_ENCODE_INTERNAL_H

#include "grpc/proto_encode.h"
#include "grpc/proto_scalar.h"

#define ENCODE_DEPTH_MAX 100 /* what protobuf's implementations read */

enum encode_kind {
    ENCODE_OPEN,    /* a message or packed field begins, whose length varies */
    ENCODE_CLOSE,   /* it ends: its length goes before it */
    ENCODE_TEXT,    /* a hole, for a scalar or a known type */
    ENCODE_FIELD,   /* a hole with JSON: a whole field, also a repeated one or a map */
    ENCODE_ELEMENT, /* the same for one element */
    ENCODE_MESSAGE  /* the same for the whole message */
};

/* What happens after the first `at` constant bytes. */
struct encode_step {
    enum encode_kind kind;
    enum proto_tagging tagging;
    bool drop; /* ENCODE_CLOSE: if it is empty, its tag of one byte goes, too */
    int depth; /* of messages around it */
    size_t at, index;
    const struct proto_field *field;     /* NULL: of the whole message */
    const struct proto_message *message; /* that it belongs to, or is, without a field */
    char *path;                          /* of a hole, in errors */
};

struct proto_encoder {
    struct buf bytes; /* all constant parts */
    struct encode_step *steps;
    size_t count, room;
};

/* The way to a value, from the inside. */
struct encode_path {
    const struct encode_path *up;
    const char *name; /* NULL: an element */
    size_t index;
};

/* JSON that is being encoded. */
struct encode_make {
    const struct json_doc *doc;
    /* NULL: it is a message that is sent. Then errors have no position, and start with `base`. */
    struct proto_encoder *encoder;
    const char *base;
    proto_text_fn *text;
    void *context;
    struct buf *out;
    int depth;
    struct err *e;
};

/* v in the place of all of a field, of one element of it, and of a message without its tag. */
int proto_encode_field(struct encode_make *k, const struct proto_field *f, const struct json *v,
                       const struct encode_path *path);
int proto_encode_element(struct encode_make *k, const struct proto_field *f, const struct json *v,
                         enum proto_tagging tagging, const struct encode_path *path);
int proto_encode_message(struct encode_make *k, const struct proto_message *m, const struct json *v,
                         const struct encode_path *path);

/* A text in the place of a message of a known type, without its tag. False: it does not fit, or
 * there is no text for this type. */
bool proto_encode_known_text(struct buf *out, const struct proto_message *m, enum proto_from from,
                             struct bytes text);

/* True if JSON can write messages of this type as a string. */
bool proto_encode_known_has_text(const struct proto_message *m);

/* What is published of a known type. */
const struct proto_message *proto_encode_form(const struct proto_message *m);

#endif
