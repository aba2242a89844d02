/*
 * grpc: what the fuzz targets of src/grpc share: the types of tests/grpc/protos, and messages that go
 * from bytes to JSON and back.
 *
 * Header-only: each target has its own copy.
 */
#ifndef TESTS_FUZZ_GRPC_H
#define TESTS_FUZZ_GRPC_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "grpc/proto_decode.h"
#include "grpc/proto_encode.h"
#include "grpc/proto_source.h"
#include "grpc/proto_types.h"
#include "util/json.h"

#define GRPC_JSON_MAX ((size_t)1 << 24)

/* A type, chosen by a byte. */
static inline const struct proto_message *grpc_type(uint8_t choice) {
    static const char *const names[] = {"test.Scalars", "test.Optionals", "test.Lists",
                                        "test.Maps",    "test.Choice",    "test.Known",
                                        "test.Tree",    "test.old.Old"};
    static struct proto_set *set;
    struct err e = {""};
    if (set == NULL)
        CHECK(proto_source_read("tests/grpc/protos/all.proto", NULL, NULL, &set, &e) == 0);
    return proto_find_message(set, names[choice % (sizeof names / sizeof *names)]);
}

/* False: it is no message, and the error says why. */
static inline bool grpc_decode(const struct proto_message *m, const void *bytes, size_t n,
                               struct buf *out) {
    static struct proto_decode_work *work;
    struct err e = {""};
    if (work == NULL)
        work = proto_decode_work_new();
    CHECK(work != NULL);
    buf_init(out, GRPC_JSON_MAX);
    bool good = proto_decode(m, work, bytes, n, out, &e) == 0;
    CHECK(good == (e.text[0] == '\0'));
    return good;
}

/* The same for JSON without holes. */
static inline bool grpc_encode(const struct proto_message *m, const struct buf *json,
                               struct buf *out) {
    struct json_doc *d = NULL;
    struct proto_encoder *c = NULL;
    struct bytes bytes;
    struct err e = {""};
    buf_init(out, PROTO_MESSAGE_BYTES_MAX);
    bool good = json_parse("j", buf_text(json), json->len, &d, &e) == 0 &&
                proto_encoder_new(m, d, json_root(d), NULL, NULL, &c, &e) == 0;
    CHECK(good == (e.text[0] == '\0'));
    if (good) {
        CHECK(proto_encoder_constant(c, &bytes));
        buf_add(out, bytes.data, bytes.len);
    }
    proto_encoder_free(c);
    json_free(d);
    return good;
}

/* The message's JSON is a message, whose JSON is the same again. What JSON cannot say is only lost
 * the first time: unknown fields, other numbers of NullValue. */
static inline void grpc_round_trip(const struct proto_message *m, const struct buf *json) {
    struct buf bytes[2], text[2];
    if (grpc_encode(m, json, &bytes[0])) {
        CHECK(grpc_decode(m, buf_text(&bytes[0]), bytes[0].len, &text[0]));
        CHECK(grpc_encode(m, &text[0], &bytes[1]));
        CHECK(grpc_decode(m, buf_text(&bytes[1]), bytes[1].len, &text[1]));
        CHECK(text[0].len == text[1].len &&
              memcmp(buf_text(&text[0]), buf_text(&text[1]), text[0].len) == 0);
        buf_done(&bytes[1]);
        buf_done(&text[0]);
        buf_done(&text[1]);
    }
    buf_done(&bytes[0]);
}

#endif
