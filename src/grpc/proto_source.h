/*
 * proto_source: types from a .proto file, by protoc.
 *
 * protoc must be in PATH (Debian: protobuf-compiler). Imports are searched in the folder of the
 * file, and where protoc has its own (google/protobuf). protoc's first error is passed on, with
 * file, line and column. It runs for PROTO_SOURCE_SECONDS_MAX at most, then it is killed.
 *
 * Ownership: the set is the caller's. Thread: any; it waits for the process.
 */
#ifndef GRPC_PROTO_SOURCE_H
#define GRPC_PROTO_SOURCE_H

#include "grpc/proto_types.h"
#include "util/err.h"
#include "util/sha256.h"

#define PROTO_SOURCE_SECONDS_MAX 60

/* Gets a file that was imported, by the path at which the file is; and the SHA-256 of its bytes. A
 * file that only protoc finds has the name of its import, and the hash of its descriptor. Returns
 * -1 with its own error in *e. */
typedef int proto_source_import_fn(void *context, const char *path,
                                   const char sha256[SHA256_HEX_BYTES], struct err *e);

/* `imported` NULL: nobody asks. It is called for each file but `path` and google/protobuf, whose
 * types are those that are published (proto_known.h). */
int proto_source_read(const char *path, proto_source_import_fn *imported, void *context,
                      struct proto_set **out, struct err *e);

#endif
