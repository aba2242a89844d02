#include "report/entries.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of UTF-8 sort as the characters do. */
static int by_name(const void *a, const void *b) {
    const struct endpoint *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->method, y->method);
}

static bool is_of_cut(const struct reader_cut *c, const char *name) {
    for (size_t i = 0; c != NULL && i < c->name_count; i++)
        if (strcmp(c->names[i], name) == 0)
            return true;
    return c == NULL || c->name_count == 0;
}

int entries_init(struct entries *x, const struct endpoint *endpoints, size_t n,
                 const struct reader_cut *cut, struct err *e) {
    size_t taken = 0;
    *x = (struct entries){.endpoint_count = n};
    x->entries = calloc(n + 1, sizeof *x->entries);
    x->entry_of = calloc(n + 1, sizeof *x->entry_of);
    if (x->entries == NULL || x->entry_of == NULL) {
        entries_done(x);
        return err_memory(e, "%zu endpoints", n);
    }
    for (size_t i = 0; i < n; i++)
        if (is_of_cut(cut, endpoints[i].name))
            x->entries[taken++] = endpoints[i];
    qsort(x->entries, taken, sizeof *x->entries, by_name);
    for (size_t i = 0; i < taken; i++)
        if (i == 0 || by_name(&x->entries[x->entry_count - 1], &x->entries[i]) != 0)
            x->entries[x->entry_count++] = x->entries[i];
    for (size_t i = 0; i < n; i++) {
        const struct endpoint *at =
            bsearch(&endpoints[i], x->entries, x->entry_count, sizeof *x->entries, by_name);
        x->entry_of[i] = at == NULL ? 0 : (size_t)(at - x->entries);
    }
    return 0;
}

void entries_done(struct entries *x) {
    free(x->entries);
    free(x->entry_of);
    *x = (struct entries){0};
}
