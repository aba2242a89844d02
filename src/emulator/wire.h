/*
 * wire: the sending side of a stream, with as little copying as can be and a length that its user
 * can watch.
 *
 * What the socket takes goes out at once; the rest is copied and follows. It does not limit what is
 * queued: whoever feeds it stops reading its own side while wire_queued() is beyond
 * WIRE_HIGH_BYTES, and goes on when `sent` is called.
 *
 * Ownership: the pieces are the caller's and may go after the call. Thread: the loop's.
 */
#ifndef EMULATOR_WIRE_H
#define EMULATOR_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define WIRE_HIGH_BYTES ((size_t)64 << 10)
#define WIRE_PIECES_MAX 4

/* Called when nothing is queued any more, or with a negative status when sending failed. Not called
 * after uv_close(). */
typedef void wire_sent_fn(uv_stream_t *stream, int status);

/* 0, or a negative code of libuv: the stream is broken. */
int wire_send(uv_stream_t *stream, const uv_buf_t *pieces, unsigned n, wire_sent_fn *sent);

size_t wire_queued(const uv_stream_t *stream);

/* A buffer for uv_read_start() that all streams of a loop share: whoever reads is done with it
 * before the callback ends. */
void wire_scratch(uv_handle_t *handle, size_t suggested, uv_buf_t *out);

#endif
