/*
 * kserve: the messages of KServe's inference protocol version 2 that the target reads and writes,
 * in protobuf's wire format.
 *
 * Field numbers are those of the protocol (github.com/kserve/open-inference-protocol, package
 * inference) and of Triton's ModelStreamInferResponse; scenarios/kserve.proto has the same
 * messages. It reads what determines the response, and skips the rest. Ownership: views into the
 * caller's bytes. Thread: any.
 */
#ifndef TARGET_KSERVE_H
#define TARGET_KSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/bytes.h"
#include "util/err.h"

#define KSERVE_MODEL "coldswarm" /* if a request names none */
#define KSERVE_VERSION "1"

/* ModelInferRequest. */
struct kserve_request {
    struct bytes model, version, id;
    size_t inputs;
    uint64_t prompt_words; /* of the first tensor with texts */
    int64_t max_tokens;    /* parameter "max_tokens"; -1: none */
};

/* Returns -1 if it is no such message. */
int kserve_request_read(struct bytes message, struct kserve_request *out, struct err *e);

/* The name in a ModelReadyRequest, a ModelMetadataRequest, or gRPC's HealthCheckRequest: field 1.
 * Without one, it is empty. */
int kserve_name_read(struct bytes message, struct bytes *name, struct err *e);

/* ServerLiveResponse, ServerReadyResponse and ModelReadyResponse: field 1 is true. */
void kserve_put_true(struct buf *out);
void kserve_put_server_metadata(struct buf *out);
void kserve_put_model_metadata(struct buf *out, struct bytes model); /* empty: KSERVE_MODEL */

/* ModelInferResponse: the class of an image and its score. */
void kserve_put_class(struct buf *out, const struct kserve_request *q, const char *class,
                      float score);

/* ModelStreamInferResponse: a text, the end, or an error. */
void kserve_put_text(struct buf *out, const struct kserve_request *q, struct bytes value);
void kserve_put_final(struct buf *out, const struct kserve_request *q);
void kserve_put_error(struct buf *out, const char *why);

#endif
