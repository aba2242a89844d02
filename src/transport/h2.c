#include "transport/h2.h"

#include <stdlib.h>
#include <string.h>

#include "transport/h2_text.h"

/* As libcurl has them: what limits a download is the kernel's buffer and not our window. */
#define WINDOW_BYTES (32 << 20)
/* Of the fields of one request. */
#define SENT_HEAD_MAX_BYTES (4 << 20)
/* A head of 300 kB, the limit of http1.h, takes 19 frames. */
#define CONTINUATIONS_MAX 32
#define ID_MAX INT32_MAX

struct h2 {
    nghttp2_session *session;
    struct h2_stream *first; /* of those that have not ended */
    uint32_t open;           /* how many those are */
    struct h2_stream *news, **news_end;
    uint64_t reads; /* calls of h2_receive() */
    /* The stream that was asked for last; NULL: none. */
    struct h2_stream *current;
    bool goaway;
    uint32_t goaway_code;
    int32_t last_id; /* with `goaway`: the last stream that the server processes */
    const char *why; /* NULL: the connection is good */
};

/* ---- streams ---- */

static void add_news(struct h2 *h, struct h2_stream *st) {
    if (st->news)
        return;
    st->news = true;
    st->next_news = NULL;
    *h->news_end = st;
    h->news_end = &st->next_news;
}

static void forget_news(struct h2 *h, struct h2_stream *st) {
    struct h2_stream **at = &h->news;
    if (!st->news)
        return;
    while (*at != st)
        at = &(*at)->next_news;
    *at = st->next_news;
    if (h->news_end == &st->next_news)
        h->news_end = at;
    st->news = false;
}

struct h2_stream *h2_next(struct h2 *h) {
    struct h2_stream *st = h->news;
    if (st != NULL)
        forget_news(h, st);
    return st;
}

static void link_stream(struct h2 *h, struct h2_stream *st) {
    h->open++;
    st->before = NULL;
    st->after = h->first;
    if (st->after != NULL)
        st->after->before = st;
    h->first = st;
}

static void unlink_stream(struct h2 *h, struct h2_stream *st) {
    if (st->before == NULL && h->first != st)
        return;
    h->open--;
    *(st->before == NULL ? &h->first : &st->before->after) = st->after;
    if (st->after != NULL)
        st->after->before = st->before;
    st->before = st->after = NULL;
}

static struct h2_stream *stream_of(struct h2 *h, int32_t id) {
    if (h->current != NULL && h->current->id == id)
        return h->current;
    struct h2_stream *st = nghttp2_session_get_stream_user_data(h->session, id);
    if (st == NULL || st->id != id)
        return NULL;
    h->current = st;
    return st;
}

static void end(struct h2 *h, struct h2_stream *st, enum h2_end how, uint32_t code) {
    if (st->end == H2_OPEN) {
        st->end = how;
        st->code = code;
    }
    unlink_stream(h, st);
    add_news(h, st);
}

/* ---- what nghttp2 reads ---- */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    (void)session;
    struct h2 *h = context;
    struct h2_stream *st = stream_of(h, frame->hd.stream_id);
    if (st != NULL) {
        st->begun = true;
        add_news(h, st);
    }
    return 0;
}

/* nghttp2 has checked that it is three characters. */
static int status_of(struct bytes value) {
    int status = 0;
    for (size_t i = 0; i < value.len; i++)
        status =
            value.data[i] < '0' || value.data[i] > '9' ? -1000 : status * 10 + value.data[i] - '0';
    return status;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_bytes, const uint8_t *value, size_t value_bytes, uint8_t flags,
                     void *context) {
    (void)session, (void)flags;
    struct h2 *h = context;
    struct h2_stream *st = stream_of(h, frame->hd.stream_id);
    struct bytes n = {(const char *)name, name_bytes}, v = {(const char *)value, value_bytes};
    if (st == NULL || st->end != H2_OPEN)
        return 0;
    if (bytes_is(n, ":status"))
        http1_foreign_status(st->response, status_of(v));
    else if (st->response->state != HTTP1_FAILED)
        http1_foreign_field(st->response, n, v);
    if (st->response->state != HTTP1_FAILED)
        return 0;
    add_news(h, st);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static void take_end(struct h2 *h, struct h2_stream *st) {
    if (st->response->state == HTTP1_FAILED || st->end != H2_OPEN)
        return;
    if (http1_end(st->response, true))
        end(h, st, H2_COMPLETE, 0);
    else
        end(h, st, H2_RESET, NGHTTP2_PROTOCOL_ERROR);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    (void)session;
    struct h2 *h = context;
    struct h2_stream *st;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        h->goaway = true;
        h->goaway_code = frame->goaway.error_code;
        h->last_id = frame->goaway.last_stream_id;
        return 0;
    }
    if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
        (st = stream_of(h, frame->hd.stream_id)) == NULL)
        return 0;
    if (st->response->state == HTTP1_FIELDS)
        http1_head_end(st->response);
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        take_end(h, st);
    return 0;
}

static int on_body(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t n, void *context) {
    (void)session, (void)flags;
    struct h2 *h = context;
    struct h2_stream *st = stream_of(h, id);
    if (st == NULL || st->end != H2_OPEN)
        return 0;
    if (st->arrived != NULL && st->told != h->reads) {
        st->told = h->reads;
        st->arrived(st);
    }
    http1_feed(st->response, (const char *)bytes, n);
    add_news(h, st);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *context) {
    (void)session;
    struct h2 *h = context;
    struct h2_stream *st = stream_of(h, id);
    if (st == NULL)
        return 0;
    h->current = NULL;
    st->id = 0;
    if (st->end == H2_OPEN)
        end(h, st, h->goaway && id > h->last_id ? H2_UNPROCESSED : H2_RESET, code);
    return 0;
}

