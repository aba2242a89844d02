/* Two bytes that choose the coding and the size of pieces, and the body of a response: in pieces it
 * is the same messages, and ends in the same way, as at once. What stands for a header's text is
 * read, too. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "grpc/grpc_frame.h"

#define MOST ((size_t)100000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool note(void *context, struct bytes message) {
    struct buf *seen = context;
    CHECK(message.data != NULL && message.len <= MOST);
    buf_printf(seen, "%zu:", message.len);
    buf_add(seen, message.data, message.len);
    return true;
}

static void feed(const char *bytes, size_t n, size_t piece, bool gzip, struct buf *seen,
                 struct err *e) {
    struct grpc_reader r;
    grpc_reader_init(&r, MOST);
    r.gzip = gzip;
    int result = 0;
    for (size_t at = 0; at < n && result == 0; at += piece)
        result = grpc_reader_feed(&r, bytes + at, n - at < piece ? n - at : piece, note, seen, e);
    if (result == 0)
        grpc_reader_end(&r, e);
    grpc_reader_done(&r);
}

static void header(const char *text, size_t n) {
    struct buf plain, value, again;
    struct bytes b = {text, n};
    CHECK(grpc_status_read(b) >= -1 && grpc_status_read(b) < GRPC_STATUS_COUNT);
    CHECK(grpc_timeout_read(b) >= -1);
    buf_init(&plain, 3 * n + 3);
    buf_init(&value, 9 * n + 9);
    buf_init(&again, 9 * n + 9);
    grpc_message_text(b, &plain);
    grpc_message_value(buf_text(&plain), plain.len, &value);
    grpc_message_text((struct bytes){buf_text(&value), value.len}, &again);
    CHECK(again.len == plain.len && memcmp(buf_text(&again), buf_text(&plain), plain.len) == 0);
    buf_done(&plain);
    buf_done(&value);
    buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf whole, pieces;
    struct err e = {""}, e2 = {""};
    if (size < 2)
        return 0;
    const char *bytes = (const char *)data + 2;
    buf_init(&whole, 1 << 26);
    buf_init(&pieces, 1 << 26);
    feed(bytes, size - 2, size, data[0] & 1, &whole, &e);
    feed(bytes, size - 2, (size_t)data[1] + 1, data[0] & 1, &pieces, &e2);
    CHECK(strcmp(e.text, e2.text) == 0 && whole.len == pieces.len);
    CHECK(memcmp(buf_text(&whole), buf_text(&pieces), whole.len) == 0);
    header(bytes, size - 2);
    buf_done(&whole);
    buf_done(&pieces);
    return 0;
}
