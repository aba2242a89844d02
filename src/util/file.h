/*
 * file: reads a whole file into memory, up to a size limit, creates folders, takes paths apart, and
 * raises the limit of open files.
 *
 * It does not map, watch or write files. Thread: any.
 */
#ifndef UTIL_FILE_H
#define UTIL_FILE_H

#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"

/* Appends the file's bytes to `out`, which must be initialised with its limit. The error names
 * the path and the reason, without a prefix. A directory is an error; a pipe or /dev/stdin is
 * read to its end. */
int file_read(const char *path, struct buf *out, struct err *e);

/* Like mkdir -p: creates the folder and its missing parents. Does not check that an existing
 * `path` is a directory. */
int file_make_folder(const char *path, struct err *e);

/* Creates the folder that the file goes into, if it is missing. */
int file_make_parent(const char *path, struct err *e);

/* Why an output cannot be created whose name is taken, and the whole error. Returns -1. */
#define FILE_TAKEN "it already exists (choose another name, or remove it)"
int file_taken(const char *path, struct err *e);

/* Allows as many open files as the system lets this process have. */
void file_raise_limit(void);

/* The network file system that the folder of a file is on, such as "NFS"; NULL: none, or unknown.
 * The folder may not exist yet: then that of the nearest one above it. */
const char *file_network(const char *path);

/* Fails if the first bytes of a file show that gzip or zstd has compressed it. */
int file_check_plain(const char *path, const void *bytes, size_t n, struct err *e);

/* The name of the file without its folder; a part of `path`. */
const char *file_base(const char *path);

#endif
