/* proto_types: lookups, and sets that are cut, hostile or too large. Sets are written byte by byte
 * here, by the numbers of google/protobuf/descriptor.proto. */
#include "grpc/schema.h"

#include <stdlib.h>

#include "grpc/proto_wire.h"
#include "util/buf.h"

static void test_methods(void **state) {
    (void)state;
    const struct proto_method *m = NULL;
    struct err e = {""};
    assert_int_equal(proto_method_count(schema), 5);
    assert_int_equal(proto_find_method(schema, "test.Model/StreamInfer", &m, &e), 0);
    assert_string_equal(m->path, "/test.Model/StreamInfer");
    assert_string_equal(m->service, "test.Model");
    assert_string_equal(m->name, "StreamInfer");
    assert_string_equal(m->input->name, "test.Tree");
    assert_true(m->client_streaming && m->server_streaming);
    assert_int_equal(proto_find_method(schema, "/test.Model/Watch", &m, &e), 0);
    assert_string_equal(m->input->name, "google.protobuf.Empty");
    assert_true(!m->client_streaming && m->server_streaming);
    assert_int_equal(proto_find_method(schema, "test.Other.Infer", &m, &e), 0);
    assert_string_equal(m->output->name, "test.Known");
}

static void test_misspelt_methods(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"test.Modle/Infer",
         "tests/grpc/protos/all.proto: there is no service \"test.Modle\"; did you mean "
         "\"test.Model\"?"},
        {"test.Model/Infre", "tests/grpc/protos/all.proto: the service test.Model has no method "
                             "\"Infre\"; did you mean "
                             "\"Infer\"?"},
        {"test.Model/Delete",
         "tests/grpc/protos/all.proto: the service test.Model has no method \"Delete\"; there are "
         "Infer, StreamInfer, Watch, Upload"},
        {"something.Else/Delete",
         "tests/grpc/protos/all.proto: there is no service \"something.Else\"; there are "
         "test.Model, test.Other"},
        {"Infer", "\"Infer\" names no method; write \"package.Service/Method\""},
        {"", "\"\" names no method; write \"package.Service/Method\""},
        {"/", "\"\" names no method; write \"package.Service/Method\""},
        {"test.Model/", "\"test.Model/\" names no method; write \"package.Service/Method\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct proto_method *m = NULL;
        struct err e = {""};
        assert_int_equal(proto_find_method(schema, cases[i][0], &m, &e), -1);
        assert_string_equal(e.text, cases[i][1]);
        assert_null(m);
    }
}

static void test_fields(void **state) {
    (void)state;
    const struct proto_message *scalars = type("Scalars"), *maps = type("Maps");
    const struct proto_field *f = proto_find_field(scalars, "anInt32");
    assert_non_null(f);
    assert_ptr_equal(f, proto_find_field(scalars, "an_int32"));
    assert_ptr_equal(f, proto_field_numbered(scalars, 3));
    assert_true(f->type == PROTO_INT32 && !f->presence && !f->repeated && f->oneof == -1);
    assert_non_null(proto_field_numbered(scalars, 536870911));
    assert_null(proto_field_numbered(scalars, 17));
    assert_null(proto_find_field(scalars, "nosuch"));
    assert_string_equal(proto_find_field(scalars, "renamed")->json_name, "another-name");
    assert_true(proto_find_field(type("Optionals"), "anInt32")->presence);
    assert_int_equal(proto_find_field(type("Optionals"), "anInt32")->oneof, -1);
    assert_int_equal(proto_find_field(type("Choice"), "ratio")->oneof, 1);
    assert_true(proto_find_field(type("Lists"), "int32s")->packed);
    assert_false(proto_find_field(type("Lists"), "loose")->packed);
    assert_false(proto_find_field(type("Lists"), "strings")->packed);
    assert_true(proto_find_field(maps, "texts")->map);
    const struct proto_message *old = type("old.Old");
    assert_false(proto_find_field(old, "numbers")->packed);
    assert_true(proto_find_field(old, "packedNumbers")->packed);
    assert_true(proto_find_field(old, "number")->presence);
    assert_true(proto_find_field(old, "size")->enumeration->closed);
    assert_true(proto_find_field(type("old.Strict"), "name")->required);
    assert_int_equal(type("Known")->known, PROTO_ORDINARY);
    assert_int_equal(proto_find_field(type("Known"), "time")->message->known, PROTO_TIMESTAMP);
    assert_int_equal(proto_find_field(type("Known"), "empty")->message->known, PROTO_ORDINARY);
    const struct proto_enum *color = proto_find_field(scalars, "color")->enumeration;
    assert_string_equal(proto_enum_numbered(color, 1)->name, "RED"); /* not CRIMSON */
    assert_int_equal(proto_enum_named(color, "CRIMSON")->number, 1);
    assert_null(proto_enum_named(color, "crimson"));
    assert_null(proto_enum_numbered(color, 3));
}

