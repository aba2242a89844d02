/*
 * outfile: a file of a report while it is written; errors name its path and the reason.
 *
 * All or nothing: the bytes go into a temporary file next to it, PATH.PID.tmp, which takes its name
 * when it is whole. So a failure leaves an older file as it was. What cannot be replaced so (a
 * pipe, a device, a link, a file in a folder that is not writable) is written in place.
 *
 * Ownership: outfile_finish() and outfile_close() free and close in any case. Thread: plain data.
 */
#ifndef REPORT_OUTFILE_H
#define REPORT_OUTFILE_H

#include <stdio.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/err.h"

struct outfile_sink;

struct outfile {
    FILE *stream; /* write freely: outfile_finish() tells whether all went well. It cannot seek. */
    char *path;
    char *temporary; /* what is written; NULL: the file itself */
    struct outfile_sink *sink;
};

/* Begins DIR/NAME. */
int outfile_open(struct outfile *f, const char *dir, const char *name, struct err *e);
int outfile_open_path(struct outfile *f, const char *name, struct err *e);

/* `result` is 0 if the content is whole; else, or where something could not be written, the file is
 * dropped. Returns -1 in both cases; `e` is set only if `result` is 0. */
int outfile_finish(struct outfile *f, int result, struct err *e);
int outfile_close(struct outfile *f, struct err *e); /* with a result of 0 */

/* For a file that others read while it grows: it gets its name now. */
int outfile_keep(struct outfile *f, struct err *e);
/* Puts `b` at that byte, and ends the file behind it. */
int outfile_at(struct outfile *f, off_t at, const struct buf *b, struct err *e);

/* A whole document on a stream; what the stream has to say is outfile_finish()'s. */
int outfile_put(FILE *to, const struct buf *b, struct err *e);

/* Makes DIR/NAME of a whole document, and frees it. */
int outfile_write(const char *dir, const char *name, struct buf *document, struct err *e);

/* Removes DIR/NAME; there need not be one. */
int outfile_remove(const char *dir, const char *name, struct err *e);

/* mkdir -p */
int outfile_directory(const char *path, struct err *e);

#endif
