/*
 * bytes: a view of bytes that someone else owns.
 *
 * It may contain NULs and need not end with one. `data` NULL means that there is no value, which
 * differs from an empty one. Ownership: borrowed; the source says for how long. Thread: plain data.
 */
#ifndef UTIL_BYTES_H
#define UTIL_BYTES_H

#include <stddef.h>

struct bytes {
    const char *data;
    size_t len;
};

#endif
