/*
 * outfile: a file of a report while it is written; errors name its path.
 *
 * Ownership: outfile_close() frees and closes in any case. Thread: plain data.
 */
#ifndef REPORT_OUTFILE_H
#define REPORT_OUTFILE_H

#include <stdio.h>

#include "util/buf.h"
#include "util/err.h"

struct outfile {
    FILE *stream; /* write freely: outfile_close() tells whether all went well */
    char *path;
};

/* Makes DIR/NAME, or empties it. */
int outfile_open(struct outfile *f, const char *dir, const char *name, struct err *e);
int outfile_open_path(struct outfile *f, const char *name, struct err *e);
int outfile_close(struct outfile *f, struct err *e);

/* A whole document on a stream; what the stream has to say is outfile_close()'s. */
int outfile_put(FILE *to, const struct buf *b, struct err *e);

/* mkdir -p */
int outfile_directory(const char *path, struct err *e);

#endif
