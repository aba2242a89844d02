/*
 * fits: why a buffer could not take all: its limit, or a lack of memory.
 *
 * A limit is not a lack of memory: the user can mend it, and more memory does not. Thread: any.
 */
#ifndef UTIL_FITS_H
#define UTIL_FITS_H

#include "util/buf.h"
#include "util/err.h"

/* Returns 0 if the buffer took all, else -1 with "WHAT is larger than the limit of N bytes; REMEDY"
 * or "out of memory for WHAT". `what` is a format. remedy: NULL if the user has none. */
int buf_fits(const struct buf *b, struct err *e, const char *remedy, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

#ifdef __clang_analyzer__ /* as in err.h */
#define buf_fits(b, ...) (buf_ok(b) ? 0 : ((buf_fits)(b, __VA_ARGS__), -1))
#endif

#endif
