#include "report/locust_names.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of UTF-8 sort as the characters do. */
static int by_name(const void *a, const void *b) {
    const struct reader_endpoint *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->method, y->method);
}

int locust_names_init(struct locust_names *x, const struct reader_endpoint *endpoints, size_t n,
                      struct err *e) {
    *x = (struct locust_names){.endpoint_count = n};
    x->entries = calloc(n + 1, sizeof *x->entries);
    x->entry_of = calloc(n + 1, sizeof *x->entry_of);
    if (x->entries == NULL || x->entry_of == NULL) {
        locust_names_done(x);
        return err_set(e, "out of memory for %zu endpoints", n);
    }
    if (n > 0)
        memcpy(x->entries, endpoints, n * sizeof *endpoints);
    qsort(x->entries, n, sizeof *x->entries, by_name);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || by_name(&x->entries[x->entry_count - 1], &x->entries[i]) != 0)
            x->entries[x->entry_count++] = x->entries[i];
    for (size_t i = 0; i < n; i++) {
        const struct reader_endpoint *at =
            bsearch(&endpoints[i], x->entries, x->entry_count, sizeof *x->entries, by_name);
        x->entry_of[i] = (size_t)(at - x->entries);
    }
    return 0;
}

void locust_names_done(struct locust_names *x) {
    free(x->entries);
    free(x->entry_of);
    *x = (struct locust_names){0};
}
