/*
 * manifest: the keys and values for a run file's manifest.
 *
 * Everything that describes a run is added first, then written at once; see cli/run_manifest.h. The
 * results that listeners add at the end of the run are a second manifest. Keys must be unique.
 *
 * Ownership: manifest_done() frees; zero-initialise an empty one; texts are copied. Thread: main.
 */
#ifndef CLI_MANIFEST_H
#define CLI_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "record/record.h"
#include "util/buf.h"
#include "util/err.h"

struct manifest_pair {
    char *key, *value;
};

struct manifest {
    struct manifest_pair *pairs;
    size_t count;
    bool failed;    /* manifest_write() reports it */
    struct err why; /* "": out of memory */
};

void manifest_add(struct manifest *m, const char *key, const char *value);
void manifest_addf(struct manifest *m, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds the contents of the buffer, and clears the buffer. */
void manifest_take(struct manifest *m, const char *key, struct buf *value);

/* Call before record_start() or after record_stop(). */
int manifest_write(const struct manifest *m, struct record *r, struct err *e);

void manifest_done(struct manifest *m);

#endif
