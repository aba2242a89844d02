/*
 * schema: the types of tests/grpc/protos, and short ways to encode and decode with them.
 *
 * Header-only: each test binary has its own copy.
 */
#ifndef TESTS_GRPC_SCHEMA_H
#define TESTS_GRPC_SCHEMA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "grpc/proto_decode.h"
#include "grpc/proto_encode.h"
#include "grpc/proto_source.h"
#include "grpc/proto_types.h"
#include "util/json.h"

static struct proto_set *schema;

static inline int open_schema(void **state) {
    (void)state;
    struct err e = {""};
    int result = proto_source_read("tests/grpc/protos/all.proto", NULL, NULL, &schema, &e);
    if (result != 0)
        print_error("%s\n", e.text);
    return result;
}

static inline int close_schema(void **state) {
    (void)state;
    proto_set_free(schema);
    return 0;
}

/* test.NAME */
static inline const struct proto_message *type(const char *name) {
    char full[200];
    snprintf(full, sizeof full, "test.%s", name);
    const struct proto_message *m = proto_find_message(schema, full);
    assert_non_null(m);
    return m;
}

/* Appends the message that the JSON means, without holes. */
static inline int encode(const struct proto_message *m, const char *text, struct buf *out,
                         struct err *e) {
    struct json_doc *d = NULL;
    struct proto_encoder *c = NULL;
    struct bytes bytes;
    if (json_parse("m.json", text, strlen(text), &d, e) != 0)
        return -1;
    int result = proto_encoder_new(m, d, json_root(d), NULL, NULL, &c, e);
    json_free(d);
    if (result == 0) {
        assert_true(proto_encoder_constant(c, &bytes));
        buf_add(out, bytes.data, bytes.len);
    }
    proto_encoder_free(c);
    return result;
}

static inline int decode(const struct proto_message *m, const void *bytes, size_t n,
                         struct buf *out, struct err *e) {
    struct proto_decode_work *w = proto_decode_work_new();
    assert_non_null(w);
    int result = proto_decode(m, w, bytes, n, out, e);
    proto_decode_work_free(w);
    return result;
}

#endif
