/*
 * proto_records: the records of a message, sorted by field, on a stack that grows.
 *
 * Records of unknown fields, of another wire type than the field has, and groups are left out. Of a
 * oneof, the members before the last one are marked. Ownership: the stack owns its memory; the
 * bytes of the message are borrowed. Thread: plain data, owned by the caller.
 */
#ifndef GRPC_PROTO_RECORDS_H
#define GRPC_PROTO_RECORDS_H

#include "grpc/proto_types.h"
#include "grpc/proto_wire.h"

struct proto_record {
    const struct proto_field *field;
    size_t order;    /* in the message */
    size_t previous; /* internal: the record before of the same member of a oneof */
    bool dead;       /* another member of its oneof came later */
    struct wire_record r;
};

struct proto_records { /* zero-initialised, it is empty */
    struct proto_record *seen;
    size_t count, room;
    size_t *oneofs; /* internal: the last record of each oneof */
    size_t oneof_room;
};

enum proto_records_result { RECORDS_READ, RECORDS_INVALID, RECORDS_MEMORY };

void proto_records_done(struct proto_records *s);

/* Pushes the records of a message. The caller lowers s->count again. */
enum proto_records_result proto_records_read(struct proto_records *s, const struct proto_message *m,
                                             struct bytes b);

/* Pushes one. False: out of memory. */
bool proto_records_add(struct proto_records *s, const struct proto_record *r);

/* True if the record has several values of the field. */
bool proto_records_packed(const struct proto_field *f, const struct wire_record *r);

/* True if it is a number that an enum of proto2 does not have, which counts as an unknown field. */
bool proto_records_unknown(const struct proto_field *f, uint64_t bits);

#endif
