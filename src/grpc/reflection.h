/*
 * reflection: types from a server that answers gRPC server reflection.
 *
 * It makes the messages of the questions, reads those of the answers, and knows which files are
 * still missing. It sends nothing: the caller has one stream of REFLECTION_V1, or of
 * REFLECTION_V1ALPHA if the server says UNIMPLEMENTED; the messages of both are the same
 * (grpc/reflection/v1/reflection.proto). Messages are without gRPC's prefix (grpc_frame.h).
 *
 *     reflection_ask_symbol(&question, "pkg.Service");           send it, receive the answer
 *     reflection_answer(r, answer, n, e);
 *     while ((file = reflection_missing(r)) != NULL)             the files that it imports
 *         reflection_ask_file(&question, file), ..., reflection_answer(r, answer, n, e);
 *     reflection_types(r, "localhost:8001", &set, e);
 *
 * This ends: each answer must bring the file that was asked for, and the number and the bytes of
 * files are limited. Ownership: heap; answers are copied. reflection_free(NULL) is allowed.
 * Thread: one at a time.
 */
#ifndef GRPC_REFLECTION_H
#define GRPC_REFLECTION_H

#include <stddef.h>

#include "grpc/proto_types.h"
#include "util/buf.h"
#include "util/err.h"

#define REFLECTION_V1 "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
#define REFLECTION_V1ALPHA "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
#define REFLECTION_FILES_MAX 10000

struct reflection;

struct reflection *reflection_new(void); /* NULL: out of memory */
void reflection_free(struct reflection *r);

/* Append a ServerReflectionRequest: for the file that defines a service (without its method), for
 * a file by its name, for the names of all services. */
void reflection_ask_symbol(struct buf *out, const char *symbol);
void reflection_ask_file(struct buf *out, const char *file);
void reflection_ask_services(struct buf *out);

/* Takes a ServerReflectionResponse with files. An error_response becomes an error with its text;
 * so does an answer of another kind, and one without the file that was asked for. */
int reflection_answer(struct reflection *r, const void *bytes, size_t n, struct err *e);

/* A file that others import and that did not arrive yet, valid until the next answer. NULL: there
 * is none. Asks for it: the next answer must have it. */
const char *reflection_missing(struct reflection *r);

/* The types of all files that arrived. `name` is what errors call them. */
int reflection_types(const struct reflection *r, const char *name, struct proto_set **out,
                     struct err *e);

/* Calls `found` as proto_set_files() does. Call after reflection_types(). */
int reflection_files(const struct reflection *r, proto_set_file_fn *found, void *context,
                     struct err *e);

/* Calls `found` for each service of an answer to reflection_ask_services(). The name is only valid
 * during the call. */
typedef void reflection_service_fn(void *context, const char *name);
int reflection_services(const void *bytes, size_t n, reflection_service_fn *found, void *context,
                        struct err *e);

#endif
