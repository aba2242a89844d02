/* Walks over all rows of a feeder's file. */
#include <stdlib.h>
#include <string.h>

#include "scenario/feeder_internal.h"

#define WINDOW_BYTES ((size_t)1 << 20)

/* The part of the file that was read last. */
struct window {
    char *data;
    size_t cap;
    uint64_t at;
    size_t len;
};

static int window_read(struct window *w, const struct feeder *f, uint64_t at, size_t n,
                       struct err *e) {
    size_t want = n > WINDOW_BYTES ? n : WINDOW_BYTES;
    if (at >= w->at && at + n <= w->at + w->len)
        return 0;
    if (want > w->cap) {
        char *grown = realloc(w->data, want);
        if (grown == NULL)
            return err_memory(e, "a row of %s", f->path);
        w->data = grown;
        w->cap = want;
    }
    w->at = at;
    for (w->len = 0; w->len < want;) {
        long got = feeder_bytes(f, at + w->len, w->data + w->len, want - w->len, e);
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        w->len += (size_t)got;
    }
    return w->len >= n ? 0 : err_set(e, "%s became shorter while it was read", f->path);
}

/* The line on which this byte is, from 1. Read again from the start: only a failure asks. */
static uint64_t line_of(const struct feeder *f, uint64_t offset) {
    char bytes[4096];
    struct err e;
    uint64_t line = 1;
    for (uint64_t at = 0; at < offset;) {
        size_t n = offset - at < sizeof bytes ? (size_t)(offset - at) : sizeof bytes;
        long got = feeder_bytes(f, at, bytes, n, &e);
        if (got <= 0)
            break;
        for (long i = 0; i < got; i++)
            line += bytes[i] == '\n';
        at += (uint64_t)got;
    }
    return line;
}

/* Blank lines before a row of JSON Lines belong to the row before it; spaces do not. */
static int look_at(const struct feeder *f, struct feeder_row *row, const struct window *w,
                   feeder_look_fn *look, void *context, struct err *e) {
    uint64_t at = f->offsets[row->number];
    struct err why;
    buf_clear(&row->text);
    buf_add(&row->text, w->data + (at - w->at), (size_t)(f->offsets[row->number + 1] - at));
    if (!buf_ok(&row->text))
        return err_set(e, "%s:%llu: this row is too long", f->path,
                       (unsigned long long)line_of(f, at));
    if (f->fields(f, row, e) != 0)
        return -1;
    if (look(context, row, &why) == 0)
        return 0;
    return err_set(e, "%s:%llu: %s", f->path, (unsigned long long)line_of(f, at), why.text);
}

int feeder_each(const struct feeder *f, feeder_look_fn *look, void *context, struct err *e) {
    struct feeder_row row = {0};
    struct window w = {0};
    int result = feeder_row_reserve(f, &row, e);
    for (uint64_t i = 0; i < f->rows && result == 0; i++) {
        row.number = i;
        uint64_t n = f->offsets[i + 1] - f->offsets[i];
        result = window_read(&w, f, f->offsets[i], (size_t)n, e);
        if (result == 0)
            result = look_at(f, &row, &w, look, context, e);
    }
    free(w.data);
    feeder_row_done(&row);
    return result;
}
