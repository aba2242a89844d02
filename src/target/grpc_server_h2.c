/* Frames: nghttp2's end of a connection. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "target/grpc_server_internal.h"

#define PIECE_BYTES (64 << 10) /* gathered for one send */
#define STREAMS_MAX 1000       /* of a connection at once */
#define WINDOW_BYTES (1 << 20)

/* ---- receiving ---- */

static struct grpc_call_in *call_of(nghttp2_session *session, int32_t id) {
    return nghttp2_session_get_stream_user_data(session, id);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    struct grpc_connection *c = context;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct grpc_call_in *call = grpc_call_begin(c, frame->hd.stream_id);
    if (call == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_bytes, const uint8_t *value, size_t value_bytes, uint8_t flags,
                     void *context) {
    struct grpc_call_in *call = call_of(session, frame->hd.stream_id);
    (void)flags, (void)context;
    if (call != NULL && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        grpc_call_field(call, (struct bytes){(const char *)name, name_bytes},
                        (struct bytes){(const char *)value, value_bytes});
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t n, void *context) {
    struct grpc_call_in *call = call_of(session, id);
    (void)flags, (void)context;
    if (call != NULL)
        grpc_call_body(call, (const char *)bytes, n);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    (void)context;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    struct grpc_call_in *call = call_of(session, frame->hd.stream_id);
    if (call == NULL)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        grpc_call_headers_end(call);
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        grpc_call_complete(call);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *context) {
    struct grpc_call_in *call = call_of(session, id);
    (void)context;
    if (call == NULL)
        return 0;
    nghttp2_session_set_stream_user_data(session, id, NULL);
    grpc_call_closed(call, code == NGHTTP2_NO_ERROR);
    return 0;
}

/* ---- responses ---- */

#define FIELD(name, value, n)                                                                      \
    { (uint8_t *)(uintptr_t)(name), (uint8_t *)(uintptr_t)(value), sizeof(name) - 1, n, 0 }

/* What says how a call ended: grpc-status and, if there is a reason, grpc-message. */
struct status_fields {
    char status[16];
    struct buf why;
    nghttp2_nv fields[2];
    size_t count;
};

static void status_fields_init(struct status_fields *f, const struct grpc_call_in *call) {
    size_t n = (size_t)snprintf(f->status, sizeof f->status, "%d", call->status);
    buf_init(&f->why, 4096);
    if (call->why != NULL)
        grpc_message_value(call->why, strlen(call->why), &f->why);
    f->fields[0] = (nghttp2_nv)FIELD("grpc-status", f->status, n);
    f->fields[1] = (nghttp2_nv)FIELD("grpc-message", buf_text(&f->why), f->why.len);
    f->count = call->why == NULL ? 1 : 2;
}

static int submit_trailers(struct grpc_call_in *call) {
    struct status_fields f = {.count = 0};
    status_fields_init(&f, call);
    int rc = nghttp2_submit_trailer(call->c->session, call->id, f.fields, f.count);
    buf_done(&f.why);
    return rc;
}

static ssize_t read_out(nghttp2_session *session, int32_t id, uint8_t *to, size_t room,
                        uint32_t *flags, nghttp2_data_source *source, void *context) {
    struct grpc_call_in *call = source->ptr;
    (void)session, (void)id, (void)context;
    size_t left = call->out.len - call->out_at, n = left < room ? left : room;
    if (n == 0 && !call->over)
        return NGHTTP2_ERR_DEFERRED;
    if (n > 0)
        memcpy(to, call->out.data + call->out_at, n);
    call->out_at += n;
    if (call->out_at == call->out.len) {
        buf_clear(&call->out);
        call->out_at = 0;
    }
    if (call->out.len > 0 || !call->over)
        return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (call->cut)
        return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    return submit_trailers(call) == 0 ? (ssize_t)n : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

#define RESPONSE_HEAD FIELD(":status", "200", 3), FIELD("content-type", "application/grpc", 16)

/* Without a message, the status is in the only headers (Trailers-Only). */
static void submit_only_trailers(struct grpc_call_in *call) {
    struct status_fields f = {.count = 0};
    status_fields_init(&f, call);
    const nghttp2_nv fields[] = {RESPONSE_HEAD, f.fields[0], f.fields[1]};
    nghttp2_submit_response(call->c->session, call->id, fields, 2 + f.count, NULL);
    buf_done(&f.why);
}

void grpc_h2_continue(struct grpc_call_in *call) {
    static const nghttp2_nv fields[] = {RESPONSE_HEAD};
    const nghttp2_data_provider body = {.source = {.ptr = call}, .read_callback = read_out};
    if (call->c == NULL)
        return;
    if (call->submitted)
        nghttp2_session_resume_data(call->c->session, call->id);
    else if (call->over && call->out.len == 0 && !call->cut)
        submit_only_trailers(call);
    else
        nghttp2_submit_response(call->c->session, call->id, fields, 2, &body);
    call->submitted = true;
}

void grpc_h2_reset(struct grpc_call_in *call, uint32_t code) {
    if (call->c != NULL)
        nghttp2_submit_rst_stream(call->c->session, NGHTTP2_FLAG_NONE, call->id, code);
}

/* ---- the connection ---- */

int grpc_h2_begin(struct grpc_connection *c) {
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES}};
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    int rc = -1;
    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0)
        goto out;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option_set_no_closed_streams(option, 1);
    if (nghttp2_session_server_new2(&c->session, callbacks, c, option) == 0 &&
        nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings, 2) == 0 &&
        nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0, WINDOW_BYTES) == 0)
        rc = 0;
out:
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    return rc;
}

int grpc_h2_receive(struct grpc_connection *c, const char *bytes, size_t n) {
    ssize_t used = nghttp2_session_mem_recv(c->session, (const uint8_t *)bytes, n);
    return used < 0 ? -1 : 0;
}

/* Fills `out` with what there is, up to a piece. */
static void gather(struct grpc_connection *c) {
    while (c->out.len < PIECE_BYTES) {
        const uint8_t *bytes = NULL;
        ssize_t n = nghttp2_session_mem_send(c->session, &bytes);
        if (n < 0)
            c->broken = true;
        if (n <= 0)
            return;
        buf_add(&c->out, (const char *)bytes, (size_t)n);
    }
}

void grpc_h2_flush(struct grpc_connection *c) {
    while (!c->blocked && !c->broken) {
        if (c->out.len == 0)
            gather(c);
        if (c->out.len == 0 || !buf_ok(&c->out))
            break;
        const char *from = c->out.data + c->out_at;
        size_t left = c->out.len - c->out_at;
        ssize_t n =
            c->ssl != NULL ? grpc_tls_write(c, from, left) : send(c->fd, from, left, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            c->blocked = errno == EAGAIN;
            c->broken = errno != EAGAIN;
            return;
        }
        c->out_at += (size_t)n;
        if (c->out_at == c->out.len) {
            buf_clear(&c->out);
            c->out_at = 0;
        }
    }
    c->broken = c->broken || !buf_ok(&c->out) ||
                (!nghttp2_session_want_read(c->session) && !nghttp2_session_want_write(c->session));
}

void grpc_h2_close(struct grpc_connection *c) {
    while (c->calls != NULL)
        grpc_call_closed(c->calls, false);
    nghttp2_session_del(c->session);
    c->session = NULL;
}
