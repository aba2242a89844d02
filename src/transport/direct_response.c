#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "transport/direct_internal.h"

/* Both transports refuse heads beyond this. */
#define HEAD_MAX_BYTES (300 * 1024)
#define VALUE_MAX_BYTES COOKIES_LINE_MAX_BYTES

static struct transport_session *session_of(http_parser *p) {
    return p->data;
}

static void end_of_header(struct transport_session *s) {
    struct direct_response *r = &s->response;
    if (r->set_cookie && r->value.len > 0 && buf_ok(&r->value)) {
        if (s->cookies == NULL)
            s->cookies = cookies_new();
        if (s->cookies != NULL)
            cookies_set(s->cookies, s->request->host, s->request->path, s->request->tls,
                        r->value.data, r->value.len, time(NULL));
    }
    if (r->encoding && buf_ok(&r->value))
        r->gzip = strcasecmp(buf_text(&r->value), "gzip") == 0 ||
                  strcasecmp(buf_text(&r->value), "x-gzip") == 0;
    r->set_cookie = r->encoding = false;
}

/* A header line as it came: what it keeps is the answer's head without the status line. */
static void keep_head(struct transport_session *s, const char *before, const char *at, size_t n) {
    struct direct_kept *k = s->response.kept;
    if (k == NULL || !s->request->keep_head)
        return;
    buf_str(&k->head, before);
    buf_add(&k->head, at, n);
}

static void keep_body(struct transport_session *s, const char *at, size_t n) {
    struct direct_kept *k = s->response.kept;
    if (k == NULL)
        return;
    size_t room = s->request->keep_body_bytes - k->body.len;
    k->cut = k->cut || n > room;
    buf_add(&k->body, at, n < room ? n : room);
}

/* The name may come in parts; it is kept in `value` until the value begins. */
static int on_field(http_parser *p, const char *at, size_t n) {
    struct transport_session *s = session_of(p);
    struct direct_response *r = &s->response;
    if (r->in_value) {
        end_of_header(s);
        buf_clear(&r->value);
        r->in_value = false;
        keep_head(s, "\r\n", at, n);
    } else
        keep_head(s, "", at, n);
    buf_add(&r->value, at, n);
    return 0;
}

static int on_value(http_parser *p, const char *at, size_t n) {
    struct transport_session *s = session_of(p);
    struct direct_response *r = &s->response;
    keep_head(s, r->in_value ? "" : ": ", at, n);
    if (!r->in_value) {
        r->set_cookie =
            s->transport->options->cookies && strcasecmp(buf_text(&r->value), "Set-Cookie") == 0;
        r->encoding = s->transport->options->compressed &&
                      strcasecmp(buf_text(&r->value), "Content-Encoding") == 0;
        buf_clear(&r->value);
        r->in_value = true;
    }
    if (r->set_cookie || r->encoding)
        buf_add(&r->value, at, n);
    return 0;
}

static int on_headers_complete(http_parser *p) {
    struct transport_session *s = session_of(p);
    if (s->response.in_value) {
        end_of_header(s);
        keep_head(s, "\r\n", "", 0);
    }
    buf_clear(&s->response.value);
    s->response.in_value = false;
    s->response.headers_done = true;
    if (p->status_code < 100)
        return -1;
    s->result.status = (int)p->status_code;
    return s->request->head_method ? 1 : 0;
}

static void count_unpacked(struct transport_session *s, const char *at, size_t n) {
    z_stream *z = s->unpack;
    z->next_in = (Bytef *)(uintptr_t)at;
    z->avail_in = (uInt)n;
    int code = Z_OK;
    while (code == Z_OK && z->avail_in > 0) {
        z->next_out = (Bytef *)s->transport->scratch;
        z->avail_out = DIRECT_READ_BYTES;
        code = inflate(z, Z_NO_FLUSH);
        s->response.received += DIRECT_READ_BYTES - z->avail_out;
        keep_body(s, s->transport->scratch, DIRECT_READ_BYTES - z->avail_out);
    }
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        s->response.bad_encoding = true;
}

static bool begin_unpacking(struct transport_session *s) {
    if (s->unpack != NULL)
        return true;
    s->unpack = calloc(1, sizeof *s->unpack);
    /* 16 more than the largest window: gzip's header and checksum. */
    if (s->unpack == NULL || inflateInit2(s->unpack, MAX_WBITS + 16) == Z_OK)
        return s->unpack != NULL;
    free(s->unpack);
    s->unpack = NULL;
    return false;
}

