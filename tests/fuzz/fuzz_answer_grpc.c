/* The response to a gRPC call, in pieces: any headers, messages and trailers. Whatever comes, the
 * call has one outcome and a reason, and what is kept are lines of JSON. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "grpc/proto_types.h"
#include "transport/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEEP_BYTES 4096

/* message M { string text = 1; M inner = 2; repeated int32 n = 3; bytes b = 4; }, as protoc writes
 * it in a FileDescriptorSet. */
static const char types[] =
    "\x0a\x4d\x0a\x07m.proto\"\x3a\x0a\x01M\x12\x0c\x0a\x04text\x18\x01 \x01(\x09\x12\x11\x0a"
    "\x05inner\x18\x02 \x01(\x0b\x32\x02.M\x12\x09\x0a\x01n\x18\x03 \x03(\x05\x12\x09\x0a\x01"
    "b\x18\x04 \x01(\x0c\x62\x06proto3";

static const struct proto_message *message(void) {
    static struct proto_set *set;
    struct err e;
    if (set == NULL && proto_set_read("m.proto", types, sizeof types - 1, &set, &e) != 0)
        abort();
    return proto_find_message(set, "M");
}

static void field(struct answer *a, const char *name, const char *value, size_t n) {
    if (a->http.state != HTTP1_FAILED)
        http1_foreign_field(&a->http, (struct bytes){name, strlen(name)}, (struct bytes){value, n});
}

/* Bits of the first byte: several messages, kept, a stream, gzip, the wrong type, trailers, a
 * status in the head. The second is the size of a piece, the third the HTTP status; then come a
 * line for grpc-status, one for grpc-message, and the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int statuses[] = {200, 200, 204, 302, 400, 404, 503, 999};
    if (size < 3)
        return 0;
    const struct transport_options options = {.cookies = true, .version = TRANSPORT_HTTP_2_PRIOR};
    const struct place place = {{"h.example", 9}, {"/", 1}, true};
    const struct stream_spec spec = {.format = STREAM_FORMAT_NDJSON};
    const struct transport_grpc grpc = {
        .streams = data[0] & 1, .message_max_bytes = 100000, .output = message()};
    struct answer_wanted wanted = {.head = true,
                                   .body_bytes = data[0] & 2 ? KEEP_BYTES : 0,
                                   .stream = data[0] & 4 ? &spec : NULL,
                                   .grpc = &grpc};
    struct history history = {0};
    struct answer_pool pool = {0};
    struct answer a;
    const char *text = (const char *)data + 3, *end = (const char *)data + size;
    const char *first = memchr(text, '\n', (size_t)(end - text));
    const char *status = text, *why = first == NULL ? end : first + 1;
    const char *second = why >= end ? NULL : memchr(why, '\n', (size_t)(end - why));
    const char *body = second == NULL ? end : second + 1;
    size_t status_n = first == NULL ? 0 : (size_t)(first - status),
           why_n = second == NULL ? 0 : (size_t)(second - why);
    size_t piece = data[1] == 0 ? size : data[1];
    answer_init(&a, &options, &pool, &history);
    answer_begin(&a, &wanted);
    answer_expect(&a, false, false, &place);
    http1_foreign_status(&a.http, statuses[data[2] % 8]);
    if (data[0] & 16)
        field(&a, "content-type", "text/html", 9);
    else
        field(&a, "content-type", "application/grpc", 16);
    if (data[0] & 8)
        field(&a, "grpc-encoding", "gzip", 4);
    if (data[0] & 64)
        field(&a, "grpc-status", status, status_n);
    if (a.http.state == HTTP1_FIELDS)
        http1_head_end(&a.http);
    while (body < end && a.http.state == HTTP1_UNTIL_CLOSE) {
        size_t n = (size_t)(end - body) < piece ? (size_t)(end - body) : piece;
        char *copy = malloc(n);
        if (copy == NULL)
            abort();
        memcpy(copy, body, n);
        http1_feed(&a.http, copy, n);
        free(copy);
        body += n;
    }
    if (data[0] & 32) {
        field(&a, "grpc-status", status, status_n);
        field(&a, "grpc-message", why, why_n);
    }
    struct transport_result r = {.error = "", .status = statuses[data[2] % 8]};
    if (a.http.state == HTTP1_FAILED) {
        CHECK(*answer_failure(&a) != '\0');
        r.outcome = OUTCOME_PROTOCOL_ERROR;
        r.error = answer_failure(&a);
    } else
        r.outcome = r.status >= 400 ? OUTCOME_HTTP_ERROR : OUTCOME_OK;
    struct answer_kept *kept = answer_take(&a, &r);
    CHECK(r.outcome == OUTCOME_OK || r.outcome == OUTCOME_GRPC_ERROR ||
          r.outcome == OUTCOME_PROTOCOL_ERROR || r.outcome == OUTCOME_NO_TOKENS ||
          r.outcome == OUTCOME_STREAM_CUT || r.outcome == OUTCOME_HTTP_ERROR);
    CHECK((r.outcome == OUTCOME_OK) == (*r.error == '\0'));
    CHECK(r.outcome != OUTCOME_GRPC_ERROR || (r.has_grpc_status && r.grpc_status != 0));
    CHECK(r.outcome != OUTCOME_OK || (r.has_grpc_status && r.grpc_status == 0));
    CHECK(r.body.len <= KEEP_BYTES);
    answer_give_back(&pool, kept);
    answer_done(&a);
    answer_pool_free(&pool);
    return 0;
}
