#include "export/label.h"

#include <stdlib.h>
#include <string.h>

static struct label *find(struct labels *l, const char *key) {
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->all[i].key, key) == 0)
            return &l->all[i];
    return NULL;
}

static struct label *add(struct labels *l, const char *key) {
    struct label *all = realloc(l->all, (l->count + 1) * sizeof *all);
    if (all == NULL)
        return NULL;
    l->all = all;
    all[l->count] = (struct label){.key = strdup(key)};
    return all[l->count].key == NULL ? NULL : &all[l->count++];
}

int labels_set(struct labels *l, const char *key, const char *value, struct err *e) {
    struct label *one = find(l, key);
    char *copy = strdup(value);
    if (copy != NULL && one == NULL)
        one = add(l, key);
    if (copy == NULL || one == NULL) {
        free(copy);
        return err_memory(e, NULL);
    }
    free(one->value);
    one->value = copy;
    return 0;
}

void labels_done(struct labels *l) {
    for (size_t i = 0; i < l->count; i++) {
        free(l->all[i].key);
        free(l->all[i].value);
    }
    free(l->all);
    *l = (struct labels){0};
}