/* ---- what nghttp2 writes ---- */

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *to, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *context) {
    (void)session, (void)id, (void)context;
    struct h2_stream *st = source->ptr;
    size_t left = st->body_bytes - st->body_sent;
    size_t n = left < room ? left : room;
    memcpy(to, st->body + st->body_sent, n);
    st->body_sent += n;
    if (n == left)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

/* ---- beginning and end ---- */

static int submit_settings(nghttp2_session *session) {
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP1_HEAD_MAX_BYTES},
    };
    if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                                sizeof settings / sizeof *settings) != 0)
        return -1;
    return nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, WINDOW_BYTES);
}

static int make_session(struct h2 *h, nghttp2_session_callbacks *callbacks,
                        nghttp2_option *option) {
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_body);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option_set_max_send_header_block_length(option, SENT_HEAD_MAX_BYTES);
    nghttp2_option_set_max_continuations(option, CONTINUATIONS_MAX);
    nghttp2_option_set_no_closed_streams(option, 1);
    if (nghttp2_session_client_new2(&h->session, callbacks, h, option) != 0)
        return -1;
    return submit_settings(h->session);
}

struct h2 *h2_new(void) {
    struct h2 *h = calloc(1, sizeof *h);
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    bool made = h != NULL && nghttp2_session_callbacks_new(&callbacks) == 0 &&
                nghttp2_option_new(&option) == 0 && make_session(h, callbacks, option) == 0;
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    if (!made) {
        h2_free(h);
        return NULL;
    }
    h->news_end = &h->news;
    return h;
}

void h2_free(struct h2 *h) {
    if (h == NULL)
        return;
    nghttp2_session_del(h->session);
    free(h);
}

/* ---- requests ---- */

bool h2_asked(const struct h2 *h) {
    return nghttp2_session_get_next_stream_id(h->session) > 1;
}

int h2_request(struct h2 *h, struct h2_stream *st, const struct h2_head *head,
               const struct h2_field *extra, size_t extra_count) {
    size_t count;
    const nghttp2_nv *fields = h2_head_with(head, extra, extra_count, &count);
    const nghttp2_data_provider body = {.source = {.ptr = st}, .read_callback = read_body};
    st->end = H2_OPEN;
    st->code = 0;
    st->begun = st->news = false;
    st->body_sent = 0;
    st->told = 0;
    st->id = 0;
    if (h->goaway || h->why != NULL)
        return -1;
    int32_t id = nghttp2_submit_request(h->session, NULL, fields, count,
                                        st->body_bytes == 0 ? NULL : &body, st);
    if (id < 0)
        return -1;
    uint32_t limit =
        nghttp2_session_get_remote_settings(h->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    st->id = id;
    link_stream(h, st);
    st->held_by = h->open > limit ? limit : 0;
    return 0;
}

void h2_drop(struct h2 *h, struct h2_stream *st) {
    forget_news(h, st);
    unlink_stream(h, st);
    if (h->current == st)
        h->current = NULL;
    if (st->id == 0)
        return;
    nghttp2_session_set_stream_user_data(h->session, st->id, NULL);
    nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, st->id, NGHTTP2_CANCEL);
    st->id = 0;
}

/* ---- bytes ---- */

static int broken(struct h2 *h, const char *why) {
    if (h->why == NULL)
        h->why = why;
    return -1;
}

int h2_receive(struct h2 *h, const char *bytes, size_t n) {
    static const char http1[] = "HTTP/1.";
    if (h->why != NULL)
        return -1;
    if (h->reads++ == 0 && n >= sizeof http1 - 1 && memcmp(bytes, http1, sizeof http1 - 1) == 0)
        return broken(h, H2_NOT_VALID ": the server answered with HTTP/1");
    ssize_t used = nghttp2_session_mem_recv(h->session, (const uint8_t *)bytes, n);
    return used < 0 ? broken(h, H2_NOT_VALID) : 0;
}

int h2_send(struct h2 *h, const char **bytes) {
    const uint8_t *data = NULL;
    if (h->why != NULL)
        return -1;
    ssize_t n = nghttp2_session_mem_send(h->session, &data);
    if (n < 0)
        return broken(h, H2_NOT_VALID);
    *bytes = (const char *)data;
    return (int)n;
}

void h2_leave(struct h2 *h) {
    if (h->why == NULL)
        nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR);
}

bool h2_news(const struct h2 *h) {
    return h->news != NULL;
}

struct h2_stream *h2_first(const struct h2 *h) {
    return h->first;
}

bool h2_goaway(const struct h2 *h) {
    return h->goaway;
}

uint32_t h2_goaway_code(const struct h2 *h) {
    return h->goaway_code;
}

bool h2_over(const struct h2 *h) {
    return h->why != NULL || (nghttp2_session_want_read(h->session) == 0 &&
                              nghttp2_session_want_write(h->session) == 0);
}

bool h2_forbids_streams(const struct h2 *h) {
    return nghttp2_session_get_remote_settings(h->session,
                                               NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS) == 0;
}

const char *h2_why(const struct h2 *h) {
    return h->why == NULL ? H2_NOT_VALID : h->why;
}
