/*
 * yaml_paths: walks a YAML file as a list of paths and scalars, each with its line and column.
 *
 * A path looks like "spec > template > spec > containers > 0 > image"; list items count from 0. It
 * reads with util/yaml.h, which defines what is rejected. It knows no schema.
 * Ownership: arguments of the callback are borrowed for the call. Thread: any.
 */
#ifndef EMULATOR_YAML_PATHS_H
#define EMULATOR_YAML_PATHS_H

#include <stddef.h>

#include "util/json.h"

#define YAML_PATH_BYTES 512
#define YAML_BYTES_MAX ((size_t)1 << 20)

struct yaml_at {
    const struct json_doc *doc;
    const char *path;
    size_t at; /* byte offset of the value or key */
};

/* Sets "FILE:LINE:COLUMN: PATH: text" and returns -1. */
int yaml_fail(const struct yaml_at *at, struct err *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Called for a scalar, or for an empty list or mapping (text ""). Returns 0, or -1 to stop. */
typedef int yaml_scalar_fn(void *context, const struct yaml_at *at, const char *text,
                           struct err *e);

int yaml_walk(const char *file, yaml_scalar_fn *scalar, void *context, struct err *e);

#endif
