/*
 * bytes: a view of bytes that someone else owns.
 *
 * It may hold NULs and need not end with one. `data` NULL means that there is no value, which is
 * not the same as an empty one. Ownership: borrowed, for as long as its giver says. Thread: plain
 * data.
 */
#ifndef UTIL_BYTES_H
#define UTIL_BYTES_H

#include <stddef.h>

struct bytes {
    const char *data;
    size_t len;
};

#endif
