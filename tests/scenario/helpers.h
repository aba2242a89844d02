/* helpers: reading scenarios from texts in tests. */
#ifndef TESTS_SCENARIO_HELPERS_H
#define TESTS_SCENARIO_HELPERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "scenario/scenario.h"

static inline const char *test_env(const char *name, void *context) {
    (void)context;
    static const char *const vars[][2] = {{"TOKEN", "s3cr3t/+\"x"},
                                          {"USER", "ann"},
                                          {"PASSWORD", "p&ss w\xc3\xb6rd"},
                                          {"EMPTY", ""},
                                          {"LINES", "a\r\nX-Evil: 1"},
                                          {"BYTES", "\xff\xfe"},
                                          {"HOST", "example.org"},
                                          {"SHORT", "ab"},
                                          {"FILE", "part.bin"}};
    for (size_t i = 0; i < sizeof vars / sizeof *vars; i++)
        if (strcmp(vars[i][0], name) == 0)
            return vars[i][1];
    return NULL;
}

/* A folder of this process's own, made once and removed at exit, with part.bin (six bytes, two of
 * them no text), and in it `sub`, a folder. */
static char folder_path[] = "/tmp/coldswarm-test-XXXXXX";

static inline void remove_folder(void) {
    char path[256];
    static const char *const names[] = {"part.bin", "cat.png", "other.json", "trace.jsonl", "sub"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder_path, names[i]);
        remove(path);
    }
    remove(folder_path);
}

static inline void write_file(const char *name, const char *bytes, size_t n) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder_path, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static inline const char *test_folder(void) {
    static bool made;
    if (!made) {
        char path[256];
        assert_non_null(mkdtemp(folder_path));
        atexit(remove_folder);
        made = true;
        snprintf(path, sizeof path, "%s/sub", folder_path);
        assert_int_equal(mkdir(path, 0700), 0);
        write_file("part.bin", "a\0\xff\r\nb", 6);
        write_file("cat.png", "PNG", 3);
    }
    return folder_path;
}

static inline struct scenario *must_parse(const char *text) {
    struct scenario *s = NULL;
    struct err e = {"untouched"};
    if (scenario_parse("s.json", test_folder(), text, strlen(text), test_env, NULL, &s, &e) != 0)
        fail_msg("%s\n%s", text, e.text);
    assert_string_equal(e.text, "untouched");
    return s;
}

/* A scenario around the inside of one task. */
static inline struct scenario *must_parse_task(const char *task) {
    char text[8192];
    snprintf(text, sizeof text, "{\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{%s}]}", task);
    return must_parse(text);
}

static inline const char *header(const struct scenario_request *q, const char *name) {
    const char *found = NULL;
    for (size_t i = 0; i < q->header_count; i++) {
        if (strcmp(q->headers[i].name, name) == 0) {
            assert_null(found); /* never twice */
            found = q->headers[i].value;
        }
    }
    return found;
}

static inline void must_fail(const char *text, const char *error) {
    struct scenario *s = NULL;
    struct err e = {""};
    if (scenario_parse("s.json", test_folder(), text, strlen(text), test_env, NULL, &s, &e) == 0)
        fail_msg("accepted: %s", text);
    assert_null(s);
    if (strcmp(e.text, error) != 0)
        fail_msg("%s\n gives %s\n not   %s", text, e.text, error);
}

#endif
