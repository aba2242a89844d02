/*
 * label: a list of keys with values, for what describes a run to a receiver.
 *
 * Ownership: a zeroed list is empty; labels_done() frees; texts are copied. Thread: plain data.
 */
#ifndef EXPORT_LABEL_H
#define EXPORT_LABEL_H

#include <stddef.h>

#include "util/err.h"

struct label {
    char *key, *value;
};

struct labels {
    struct label *all;
    size_t count;
};

/* Replaces the value of a key that is there. */
int labels_set(struct labels *l, const char *key, const char *value, struct err *e);
void labels_done(struct labels *l);

#endif
