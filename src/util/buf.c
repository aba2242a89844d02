#include "util/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

void buf_init(struct buf *b, size_t max_bytes) {
    *b = (struct buf){.max = max_bytes};
}

void buf_done(struct buf *b) {
    free(b->data);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b) {
    b->len = 0;
    b->failed = false;
    if (b->data != NULL)
        b->data[0] = '\0';
}

/* Makes room for n more bytes and the NUL. */
static bool reserve(struct buf *b, size_t n) {
    if (b->failed)
        return false;
    if (n > b->max || b->len > b->max - n) {
        b->failed = true;
        return false;
    }
    size_t need = b->len + n + 1;
    if (need <= b->cap)
        return true;
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap - 1 > b->max) /* no more than it may ever hold */
        cap = b->max + 1;
    char *data = realloc(b->data, cap);
    if (data == NULL) {
        b->failed = true;
        memory_note();
        return false;
    }
    b->data = data;
    b->cap = cap;
    return true;
}

void buf_add(struct buf *b, const void *bytes, size_t n) {
    if (!reserve(b, n))
        return;
    assert(b->data != NULL); /* there is room for the NUL at least */
    if (n > 0)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
}

char *buf_room(struct buf *b, size_t n) {
    if (!reserve(b, n))
        return NULL;
    char *room = b->data + b->len;
    b->len += n;
    b->data[b->len] = '\0';
    return room;
}

void buf_str(struct buf *b, const char *text) {
    buf_add(b, text, strlen(text));
}

void buf_char(struct buf *b, char c) {
    buf_add(b, &c, 1);
}

void buf_uint(struct buf *b, uint64_t value) {
    char digits[20], *end = digits + sizeof digits, *at = end;
    do
        *--at = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    buf_add(b, at, (size_t)(end - at));
}

void buf_int(struct buf *b, int64_t value) {
    if (value < 0)
        buf_char(b, '-');
    buf_uint(b, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void buf_printf(struct buf *b, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        b->failed = true;
    else if (reserve(b, (size_t)n)) {
        vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

bool buf_ok(const struct buf *b) {
    return !b->failed;
}

const char *buf_text(const struct buf *b) {
    return b->data == NULL ? "" : b->data;
}

char *buf_take(struct buf *b) {
    if (b->data == NULL)
        buf_add(b, "", 0);
    char *data = b->failed ? NULL : b->data;
    if (data == NULL)
        free(b->data);
    *b = (struct buf){.max = b->max};
    return data;
}
