#include "util/argv.h"

#include <stdlib.h>
#include <string.h>

void argv_add(struct buf *words, const char *word) {
    buf_add(words, word, strlen(word) + 1);
}

void argv_option(struct buf *words, const char *name, const char *value) {
    buf_printf(words, *value == '\0' ? "--%s" : "--%s=%s", name, value);
    buf_char(words, '\0');
}

char **argv_split(struct buf *words, size_t *count, struct err *e) {
    size_t n = 0;
    for (size_t i = 0; i < words->len; i++)
        n += words->data[i] == '\0';
    char **argv = buf_ok(words) ? calloc(n + 1, sizeof *argv) : NULL;
    if (argv == NULL) {
        err_memory(e, "a command line");
        return NULL;
    }
    char *at = words->data;
    for (size_t i = 0; i < n; i++, at += strlen(at) + 1)
        argv[i] = at;
    *count = n;
    return argv;
}
