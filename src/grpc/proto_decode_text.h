/*
 * proto_decode_text: values of the wire format as the texts of the JSON mapping.
 *
 * Internal to proto_decode. Ownership: everything is borrowed. Thread: any.
 */
#ifndef GRPC_PROTO_DECODE_TEXT_H
#define GRPC_PROTO_DECODE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "grpc/proto_types.h"
#include "util/buf.h"
#include "util/bytes.h"

/* What a number on the wire means for the field: an integer of 64 bits, sign-extended if the type
 * has signs; of float and double, their bits. */
uint64_t proto_decode_bits(const struct proto_field *f, uint64_t wire);

/* Appends a number, bool or enum. */
void proto_decode_number(const struct proto_field *f, uint64_t wire, struct buf *out);

/* The key of a map, from proto_decode_bits(): its text without quotes, and its order. */
void proto_decode_key(const struct proto_field *f, uint64_t bits, struct buf *out);
int proto_decode_compare(const struct proto_field *f, uint64_t a, uint64_t b);

/* Appends a Timestamp (`stamp`) or Duration with its quotes. False: out of range. */
bool proto_decode_time(bool stamp, uint64_t seconds, uint64_t nanos, struct buf *out);

/* Appends a path of a FieldMask in camelCase. False: it has none. */
bool proto_decode_mask_path(struct bytes path, struct buf *out);

bool proto_decode_is_finite(uint64_t bits); /* of a double */

/* The message that an Any's URL names; NULL: the set does not have it. */
const struct proto_message *proto_decode_any_type(const struct proto_set *s, struct bytes url);

#endif
