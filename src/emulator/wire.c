#include "emulator/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct rest {
    uv_write_t request;
    wire_sent_fn *sent;
    char bytes[];
};

static void rest_written(uv_write_t *request, int status) {
    struct rest *r = request->data;
    uv_stream_t *stream = request->handle;
    wire_sent_fn *sent = r->sent;
    free(r);
    if (!uv_is_closing((uv_handle_t *)stream) && (status < 0 || wire_queued(stream) == 0))
        sent(stream, status);
}

int wire_send(uv_stream_t *stream, const uv_buf_t *pieces, unsigned n, wire_sent_fn *sent) {
    assert(n <= WIRE_PIECES_MAX);
    size_t total = 0, skip = 0;
    for (unsigned i = 0; i < n; i++)
        total += pieces[i].len;
    if (total == 0)
        return 0;
    int written = uv_try_write(stream, pieces, n);
    if (written < 0 && written != UV_EAGAIN)
        return written;
    if (written > 0)
        skip = (size_t)written;
    if (skip == total)
        return 0;
    struct rest *r = malloc(sizeof *r + total - skip);
    if (r == NULL)
        return UV_ENOMEM;
    r->sent = sent;
    r->request.data = r;
    size_t filled = 0;
    for (unsigned i = 0; i < n; i++) {
        size_t part = skip < pieces[i].len ? skip : pieces[i].len;
        skip -= part;
        memcpy(r->bytes + filled, pieces[i].base + part, pieces[i].len - part);
        filled += pieces[i].len - part;
    }
    uv_buf_t rest = uv_buf_init(r->bytes, (unsigned)filled);
    int failed = uv_write(&r->request, stream, &rest, 1, rest_written);
    if (failed != 0)
        free(r);
    return failed;
}

size_t wire_queued(const uv_stream_t *stream) {
    return uv_stream_get_write_queue_size(stream);
}

void wire_scratch(uv_handle_t *handle, size_t suggested, uv_buf_t *out) {
    static _Thread_local char scratch[64 << 10];
    (void)handle;
    (void)suggested;
    *out = uv_buf_init(scratch, sizeof scratch);
}
