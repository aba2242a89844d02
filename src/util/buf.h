/*
 * buf: a growing byte buffer with a size limit.
 *
 * The contents are always followed by a NUL that is not counted. If an addition would exceed the
 * limit, or memory runs out, the buffer keeps its contents and remembers the failure. So add
 * freely, and call buf_ok() once at the end. It does not shrink and does not share memory.
 *
 * Ownership: buf_init allocates nothing; buf_done frees; buf_take moves the bytes to the caller,
 * who frees them with free(). Thread: plain data, owned by the caller.
 */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data; /* NULL until the first byte; else NUL-terminated */
    size_t len;
    size_t cap;
    size_t max; /* limit for len */
    bool failed;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_done(struct buf *b);
void buf_clear(struct buf *b); /* sets len to 0 and clears the failure; keeps the memory */

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
/* In decimal, in a tenth of printf's time. */
void buf_uint(struct buf *b, uint64_t value);
void buf_int(struct buf *b, int64_t value);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends n bytes, which the caller writes, and returns a pointer to them. Returns NULL (and
 * records the failure) if there is no room. */
char *buf_room(struct buf *b, size_t n);

bool buf_ok(const struct buf *b);

/* Returns the contents as a C string, "" when empty; valid until the next call on b. */
const char *buf_text(const struct buf *b);

/* Moves the bytes to the caller and leaves b empty. Returns NULL if the buffer failed or memory
 * ran out. */
char *buf_take(struct buf *b);

#endif