/* ---- sets by hand ---- */

static void add_text(struct buf *out, uint32_t number, const char *text) {
    wire_add_bytes(out, number, text, strlen(text));
}

static void add_number(struct buf *out, uint32_t number, uint64_t value) {
    wire_add_tag(out, number, WIRE_VARINT);
    wire_add_varint(out, value);
}

static void add_buf(struct buf *out, uint32_t number, struct buf *inside) {
    wire_add_bytes(out, number, buf_text(inside), inside->len);
    buf_done(inside);
}

static struct buf empty(void) {
    struct buf b;
    buf_init(&b, 1 << 26);
    return b;
}

/* A field of a message: number, name, optional (1) or repeated (3), type, and its type's name. */
static struct buf field(const char *name, uint64_t number, uint64_t label, uint64_t kind,
                        const char *type_name) {
    struct buf f = empty();
    add_text(&f, 1, name);
    add_number(&f, 3, number);
    add_number(&f, 4, label);
    add_number(&f, 5, kind);
    if (type_name != NULL)
        add_text(&f, 6, type_name);
    return f;
}

/* A set with a file that has the message p.M with these two fields; NULL: none. */
static struct buf set_of(struct buf *one, struct buf *two) {
    struct buf set = empty(), file = empty(), m = empty();
    add_text(&m, 1, "M");
    if (one != NULL)
        add_buf(&m, 2, one);
    if (two != NULL)
        add_buf(&m, 2, two);
    add_text(&file, 1, "p.proto");
    add_text(&file, 2, "p");
    add_buf(&file, 4, &m);
    add_text(&file, 12, "proto3");
    add_buf(&set, 1, &file);
    return set;
}

static void refused(struct buf *set, const char *text) {
    struct proto_set *s = NULL;
    struct err e = {""};
    assert_int_equal(proto_set_read("s.pb", buf_text(set), set->len, &s, &e), -1);
    assert_string_equal(e.text, text);
    assert_null(s);
    buf_done(set);
}

static void test_hostile_sets(void **state) {
    (void)state;
    struct buf f = field("a", 0, 1, 5, NULL), g, set = set_of(&f, NULL);
    refused(&set, "s.pb: p.M.a has the number 0; numbers are 1 to 536870911");
    f = field("a", 1, 1, 19, NULL);
    set = set_of(&f, NULL);
    refused(&set, "s.pb: p.M.a has a type that is not known");
    f = field("a", 1, 1, 11, ".p.N");
    set = set_of(&f, NULL);
    refused(&set,
            "s.pb: there is no type \".p.N\", which p.M.a needs; make the descriptor set with "
            "protoc --include_imports");
    f = field("a", 1, 1, 14, ".p.M");
    set = set_of(&f, NULL);
    refused(&set,
            "s.pb: there is no type \".p.M\", which p.M.a needs; make the descriptor set with "
            "protoc --include_imports");
    f = field("a\x1b[31m", 1, 1, 5, NULL);
    set = set_of(&f, NULL);
    refused(&set, "s.pb: a name within \"p.M\" is missing or is no name");
    f = field("a", 1, 1, 5, NULL);
    g = field("b", 1, 1, 5, NULL);
    set = set_of(&f, &g);
    refused(&set, "s.pb: two fields of p.M have the number 1");
    f = field("a", 1, 1, 5, NULL);
    g = field("a", 2, 1, 5, NULL);
    set = set_of(&f, &g);
    refused(&set, "s.pb: two fields of p.M have the name a");
    f = field("a", 1, 1, 5, NULL);
    add_number(&f, 9, 3); /* in a oneof */
    set = set_of(&f, NULL);
    refused(&set, "s.pb: p.M.a is in a oneof that does not exist");
    f = field("a", 1, 1, 5, NULL);
    add_text(&f, 10, "a\nb"); /* its JSON name */
    set = set_of(&f, NULL);
    refused(&set, "s.pb: the JSON name of p.M.a has characters that names cannot have");
    set = set_of(NULL, NULL);
    struct buf other = set_of(NULL, NULL);
    memcpy(memmem(other.data, other.len, "p.proto", 7), "q", 1);
    buf_add(&set, other.data, other.len);
    buf_done(&other);
    refused(&set, "s.pb: \"p.M\" is defined twice");
    set = empty();
    refused(&set, "s.pb: the descriptor set has no files");
}

