/*
 * buf: a growing byte buffer with a ceiling.
 *
 * The content is always followed by a NUL that does not count. A buffer that would pass its
 * ceiling, or finds no memory, keeps what it had and remembers the failure: add freely, ask
 * buf_ok() once at the end. It does not shrink and does not share memory.
 *
 * Ownership: buf_init needs no allocation; buf_done frees; buf_take hands the bytes to the caller,
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
    size_t max; /* ceiling for len */
    bool failed;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_done(struct buf *b);
void buf_clear(struct buf *b); /* len = 0 and the failure forgotten; the memory stays */

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
/* In decimal, in a tenth of printf's time. */
void buf_uint(struct buf *b, uint64_t value);
void buf_int(struct buf *b, int64_t value);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends n bytes for the caller to write and returns the first of them; NULL (and the failure)
 * where there is no room. */
char *buf_room(struct buf *b, size_t n);

bool buf_ok(const struct buf *b);

/* The content as a C string, "" when empty; borrowed until the next call on b. */
const char *buf_text(const struct buf *b);

/* Gives the bytes away and leaves b empty; NULL if the buffer failed or memory ran out. */
char *buf_take(struct buf *b);

#endif
