/*
 * yaml: walks a YAML document as a list of paths and scalars, each with its line and column.
 *
 * A path reads "spec > template > spec > containers > 0 > image"; a list's places count from 0. Keys that appear twice, keys that
 * are no scalars, more than one document, and documents of absurd depth or size are errors. It knows no schema.
 *
 * Ownership: what the callback gets is borrowed for the call. Thread: any.
 */
#ifndef CLOUDRUN_YAML_H
#define CLOUDRUN_YAML_H

#include <stddef.h>

#include "util/err.h"

#define YAML_PATH_BYTES 512
#define YAML_BYTES_MAX ((size_t)1 << 20)

struct yaml_at {
    const char *file;
    const char *path;
    size_t line, column; /* of the value, from 1 */
};

/* Sets "FILE:LINE:COLUMN: PATH: text" and returns -1. */
int yaml_fail(const struct yaml_at *at, struct err *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A scalar, or an empty list or mapping (text ""). Returns 0, or -1 to stop. */
typedef int yaml_scalar_fn(void *context, const struct yaml_at *at, const char *text,
                           struct err *e);

int yaml_walk(const char *file, yaml_scalar_fn *scalar, void *context, struct err *e);

#endif