/* descriptor.proto: the innermost scope that has the name. */
static void test_names_without_a_dot(void **state) {
    (void)state;
    static const char *const names[][2] = {
        {"N", "p.M.N"}, {"M.N", "p.M.N"}, {"O", "p.O"}, {"p.N", "p.N"}, {".p.N", "p.N"}};
    struct buf set = empty(), file = empty(), m = empty();
    struct proto_set *s = NULL;
    struct err e = {""};
    add_text(&m, 1, "M");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[] = {(char)('a' + i), '\0'};
        struct buf f = field(name, i + 1, 1, 11, names[i][0]);
        add_buf(&m, 2, &f);
    }
    add_text(&file, 1, "p.proto");
    add_text(&file, 2, "p");
    for (const char *other = "NO"; *other != '\0'; other++) {
        struct buf message = empty();
        wire_add_bytes(&message, 1, other, 1);
        if (*other == 'N')
            wire_add_bytes(&m, 3, message.data, message.len);
        add_buf(&file, 4, &message);
    }
    add_buf(&file, 4, &m);
    add_buf(&set, 1, &file);
    assert_int_equal(proto_set_read("s.pb", buf_text(&set), set.len, &s, &e), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(
            proto_field_numbered(proto_find_message(s, "p.M"), (uint32_t)i + 1)->message->name,
            names[i][1]);
    proto_set_free(s);
    buf_done(&set);
}

/* A message that says of itself that it is a map's entry, which its field does not have to be. */
static void test_broken_maps(void **state) {
    (void)state;
    struct buf set = empty(), file = empty(), m = empty(), entry = empty(), options = empty();
    struct buf f = field("a", 1, 3, 11, ".p.M.AEntry");
    add_number(&options, 7, 1);
    add_text(&entry, 1, "AEntry");
    add_buf(&entry, 7, &options);
    add_text(&m, 1, "M");
    add_buf(&m, 2, &f);
    add_buf(&m, 3, &entry);
    add_text(&file, 1, "p.proto");
    add_text(&file, 2, "p");
    add_buf(&file, 4, &m);
    add_buf(&set, 1, &file);
    refused(&set, "s.pb: the map p.M.a has no key and value");
}

/* Messages within messages, for which protobuf-c calls itself. */
static void test_nesting_is_limited(void **state) {
    (void)state;
    struct buf m = empty(), set = empty(), file = empty();
    for (int i = 0; i < 2000; i++) {
        struct buf around = empty();
        add_text(&around, 1, "M");
        if (m.len > 0)
            add_buf(&around, 3, &m);
        m = around;
    }
    add_text(&file, 1, "p.proto");
    add_buf(&file, 4, &m);
    add_buf(&set, 1, &file);
    refused(&set, "s.pb: messages are nested deeper than 30 in each other");
}

static void test_same_file_twice(void **state) {
    (void)state;
    struct buf set = set_of(NULL, NULL), again = set_of(NULL, NULL);
    struct proto_set *s = NULL;
    struct err e = {""};
    buf_add(&set, again.data, again.len);
    assert_int_equal(proto_set_read("s.pb", set.data, set.len, &s, &e), 0);
    assert_non_null(proto_find_message(s, "p.M"));
    proto_set_free(s);
    buf_done(&set);
    buf_done(&again);
}

static void test_large_sets(void **state) {
    (void)state;
    struct proto_set *s = NULL;
    struct err e = {""};
    size_t n = (size_t)50 << 20;
    char *bytes = calloc(1, n);
    assert_non_null(bytes);
    assert_int_equal(proto_set_read("s.pb", bytes, n, &s, &e), -1);
    assert_string_equal(e.text, "s.pb: a descriptor set of 50 MB; the limit is 16 MB");
    /* Files without anything, which take a hundred times their size in memory. */
    for (size_t i = 0; i < PROTO_SET_BYTES_MAX; i += 2)
        bytes[i] = 0x0a;
    assert_int_equal(proto_set_read("s.pb", bytes, PROTO_SET_BYTES_MAX, &s, &e), -1);
    assert_string_equal(e.text, "s.pb: the descriptor set needs more than 256 MiB of memory");
    free(bytes);
}

/* Every beginning of a real set is refused, or is a set of fewer files. */
static void test_truncated_sets(void **state) {
    (void)state;
    struct buf f = field("a", 1, 1, 5, NULL), set = set_of(&f, NULL);
    for (size_t n = 0; n < set.len; n++) {
        struct proto_set *s = NULL;
        struct err e = {""};
        assert_int_equal(proto_set_read("s.pb", set.data, n, &s, &e), -1);
        assert_non_null(
            strstr(e.text, n == 0 ? "has no files" : "no descriptor set, or it is truncated"));
    }
    buf_done(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_misspelt_methods),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_hostile_sets),
        cmocka_unit_test(test_names_without_a_dot),
        cmocka_unit_test(test_broken_maps),
        cmocka_unit_test(test_nesting_is_limited),
        cmocka_unit_test(test_same_file_twice),
        cmocka_unit_test(test_large_sets),
        cmocka_unit_test(test_truncated_sets),
    };
    return cmocka_run_group_tests(tests, open_schema, close_schema);
}
