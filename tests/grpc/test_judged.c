/* proto_encode and proto_decode against protobuf's own implementation for Python, and protoc
 * (judge.py): random messages of every type in both directions, and texts that fit no message. */
#include "grpc/schema.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "support/scratch.h"
#include "util/child.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/text.h"

#define SEED "20"
#define MESSAGES "400"
#define FIELDS 4

static char *python(const char *const *arguments, const char *input, size_t n) {
    struct buf out, said;
    int status = 0;
    buf_init(&out, 1 << 28);
    buf_init(&said, 1 << 16);
    enum child_end end = child_run(arguments, input, n, 300 * NS_PER_S, &out, &said, &status);
    if (end != CHILD_ENDED || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        print_error("%s\n", buf_text(&said));
    assert_int_equal(end, CHILD_ENDED);
    assert_int_equal(status, 0);
    buf_done(&said);
    return buf_take(&out);
}

static void add_hex(struct buf *out, const struct buf *bytes) {
    for (size_t i = 0; i < bytes->len; i++)
        buf_printf(out, "%02x", (unsigned char)bytes->data[i]);
}

/* What our code makes of a line of judge.py, as judge.py check wants it. */
static void answer(char *const fields[FIELDS], struct buf *out) {
    const struct proto_message *m = proto_find_message(schema, fields[1]);
    struct buf bytes, wire, json;
    struct err e = {""};
    assert_non_null(m);
    buf_init(&bytes, 1 << 26);
    buf_init(&wire, 1 << 26);
    buf_init(&json, 1 << 26);
    buf_add(&wire, "", 0);
    for (const char *p = fields[3]; p[0] != '\0'; p += 2)
        buf_char(&wire, (char)(text_hex(p[0]) * 16 + text_hex(p[1])));
    buf_printf(out, "%s\t%s\t%s\t", fields[0], fields[1], fields[3]);
    if (strcmp(fields[0], "wire") != 0 && encode(m, fields[2], &bytes, &e) == 0)
        add_hex(out, &bytes);
    else
        buf_char(out, '-');
    buf_char(out, '\t');
    if (strcmp(fields[0], "bad") != 0) {
        if (decode(m, wire.data, wire.len, &json, &e) != 0)
            print_error("%s: %s\n", fields[2], e.text);
        buf_add(out, buf_text(&json), json.len);
    }
    buf_char(out, '\n');
    buf_done(&bytes);
    buf_done(&wire);
    buf_done(&json);
}

static void test_protobuf_sees_the_same(void **state) {
    (void)state;
    char command[700];
    struct buf out;
    snprintf(command, sizeof command,
             "protoc --include_imports -o'%s' -Itests/grpc/protos all.proto", in_dir("set"));
    assert_int_equal(system(command), 0);
    const char *set = in_dir("set");
    char *made = python((const char *const[]){"/usr/bin/python3", "tests/grpc/judge.py", "make",
                                              SEED, MESSAGES, set, NULL},
                        NULL, 0);
    assert_non_null(made);
    buf_init(&out, 1 << 28);
    size_t lines = 0;
    for (char *next = NULL, *line = strtok_r(made, "\n", &next); line != NULL;
         line = strtok_r(NULL, "\n", &next)) {
        char *fields[FIELDS];
        for (size_t i = 0; i < FIELDS; i++) {
            fields[i] = strsep(&line, "\t");
            assert_non_null(fields[i]);
        }
        answer(fields, &out);
        lines++;
    }
    assert_true(lines > 900);
    char *said =
        python((const char *const[]){"/usr/bin/python3", "tests/grpc/judge.py", "check", set, NULL},
               buf_text(&out), out.len);
    char expected[80];
    snprintf(expected, sizeof expected, "compared %zu, by protoc 12\n", lines);
    assert_string_equal(said, expected);
    free(made);
    free(said);
    buf_done(&out);
}

static int set_up(void **state) {
    return make_dir(state) != 0 || open_schema(state) != 0;
}

static int tear_down(void **state) {
    close_schema(state);
    return remove_dir(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_protobuf_sees_the_same),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
