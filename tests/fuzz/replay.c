/*
 * replay: a main for all fuzz targets that runs one on files, so that what was once found is tested
 * for ever. Its name, argv[0], says which: replay_x runs fuzz_x. The Makefile makes the links, and
 * gives the names as TESTS: TEST(fuzz_a) TEST(fuzz_b).
 *
 * Without arguments it takes every file of the target's corpus, or with arguments those files.
 * Prints TAP; the name stands before the result, so that a crash tells which file it was.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/file.h"

#define FILE_MAX_BYTES ((size_t)16 << 20)

/* The Makefile gives each target's LLVMFuzzerTestOneInput() this name. */
#define TEST(name) int main_of_##name(const uint8_t *data, size_t size);
TESTS
#undef TEST

#define TEST(name) {#name, main_of_##name},
static const struct target {
    const char *name;
    int (*run)(const uint8_t *data, size_t size);
} targets[] = {TESTS};

/* Runs the target on a copy of exactly the file's size: a byte read beyond it is seen by ASan. */
static int replay(const struct target *t, int number, const char *path) {
    struct buf b;
    struct err e = {""};
    uint8_t *exact = NULL;
    int rc = -1;
    printf("# %s\n", path);
    fflush(stdout);
    buf_init(&b, FILE_MAX_BYTES);
    if (file_read(path, &b, &e) != 0)
        goto out;
    exact = malloc(b.len);
    if (exact == NULL && b.len > 0)
        goto out;
    if (b.len > 0)
        memcpy(exact, b.data, b.len);
    t->run(exact, b.len);
    rc = 0;
out:
    printf("%s %d - %s\n%s%s", rc == 0 ? "ok" : "not ok", number, path, e.text,
           e.text[0] == '\0' ? "" : "\n");
    fflush(stdout);
    free(exact);
    buf_done(&b);
    return rc;
}

static int is_file(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int replay_corpus(const struct target *t) {
    struct dirent **entries = NULL;
    int failed = 0;
    char folder[256];
    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", t->name + strlen("fuzz_"));
    int n = scandir(folder, &entries, is_file, alphasort);
    printf("1..%d\n", n > 0 ? n : 1);
    if (n <= 0)
        printf("not ok 1 - %s holds no file\n", folder);
    for (int i = 0; i < n; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        failed |= replay(t, i + 1, path) != 0;
        free(entries[i]);
    }
    free(entries);
    return failed != 0 || n <= 0;
}

static const struct target *target_of(const char *program) {
    const char *slash = strrchr(program, '/');
    const char *name = slash == NULL ? program : slash + 1;
    if (strncmp(name, "replay_", strlen("replay_")) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (strcmp(name + strlen("replay_"), targets[i].name + strlen("fuzz_")) == 0)
            return &targets[i];
    return NULL;
}

int main(int argc, char **argv) {
    const struct target *t = target_of(argv[0]);
    int failed = 0;
    if (t == NULL) {
        fprintf(stderr, "%s: run it by a link that is named replay_ and the target\n", argv[0]);
        return 2;
    }
    if (argc < 2)
        return replay_corpus(t);
    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++)
        failed |= replay(t, i, argv[i]) != 0;
    return failed;
}
