/*
 * replay: a main for a fuzz target that runs it on files, so that what was once found is tested for ever.
 *
 * Without arguments it takes every file of the target's corpus, or with arguments those files. Prints TAP; the name stands
 * before the result, so that a crash tells which file it was.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/file.h"

#define FILE_MAX_BYTES ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs the target on a copy of exactly the file's size: a byte read beyond it is seen by ASan. */
static int replay(int number, const char *path) {
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
    LLVMFuzzerTestOneInput(exact, b.len);
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

static int replay_corpus(void) {
    struct dirent **entries = NULL;
    int failed = 0;
    int n = scandir(CORPUS, &entries, is_file, alphasort);
    printf("1..%d\n", n > 0 ? n : 1);
    if (n <= 0)
        printf("not ok 1 - %s holds no file\n", CORPUS);
    for (int i = 0; i < n; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", CORPUS, entries[i]->d_name);
        failed |= replay(i + 1, path) != 0;
        free(entries[i]);
    }
    free(entries);
    return failed != 0 || n <= 0;
}

int main(int argc, char **argv) {
    int failed = 0;
    if (argc < 2)
        return replay_corpus();
    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++)
        failed |= replay(i, argv[i]) != 0;
    return failed;
}
