#include "report/comparison_inputs.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

#define HASH "file_sha256:"

struct taking {
    struct comparison *c;
    size_t nth;
    bool failed;
};

static struct comparison_input *input(struct comparison *c, const char *path) {
    for (size_t i = 0; i < c->input_count; i++)
        if (strcmp(c->inputs[i].path, path) == 0)
            return &c->inputs[i];
    struct comparison_input *moved =
        array_room(c->inputs, &c->input_room, c->input_count + 1, sizeof *moved);
    if (moved == NULL)
        return NULL;
    c->inputs = moved;
    struct comparison_input *x = &c->inputs[c->input_count];
    *x = (struct comparison_input){strdup(path), calloc(c->file_count, sizeof(char *))};
    if (x->path == NULL || x->sha256 == NULL) {
        free(x->path);
        free(x->sha256);
        return NULL;
    }
    c->input_count++;
    return x;
}

static void take_pair(void *context, const char *key, const char *value) {
    struct taking *t = context;
    /* With it, a manifest has the hash of each file. */
    if (strcmp(key, "replay") == 0)
        t->c->files[t->nth].has_inputs = true;
    if (strncmp(key, HASH, strlen(HASH)) != 0)
        return;
    struct comparison_input *x = input(t->c, key + strlen(HASH));
    if (x != NULL && x->sha256[t->nth] == NULL)
        x->sha256[t->nth] = strdup(value);
    t->failed = t->failed || x == NULL || x->sha256[t->nth] == NULL;
}

int comparison_inputs_read(struct comparison *c, size_t nth, struct reader *r, struct err *e) {
    struct taking t = {.c = c, .nth = nth};
    if (reader_manifest(r, take_pair, &t, e) != 0)
        return -1;
    return t.failed ? err_memory(e, "comparing runs") : 0;
}

static void input_done(const struct comparison *c, struct comparison_input *x) {
    for (size_t i = 0; i < c->file_count; i++)
        free(x->sha256[i]);
    free(x->sha256);
    free(x->path);
}

static bool is_same(const char *a, const char *b) {
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool differs(const struct comparison *c, const struct comparison_input *x) {
    size_t first = c->file_count;
    for (size_t i = 0; i < c->file_count; i++) {
        if (!c->files[i].has_inputs)
            continue;
        first = first == c->file_count ? i : first;
        if (!is_same(x->sha256[first], x->sha256[i]))
            return true;
    }
    return false;
}

static int by_path(const void *a, const void *b) {
    const struct comparison_input *x = a, *y = b;
    return strcmp(x->path, y->path);
}

void comparison_inputs_keep(struct comparison *c) {
    size_t kept = 0;
    for (size_t i = 0; i < c->input_count; i++)
        if (differs(c, &c->inputs[i]))
            c->inputs[kept++] = c->inputs[i];
        else
            input_done(c, &c->inputs[i]);
    c->input_count = kept;
    if (kept > 0)
        qsort(c->inputs, kept, sizeof *c->inputs, by_path);
}

void comparison_inputs_free(struct comparison *c) {
    for (size_t i = 0; i < c->input_count; i++)
        input_done(c, &c->inputs[i]);
    free(c->inputs);
}

size_t comparison_input_hashes(const struct comparison *c, const struct comparison_input *x,
                               bool with, const char *out[COMPARE_RUNS_MAX]) {
    size_t n = 0;
    for (size_t i = 0; i < c->file_count; i++) {
        size_t k = 0;
        if (c->files[i].with != with || !c->files[i].has_inputs)
            continue;
        while (k < n && !is_same(out[k], x->sha256[i]))
            k++;
        if (k == n)
            out[n++] = x->sha256[i];
    }
    return n;
}
