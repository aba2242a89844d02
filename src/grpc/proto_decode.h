/*
 * proto_decode: protobuf's wire format to JSON, by the JSON mapping of proto3.
 *
 * The text is compact, in UTF-8, with the names of JSON (lowerCamelCase), in the order of the
 * fields' numbers and of the maps' keys. 64-bit integers are strings, enums names, bytes base64.
 * Fields without presence that have their default are left out. Unknown fields and groups are
 * skipped. Of a field that comes twice, the last one counts, and messages are merged. An Any whose
 * type the set does not have is {"@type": URL, "value": base64}. Truncated or invalid messages,
 * strings that are not UTF-8 and nesting beyond PROTO_DECODE_DEPTH_MAX are errors.
 *
 * Ownership: everything is borrowed. Thread: each thread has its work.
 */
#ifndef GRPC_PROTO_DECODE_H
#define GRPC_PROTO_DECODE_H

#include <stddef.h>

#include "grpc/proto_types.h"
#include "util/buf.h"
#include "util/err.h"

#define PROTO_DECODE_DEPTH_MAX 100 /* as protobuf's own implementations */

struct proto_decode_work; /* memory that decodings reuse; one per thread */
struct proto_decode_work *proto_decode_work_new(void);
void proto_decode_work_free(struct proto_decode_work *w);

/* Appends the JSON of a message of type m. The limit of `out` bounds the text. On failure the error
 * names the field, and the contents of `out` are useless. */
int proto_decode(const struct proto_message *m, struct proto_decode_work *w, const void *bytes,
                 size_t n, struct buf *out, struct err *e);

#endif
