/*
 * file: reads a whole file into memory, up to a ceiling, and makes folders.
 *
 * It does not map, watch or write files. Thread: any.
 */
#ifndef UTIL_FILE_H
#define UTIL_FILE_H

#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"

/* Appends the file's bytes to `out`, which must have been initialised with a ceiling. The error
 * names the path and the reason, with no prefix. A directory is an error; a pipe or /dev/stdin is
 * read to its end. */
int file_read(const char *path, struct buf *out, struct err *e);

/* mkdir -p: makes the folder and those above it that are missing. Whether `path` is a folder where
 * something was there already, its user finds out. */
int file_make_folder(const char *path, struct err *e);

#endif
