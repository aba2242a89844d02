/*
 * proto_wire: the numbers and records of protobuf's wire format.
 * (protobuf.dev/programming-guides/encoding)
 *
 * It knows no types. Readers never read beyond the end. Ownership: everything is borrowed.
 * Thread: any.
 */
#ifndef GRPC_PROTO_WIRE_H
#define GRPC_PROTO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/bytes.h"

#define WIRE_VARINT_BYTES 10
#define WIRE_GROUPS_MAX 100 /* groups within groups that are skipped */

enum wire_type { WIRE_VARINT, WIRE_FIXED64, WIRE_BYTES, WIRE_GROUP, WIRE_GROUP_END, WIRE_FIXED32 };

void wire_add_varint(struct buf *out, uint64_t value);
void wire_add_tag(struct buf *out, uint32_t number, enum wire_type type);
void wire_add_bytes(struct buf *out, uint32_t number, const void *bytes, size_t n);
void wire_add_fixed(struct buf *out, uint64_t bits, size_t bytes); /* little-endian */

/* Puts the length of what follows `at` before it. */
void wire_insert_length(struct buf *out, size_t at);

/* ZigZag, as sint32 and sint64 are written. */
uint64_t wire_zigzag(int64_t value);
int64_t wire_unzigzag(uint64_t value);

/* Reads a number at *at and moves it behind. False: truncated, or longer than ten bytes. */
bool wire_get_varint(struct bytes *at, uint64_t *value);

/* A field of a message. */
struct wire_record {
    uint32_t number;
    enum wire_type type;
    uint64_t bits;      /* WIRE_VARINT, WIRE_FIXED64 and WIRE_FIXED32 */
    struct bytes bytes; /* WIRE_BYTES; data is never NULL */
};

/* Reads the next record and moves *at behind it; groups are skipped, with WIRE_GROUP as their type.
 * False: it is invalid or truncated. */
bool wire_next(struct bytes *at, struct wire_record *r);

#endif
