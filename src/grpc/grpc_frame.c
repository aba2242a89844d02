#include "grpc/grpc_frame.h"
#include "util/fits.h"

#include <string.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* the largest window, with gzip's header */
#define STEP ((size_t)16384)

void grpc_prefix(char out[GRPC_PREFIX_BYTES], bool compressed, uint32_t bytes) {
    out[0] = compressed ? 1 : 0;
    for (int i = 0; i < 4; i++)
        out[1 + i] = (char)(bytes >> (24 - 8 * i));
}

int grpc_gzip(const void *bytes, size_t n, struct buf *out, struct err *e) {
    z_stream z = {0};
    if (n > UINT32_MAX)
        return err_set(e, "a message of %zu bytes is too large for gRPC", n);
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return err_memory(e, NULL);
    size_t most = deflateBound(&z, n), at = out->len;
    char *to = buf_room(out, most);
    int result = -1;
    if (to != NULL && most <= UINT32_MAX) {
        /* zlib takes it without const unless told otherwise, and changes nothing. */
        memcpy(&z.next_in, &bytes, sizeof z.next_in);
        z.avail_in = (uInt)n;
        z.next_out = (Bytef *)to;
        z.avail_out = (uInt)most;
        if (deflate(&z, Z_FINISH) == Z_STREAM_END) {
            out->len = at + z.total_out;
            out->data[out->len] = '\0';
            result = 0;
        }
    }
    deflateEnd(&z);
    return result == 0 ? 0 : err_set(e, "a message of %zu bytes has no room as gzip", n);
}

void grpc_reader_init(struct grpc_reader *r, size_t most_bytes) {
    *r = (struct grpc_reader){.most = most_bytes};
    buf_init(&r->body, most_bytes);
    buf_init(&r->plain, most_bytes);
}

void grpc_reader_reset(struct grpc_reader *r, size_t most_bytes) {
    r->most = r->body.max = r->plain.max = most_bytes;
    r->gzip = r->inside = r->squeezed = false;
    r->have = r->wanted = 0;
    r->count = 0;
    buf_clear(&r->body);
    buf_clear(&r->plain);
}

void grpc_reader_done(struct grpc_reader *r) {
    buf_done(&r->body);
    buf_done(&r->plain);
}

static int too_large(const struct grpc_reader *r, const char *how, struct err *e) {
    return err_set(e, "a message of more than %zu bytes%s; \"max_message\" sets the limit", r->most,
                   how);
}

/* Inflates one member of gzip, which must be all of the message. */
static int inflate_all(struct grpc_reader *r, z_stream *z, struct err *e) {
    for (;;) {
        size_t before = r->plain.len, room = r->most - before < STEP ? r->most - before : STEP;
        char spare[1], *to = room == 0 ? spare : buf_room(&r->plain, room);
        if (to == NULL)
            return err_memory(e, NULL);
        z->next_out = (Bytef *)to;
        z->avail_out = room == 0 ? 1 : (uInt)room;
        int result = inflate(z, Z_NO_FLUSH);
        size_t got = (room == 0 ? 1 : room) - z->avail_out;
        if (room == 0 && got > 0)
            return too_large(r, " after decompression", e);
        r->plain.len = before + (room == 0 ? 0 : got);
        if (result == Z_STREAM_END)
            return z->avail_in == 0 ? 0 : err_set(e, "a message has bytes behind its gzip data");
        if (result == Z_BUF_ERROR || (result == Z_OK && z->avail_in == 0 && z->avail_out > 0))
            return err_set(e, "a message has truncated gzip data");
        if (result != Z_OK)
            return err_set(e, "a message with the compressed flag is no gzip data");
    }
}

static int decompress(struct grpc_reader *r, struct bytes *message, struct err *e) {
    z_stream z = {0};
    buf_clear(&r->plain);
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return err_memory(e, NULL);
    memcpy(&z.next_in, &message->data, sizeof z.next_in);
    z.avail_in = (uInt)message->len; /* at most 2^32 - 1, by its prefix */
    int result = inflate_all(r, &z, e);
    inflateEnd(&z);
    if (result == 0)
        *message = (struct bytes){buf_text(&r->plain), r->plain.len};
    return result;
}

static int read_prefix(struct grpc_reader *r, struct err *e) {
    r->wanted = (size_t)r->prefix[1] << 24 | (size_t)r->prefix[2] << 16 |
                (size_t)r->prefix[3] << 8 | r->prefix[4];
    if (r->prefix[0] > 1)
        return err_set(e, "a message begins with the byte %u, where gRPC has 0 or 1",
                       (unsigned)r->prefix[0]);
    r->squeezed = r->prefix[0] == 1;
    if (r->squeezed && !r->gzip)
        return err_set(e, "a message has the compressed flag, but grpc-encoding is not gzip");
    if (r->wanted > r->most)
        return err_set(e, "a message of %zu bytes; the limit is %zu; \"max_message\" sets it",
                       r->wanted, r->most);
    r->inside = true;
    buf_clear(&r->body);
    return 0;
}

/* The message is complete. *more: the caller wants others. */
static int deliver(struct grpc_reader *r, struct bytes message, grpc_message_fn *got, void *context,
                   bool *more, struct err *e) {
    r->inside = false;
    r->have = 0;
    r->count++;
    if (r->squeezed && decompress(r, &message, e) != 0)
        return -1;
    *more = got(context, message);
    return 0;
}

int grpc_reader_feed(struct grpc_reader *r, const char *bytes, size_t n, grpc_message_fn *got,
                     void *context, struct err *e) {
    bool more = true;
    while (more && n > 0) {
        if (!r->inside) {
            r->prefix[r->have++] = (unsigned char)*bytes++;
            n--;
            if (r->have == GRPC_PREFIX_BYTES && read_prefix(r, e) != 0)
                return -1;
            if (r->have < GRPC_PREFIX_BYTES || (r->wanted > 0 && n == 0))
                continue;
        }
        size_t take = r->wanted - r->body.len < n ? r->wanted - r->body.len : n;
        struct bytes message = {take == 0 ? "" : bytes, take};
        if (take < r->wanted) {
            buf_add(&r->body, bytes, take);
            if (buf_fits(&r->body, e, "set \"max_message\" higher", "a message") != 0)
                return -1;
            message = (struct bytes){r->body.data, r->body.len};
        }
        bytes += take;
        n -= take;
        if (message.len == r->wanted && deliver(r, message, got, context, &more, e) != 0)
            return -1;
    }
    return 0;
}

int grpc_reader_end(const struct grpc_reader *r, struct err *e) {
    if (!r->inside && r->have == 0)
        return 0;
    return err_set(e, "the answer ends within a message: %zu of %zu bytes are there",
                   r->inside ? r->body.len : r->have,
                   r->inside ? r->wanted : (size_t)GRPC_PREFIX_BYTES);
}
