#include "scenario/grpc_call.h"

#include <stdlib.h>
#include <string.h>

#include "grpc/grpc_frame.h"

void grpc_call_free(struct grpc_call *c) {
    if (c == NULL)
        return;
    proto_encoder_free(c->encoder);
    for (size_t i = 0; i < c->hole_count; i++)
        template_free(c->holes[i]);
    free(c->holes);
    free(c);
}

void grpc_call_work_init(struct grpc_call_work *w) {
    proto_encode_work_init(&w->encode);
    buf_init(&w->message, PROTO_MESSAGE_BYTES_MAX);
}

void grpc_call_work_done(struct grpc_call_work *w) {
    proto_encode_work_done(&w->encode);
    buf_done(&w->message);
}

struct filler {
    const struct grpc_call *call;
    const struct template_values *values;
};

static int fill(void *context, size_t index, struct buf *out, struct err *e) {
    const struct filler *f = context;
    return template_render(f->call->holes[index], f->values, out, e);
}

/* The prefix goes in once the length is known. */
static void put_prefix(struct buf *out, size_t at, bool compressed) {
    if (buf_ok(out))
        grpc_prefix(out->data + at, compressed, (uint32_t)(out->len - at - GRPC_PREFIX_BYTES));
}

int grpc_call_frame(const struct grpc_call *c, struct bytes message, struct buf *out,
                    struct err *e) {
    static const char room[GRPC_PREFIX_BYTES];
    size_t at = out->len;
    buf_add(out, room, sizeof room);
    if (!c->gzip)
        buf_add(out, message.data, message.len);
    else if (grpc_gzip(message.data, message.len, out, e) != 0)
        return -1;
    put_prefix(out, at, c->gzip);
    return buf_ok(out) ? 0 : err_set(e, "the message is too long");
}

int grpc_call_write(const struct grpc_call *c, const struct template_values *v,
                    struct grpc_call_work *w, struct buf *out, struct err *e) {
    static const char room[GRPC_PREFIX_BYTES];
    struct filler f = {c, v};
    w->encode.seen[0] = '\0';
    if (c->gzip) {
        buf_clear(&w->message);
        if (proto_encode(c->encoder, &w->encode, fill, &f, &w->message, e) != 0)
            return -1;
        return grpc_call_frame(c, (struct bytes){buf_text(&w->message), w->message.len}, out, e);
    }
    size_t at = out->len;
    buf_add(out, room, sizeof room);
    if (proto_encode(c->encoder, &w->encode, fill, &f, out, e) != 0)
        return -1;
    put_prefix(out, at, false);
    return buf_ok(out) ? 0 : err_set(e, "the message is too long");
}
