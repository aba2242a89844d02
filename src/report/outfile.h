/*
 * outfile: a file of a report while it is written. Errors have its path and the reason.
 *
 * All or nothing: the bytes go into a temporary file next to it, PATH.PID.tmp, which is renamed
 * when it is complete. So after a failure an older file is unchanged. A file that cannot be
 * replaced this way (a pipe, a device, a link, a file in a folder that is not writable) is written
 * in place.
 *
 * Ownership: outfile_finish() and outfile_close() always free and close. Thread: plain data.
 */
#ifndef REPORT_OUTFILE_H
#define REPORT_OUTFILE_H

#include <stdio.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/err.h"

struct outfile_sink;

struct outfile {
    /* Write to it freely: outfile_finish() reports write errors. It cannot seek. */
    FILE *stream;
    char *path;
    char *temporary; /* the file that is written; NULL: PATH itself */
    struct outfile_sink *sink;
};

/* Begins DIR/NAME. */
int outfile_open(struct outfile *f, const char *dir, const char *name, struct err *e);
int outfile_open_path(struct outfile *f, const char *name, struct err *e);

/* Closes the file. `result` is 0 if its content is complete. Otherwise, or if something could not
 * be written, the new file is dropped. Returns -1 in both cases; sets e only if `result` is 0. */
int outfile_finish(struct outfile *f, int result, struct err *e);
/* outfile_finish() with a result of 0. */
int outfile_close(struct outfile *f, struct err *e);

/* For a file that others read while it grows: gives it its name now. */
int outfile_keep(struct outfile *f, struct err *e);
/* Writes `b` at the offset `at`, and truncates the file after it. */
int outfile_at(struct outfile *f, off_t at, const struct buf *b, struct err *e);

/* Writes a whole document to a stream. outfile_finish() reports write errors of the stream. */
int outfile_put(FILE *to, const struct buf *b, struct err *e);

/* Writes a whole document to DIR/NAME, and frees it. */
int outfile_write(const char *dir, const char *name, struct buf *document, struct err *e);

/* Removes DIR/NAME, if it exists. */
int outfile_remove(const char *dir, const char *name, struct err *e);

/* mkdir -p */
int outfile_directory(const char *path, struct err *e);

#endif
