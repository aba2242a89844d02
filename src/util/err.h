/*
 * err: one error text, carried by value.
 *
 * A function that can fail takes `struct err *e` as its last argument and returns 0 or -1. On
 * failure it sets a text that can be shown to the user as it is: what happened, where, and how to
 * fix it. On success the text is unchanged. There are no codes, no chains, and no global "last
 * error". Nothing reads a text to learn what happened: what decides more than a text is said by a
 * value, as a lack of memory is by err_memory().
 * Thread: plain data, owned by the caller.
 */
#ifndef UTIL_ERR_H
#define UTIL_ERR_H

struct err {
    char text[1024];
};

/* Formats the text (truncated if too long) and returns -1, so that `return err_set(e, ...)`
 * works. `e` may be NULL: the text is discarded. */
int err_set(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets "out of memory for ...", or "out of memory" if `format` is NULL, and notes it for the exit
 * code (util/memory.h). No other text says so: scripts/check-words looks. Returns -1. */
int err_memory(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Inserts "prefix: " before the existing text. Returns -1. */
int err_prefix(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#ifdef __clang_analyzer__ /* it does not see into another file, and doubts that they return -1 */
#define err_set(...) (err_set(__VA_ARGS__), -1)
#define err_memory(...) (err_memory(__VA_ARGS__), -1)
#define err_prefix(...) (err_prefix(__VA_ARGS__), -1)
#endif

#endif
