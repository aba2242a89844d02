/*
 * wire: the sending side of a stream, with as little copying as possible and a queue whose length
 * can be checked.
 *
 * Data that the socket accepts is sent at once; the rest is copied and sent later. The queue is not
 * limited. Its feeder stops reading its own side while wire_queued() is above WIRE_HIGH_BYTES, and
 * continues when `sent` is called.
 * Ownership: the pieces are the caller's and may be freed after the call. Thread: the loop's.
 */
#ifndef EMULATOR_WIRE_H
#define EMULATOR_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define WIRE_HIGH_BYTES ((size_t)64 << 10)
#define WIRE_PIECES_MAX 4

/* Called when the queue is empty, or with a negative status when sending failed. Not called
 * after uv_close(). */
typedef void wire_sent_fn(uv_stream_t *stream, int status);

/* Returns 0, or a negative libuv code: the stream is broken. */
int wire_send(uv_stream_t *stream, const uv_buf_t *pieces, unsigned n, wire_sent_fn *sent);

size_t wire_queued(const uv_stream_t *stream);

/* Provides a buffer for uv_read_start(). All streams of a loop share it, so it must be processed
 * before the callback returns. */
void wire_scratch(uv_handle_t *handle, size_t suggested, uv_buf_t *out);

#endif