static void end_unpacking(struct transport_session *s) {
    if (s->unpack == NULL)
        return;
    inflateEnd(s->unpack);
    free(s->unpack);
    s->unpack = NULL;
}

static int on_body(http_parser *p, const char *at, size_t n) {
    struct transport_session *s = session_of(p);
    if (!s->response.gzip) {
        s->response.received += n;
        keep_body(s, at, n);
    } else if (begin_unpacking(s))
        count_unpacked(s, at, n);
    else
        s->response.bad_encoding = true;
    return s->response.bad_encoding ? -1 : 0;
}

static int on_message_complete(http_parser *p) {
    struct transport_session *s = session_of(p);
    /* 100 Continue and its like come before the answer. */
    if (p->status_code >= 100 && p->status_code < 200 && p->status_code != 101) {
        s->response.headers_done = false;
        s->result.status = 0;
        if (s->response.kept != NULL)
            buf_clear(&s->response.kept->head);
        return 0;
    }
    s->response.complete = true;
    s->response.keep = http_should_keep_alive(p) && p->status_code != 101;
    http_parser_pause(p, 1);
    return 0;
}

static const http_parser_settings settings = {
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* One that is not in use; NULL where nothing is to be kept, or memory ran out: then the answer is as if it had no body. */
static struct direct_kept *take_kept(struct transport_session *s) {
    struct transport *t = s->transport;
    struct direct_kept *k = t->spare;
    if (!s->request->keep_head && s->request->keep_body_bytes == 0)
        return NULL;
    if (k != NULL) {
        t->spare = k->next;
        return k;
    }
    if ((k = calloc(1, sizeof *k)) != NULL) {
        buf_init(&k->head, HEAD_MAX_BYTES);
        buf_init(&k->body, SIZE_MAX / 4);
    }
    return k;
}

struct direct_kept *direct_response_kept(struct transport_session *s) {
    struct direct_kept *k = s->response.kept;
    s->response.kept = NULL;
    if (k == NULL)
        return NULL;
    s->result.head = (struct bytes){buf_text(&k->head), k->head.len};
    s->result.body = (struct bytes){buf_text(&k->body), k->body.len};
    s->result.body_cut = k->cut;
    return k;
}

/* What a large answer needed is not held on to. */
void direct_kept_give_back(struct transport *t, struct direct_kept *k) {
    if (k->body.cap > DIRECT_READ_BYTES)
        buf_done(&k->body);
    buf_clear(&k->head);
    buf_clear(&k->body);
    k->cut = false;
    k->next = t->spare;
    t->spare = k;
}

void direct_kept_free_all(struct transport *t) {
    for (struct direct_kept *k = t->spare, *next; k != NULL; k = next) {
        next = k->next;
        buf_done(&k->head);
        buf_done(&k->body);
        free(k);
    }
}

void direct_response_begin(struct transport_session *s) {
    struct buf value = s->response.value;
    if (s->response.kept != NULL)
        direct_kept_give_back(s->transport, s->response.kept);
    s->response = (struct direct_response){.value = value, .kept = take_kept(s)};
    buf_clear(&s->response.value);
    http_parser_init(&s->response.parser, HTTP_RESPONSE);
    http_parser_set_max_header_size(HEAD_MAX_BYTES);
    s->response.parser.data = s;
}

int direct_response_feed(struct transport_session *s, const char *bytes, size_t n, size_t *rest) {
    struct direct_response *r = &s->response;
    r->begun = r->begun || n > 0;
    size_t used = http_parser_execute(&r->parser, &settings, bytes, n);
    enum http_errno code = HTTP_PARSER_ERRNO(&r->parser);
    *rest = n - used;
    if (r->complete)
        return 1;
    if (code == HPE_OK && !r->parser.upgrade)
        return 0;
    if (r->bad_encoding)
        snprintf(s->transport->text, sizeof s->transport->text,
                 "the body is not the gzip that its header says");
    else if (code == HPE_HEADER_OVERFLOW)
        snprintf(s->transport->text, sizeof s->transport->text,
                 "the headers of the answer are larger than %d kB", HEAD_MAX_BYTES / 1024);
    else
        snprintf(s->transport->text, sizeof s->transport->text, "the answer is not valid HTTP");
    return -1;
}

void direct_response_done(struct transport_session *s) {
    end_unpacking(s);
}
