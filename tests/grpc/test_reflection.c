/* reflection: a server that has the files of tests/grpc/protos and answers as it is asked. The
 * messages are written by the numbers of grpc/reflection/v1/reflection.proto. */
#include "grpc/schema.h"

#include <stdlib.h>

#include "grpc/proto_wire.h"
#include "grpc/reflection.h"
#include "support/scratch.h"
#include "util/file.h"

static struct buf set;

/* The file with this name of the set, or that with this service. */
static struct bytes file_named(const char *name) {
    struct bytes rest = {set.data, set.len}, inside;
    struct wire_record file, r;
    while (rest.len > 0) {
        assert_true(wire_next(&rest, &file));
        for (inside = file.bytes; inside.len > 0;) {
            assert_true(wire_next(&inside, &r));
            if (r.number == 1 && bytes_is(r.bytes, name))
                return file.bytes;
        }
    }
    fail_msg("there is no %s", name);
    return (struct bytes){NULL, 0};
}

static void answer_with(struct buf *out, const char *name) {
    struct buf files;
    struct bytes file = file_named(name);
    buf_init(&files, 1 << 20);
    wire_add_bytes(&files, 1, file.data, file.len);
    buf_clear(out);
    wire_add_bytes(out, 1, "localhost", 9);
    wire_add_bytes(out, 4, files.data, files.len);
    buf_done(&files);
}

static void test_requests(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    reflection_ask_symbol(&b, "a.B");
    assert_int_equal(b.len, 5);
    assert_memory_equal(b.data,
                        "\x22\x03"
                        "a.B",
                        5);
    buf_clear(&b);
    reflection_ask_file(&b, "c");
    assert_memory_equal(b.data,
                        "\x1a\x01"
                        "c",
                        3);
    buf_clear(&b);
    reflection_ask_services(&b);
    assert_int_equal(b.len, 2);
    assert_memory_equal(b.data, "\x3a\x00", 2);
    buf_done(&b);
}

static void test_asks_until_all_is_there(void **state) {
    (void)state;
    struct reflection *r = reflection_new();
    struct proto_set *types = NULL;
    struct buf answer;
    struct err e = {""};
    const char *missing;
    int asked = 0;
    buf_init(&answer, 1 << 20);
    answer_with(&answer, "all.proto");
    assert_int_equal(reflection_answer(r, answer.data, answer.len, &e), 0);
    assert_int_equal(reflection_types(r, "host:1", &types, &e), -1);
    assert_non_null(strstr(e.text, "host:1: there is no type"));
    while ((missing = reflection_missing(r)) != NULL) {
        answer_with(&answer, missing);
        assert_int_equal(reflection_answer(r, answer.data, answer.len, &e), 0);
        asked++;
    }
    assert_int_equal(asked, 8); /* seven of google/protobuf, and more/old.proto */
    assert_int_equal(reflection_types(r, "host:1", &types, &e), 0);
    assert_int_equal(proto_method_count(types), proto_method_count(schema));
    assert_non_null(proto_find_message(types, "test.old.Strict"));
    proto_set_free(types);
    reflection_free(r);
    buf_done(&answer);
}

static void test_bad_answers(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *error;
    } cases[] = {
        {"\x3a\x0d\x08\x05\x12\x09not found", 15,
         "server reflection answers with the error 5: not found"},
        {"\x3a\x07\x08\x05\x12\x03"
         "a\x1b"
         "b",
         9, "server reflection answers with the error 5: a\\x1bb"},
        {"\x22", 1, "the answer to server reflection is truncated or invalid"},
        {"", 0, "server reflection answers something else than it was asked"},
        {"\x32\x00", 2, "server reflection answers something else than it was asked"},
        {"\x22\x00", 2, "server reflection answers without the file that it was asked for"},
        {"\x22\x02\x0a\x00", 4, "the answer to server reflection is truncated or invalid"},
        {"\x22\x04\x0a\x02\x0a\x05", 6, "the answer to server reflection is truncated or invalid"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reflection *r = reflection_new();
        struct err e = {""};
        assert_int_equal(reflection_answer(r, cases[i].bytes, cases[i].n, &e), -1);
        assert_string_equal(e.text, cases[i].error);
        reflection_free(r);
    }
}

/* A server that never sends what it is asked for does not keep us asking. */
static void test_another_file_than_asked(void **state) {
    (void)state;
    struct reflection *r = reflection_new();
    struct buf answer;
    struct err e = {""};
    buf_init(&answer, 1 << 20);
    answer_with(&answer, "all.proto");
    assert_int_equal(reflection_answer(r, answer.data, answer.len, &e), 0);
    const char *missing = reflection_missing(r);
    assert_string_equal(missing, "google/protobuf/any.proto");
    assert_int_equal(reflection_answer(r, answer.data, answer.len, &e), -1);
    assert_string_equal(e.text, "server reflection answers without the file "
                                "\"google/protobuf/any.proto\" that it was asked for");
    assert_int_equal(reflection_answer(r, "\x3a\x02\x08\x05", 4, &e), -1);
    assert_string_equal(e.text, "the file \"google/protobuf/any.proto\": server reflection answers "
                                "with the error 5");
    reflection_free(r);
    buf_done(&answer);
}

static void note(void *context, const char *name) {
    buf_printf(context, "[%s]", name);
}

static void test_services(void **state) {
    (void)state;
    static const char answer[] = "\x32\x10\x0a\x05\x0a\x03"
                                 "a.B\x0a\x07\x0a\x05"
                                 "c.D.E";
    struct buf names;
    struct err e = {""};
    buf_init(&names, 100);
    assert_int_equal(reflection_services(answer, sizeof answer - 1, note, &names, &e), 0);
    assert_string_equal(buf_text(&names), "[a.B][c.D.E]");
    assert_int_equal(reflection_services("\x22\x00", 2, note, &names, &e), -1);
    buf_done(&names);
}

static int set_up(void **state) {
    char command[700];
    struct err e = {""};
    if (make_dir(state) != 0 || open_schema(state) != 0)
        return -1;
    snprintf(command, sizeof command,
             "protoc --include_imports -o'%s' -Itests/grpc/protos all.proto", in_dir("set"));
    buf_init(&set, 1 << 20);
    return system(command) != 0 || file_read(in_dir("set"), &set, &e) != 0;
}

static int tear_down(void **state) {
    buf_done(&set);
    close_schema(state);
    return remove_dir(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),    cmocka_unit_test(test_asks_until_all_is_there),
        cmocka_unit_test(test_bad_answers), cmocka_unit_test(test_another_file_than_asked),
        cmocka_unit_test(test_services),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
