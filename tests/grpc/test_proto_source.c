/* proto_source: with the real protoc. */
#include "grpc/schema.h"

#include <stdlib.h>
#include <unistd.h>

#include "support/scratch.h"

static void put(const char *name, const char *text) {
    FILE *f = fopen(in_dir(name), "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* The error is the text behind the folder of the test. */
static void refused(const char *name, const char *text) {
    struct proto_set *s = NULL;
    struct err e = {""};
    char expected[1024];
    snprintf(expected, sizeof expected, "%s%s", dir, text);
    assert_int_equal(proto_source_read(in_dir(name), NULL, NULL, &s, &e), -1);
    assert_string_equal(e.text, expected);
    assert_null(s);
}

static void test_errors_have_their_place(void **state) {
    (void)state;
    put("a.proto", "syntax = \"proto3\";\nmessage M {\n  nosuch a = 1;\n}\n");
    refused("a.proto", "/a.proto:3:3: \"nosuch\" is not defined.");
    put("b.proto", "syntax = \"proto3\";\nimport \"not/there.proto\";\n");
    refused("b.proto", "/b.proto:2:1: Import \"not/there.proto\" was not found or had errors.");
    put("c.proto", "syntax = \"proto3\";\nimport \"a.proto\";\n");
    refused("c.proto", "/c.proto: protoc: a.proto:3:3: \"nosuch\" is not defined.");
    struct proto_set *s = NULL;
    struct err e = {""};
    assert_int_equal(proto_source_read(in_dir("nosuch.proto"), NULL, NULL, &s, &e), -1);
    assert_non_null(strstr(e.text, "nosuch.proto"));
}

static void test_imports_from_its_folder(void **state) {
    (void)state;
    struct proto_set *s = NULL;
    struct err e = {""};
    put("d.proto", "syntax = \"proto3\";\npackage p;\nimport \"e.proto\";\n"
                   "import \"google/protobuf/any.proto\";\n"
                   "message M { N n = 1; google.protobuf.Any a = 2; }\n");
    put("e.proto", "syntax = \"proto3\";\npackage p;\nmessage N {}\n");
    assert_int_equal(proto_source_read(in_dir("d.proto"), NULL, NULL, &s, &e), 0);
    assert_non_null(proto_find_message(s, "p.N"));
    assert_non_null(proto_find_message(s, "google.protobuf.Any"));
    proto_set_free(s);
    /* Without a folder before it. */
    char before[1024];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(dir), 0);
    int result = proto_source_read("d.proto", NULL, NULL, &s, &e);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(result, 0);
    proto_set_free(s);
}

struct heard {
    int count;
    char path[1024], sha256[SHA256_HEX_BYTES];
};

static int hear(void *context, const char *path, const char sha256[SHA256_HEX_BYTES],
                struct err *e) {
    struct heard *h = context;
    if (h->count++ > 0)
        return err_set(e, "enough");
    snprintf(h->path, sizeof h->path, "%s", path);
    memcpy(h->sha256, sha256, SHA256_HEX_BYTES);
    return 0;
}

/* As sha256sum has it. */
static void hash_of(const char *path, char out[SHA256_HEX_BYTES]) {
    char command[1200];
    snprintf(command, sizeof command, "sha256sum %s", path);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_int_equal(fread(out, 1, SHA256_HEX_BYTES - 1, f), SHA256_HEX_BYTES - 1);
    out[SHA256_HEX_BYTES - 1] = '\0';
    pclose(f);
}

/* Also of what an import imports; the file itself and protobuf's own are left out. */
static void test_imports_are_told(void **state) {
    (void)state;
    struct proto_set *s = NULL;
    struct heard h = {0};
    struct err e = {""};
    char expected[SHA256_HEX_BYTES];
    put("g.proto", "syntax = \"proto3\";\nimport \"h.proto\";\n"
                   "import \"google/protobuf/any.proto\";\n"
                   "message M { N n = 1; google.protobuf.Any a = 2; }\n");
    put("h.proto", "syntax = \"proto3\";\n// a comment\nmessage N {}\n");
    assert_int_equal(proto_source_read(in_dir("g.proto"), hear, &h, &s, &e), 0);
    proto_set_free(s);
    hash_of(in_dir("h.proto"), expected);
    assert_int_equal(h.count, 1);
    assert_string_equal(h.path, in_dir("h.proto"));
    assert_string_equal(h.sha256, expected);
    put("h.proto", "syntax = \"proto3\";\nimport \"i.proto\";\nmessage N { I i = 1; }\n");
    put("i.proto", "syntax = \"proto3\";\nmessage I {}\n");
    h = (struct heard){0};
    s = NULL;
    assert_int_equal(proto_source_read(in_dir("g.proto"), hear, &h, &s, &e), -1);
    assert_string_equal(e.text, "enough");
    assert_int_equal(h.count, 2);
    assert_null(s);
}

/* A name that looks like an option is a file. */
static void test_names_are_no_options(void **state) {
    (void)state;
    struct proto_set *s = NULL;
    struct err e = {""};
    char before[1024];
    put("--version", "syntax = \"proto3\";\nmessage M {}\n");
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(dir), 0);
    int result = proto_source_read("--version", NULL, NULL, &s, &e);
    assert_int_equal(chdir(before), 0);
    assert_string_equal(e.text, "");
    assert_int_equal(result, 0);
    proto_set_free(s);
}

static void test_without_protoc(void **state) {
    (void)state;
    struct proto_set *s = NULL;
    struct err e = {""};
    char *path = strdup(getenv("PATH"));
    assert_non_null(path);
    put("f.proto", "syntax = \"proto3\";\n");
    assert_int_equal(setenv("PATH", dir, 1), 0);
    int result = proto_source_read(in_dir("f.proto"), NULL, NULL, &s, &e);
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
    assert_int_equal(result, -1);
    assert_non_null(strstr(e.text, "f.proto: protoc is needed to read a .proto file"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_have_their_place),
        cmocka_unit_test(test_imports_from_its_folder),
        cmocka_unit_test(test_imports_are_told),
        cmocka_unit_test(test_names_are_no_options),
        cmocka_unit_test(test_without_protoc),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
