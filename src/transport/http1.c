#include "transport/http1.h"

#include <string.h>

#include "transport/http1_known.h"

#define NOT_HTTP HTTP1_NOT_HTTP

void http1_init(struct http1 *h, const struct http1_sink *sink, void *context) {
    *h = (struct http1){.sink = sink, .context = context};
    buf_init(&h->line, HTTP1_HEAD_MAX_BYTES);
    buf_init(&h->held, HTTP1_HEAD_MAX_BYTES);
}

void http1_done(struct http1 *h) {
    buf_done(&h->line);
    buf_done(&h->held);
}

void http1_begin(struct http1 *h, bool head_method, bool upgrade) {
    h->state = HTTP1_STATUS;
    h->error = NULL;
    h->status = 0;
    h->head_done = h->keep = h->ends = h->folded = false;
    h->head_method = head_method;
    h->upgrade = upgrade;
    h->head_bytes = 0;
    buf_clear(&h->line);
    buf_clear(&h->held);
}

/* ---- lines ---- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static void finish_held(struct http1 *h) {
    if (h->held.len > 0 && !buf_ok(&h->held))
        http1_fail(h, HTTP1_TOO_LARGE);
    else if (h->held.len > 0)
        http1_field(h, h->held.data, h->held.len, h->state == HTTP1_TRAILERS);
    buf_clear(&h->held);
    h->folded = false;
}

/* RFC 9112 5.2: a line that begins with white space goes on the one before; the end of that, with
 * the white space around it, is a space. */
static void fold(struct http1 *h, const char *line, size_t n) {
    while (h->held.len > 0 && is_blank(h->held.data[h->held.len - 1]))
        h->held.len--;
    while (n > 0 && is_blank(*line)) {
        line++;
        n--;
    }
    buf_char(&h->held, ' ');
    buf_add(&h->held, line, n);
    h->folded = true;
}

/* `next` is the byte behind the line; -1: not known yet, so the line must wait for it. */
static void take_field(struct http1 *h, const char *line, size_t n, int next) {
    bool trailer = h->state == HTTP1_TRAILERS;
    if (n > 0 && is_blank(*line) && h->held.len > 0) {
        fold(h, line, n);
        return;
    }
    finish_held(h);
    if (h->state == HTTP1_FAILED)
        return;
    if (n == 0 && trailer)
        h->state = HTTP1_COMPLETE;
    else if (n == 0)
        http1_head_end(h);
    else if (is_blank(*line) && memchr(line, ':', n) != NULL)
        http1_fail(h, HTTP1_SPACE_FIRST);
    else if (next >= 0 && !is_blank((char)next))
        http1_field(h, line, n, trailer);
    else
        buf_add(&h->held, line, n);
}

/* With its end, LF or CR LF (RFC 9112 2.2). */
static void take_line(struct http1 *h, const char *line, size_t n, int next) {
    n -= n > 0 && line[n - 1] == '\n';
    n -= n > 0 && line[n - 1] == '\r';
    if (h->state == HTTP1_STATUS)
        http1_status_line(h, line, n);
    else
        take_field(h, line, n, next);
}

/* What has come of the current line, its end included. */
static void check_limits(struct http1 *h, size_t line_bytes) {
    if (h->state == HTTP1_TRAILERS && line_bytes > HTTP1_TRAILER_MAX_BYTES + 2)
        http1_fail(h, "a trailer of the response is larger than 4 kB");
    else if (line_bytes > HTTP1_LINE_MAX_BYTES)
        http1_fail(h, HTTP1_LINE_TOO_LARGE);
    else if (h->head_bytes > HTTP1_HEAD_MAX_BYTES)
        http1_fail(h, HTTP1_TOO_LARGE);
}

/* Garbage need not have a line's end. */
static bool may_be_status(const char *line, size_t n) {
    static const char begin[] = "HTTP/1.";
    return memcmp(line, begin, n < sizeof begin - 1 ? n : sizeof begin - 1) == 0;
}

/* A line, or what there is of one; how many bytes were taken. */
static size_t feed_line(struct http1 *h, const char *bytes, size_t n) {
    if (h->line.len == 0 && !is_blank(*bytes))
        finish_held(h);
    if (h->state == HTTP1_FAILED)
        return 0;
    const char *end = memchr(bytes, '\n', n);
    size_t used = end == NULL ? n : (size_t)(end - bytes) + 1;
    const char *line = bytes;
    size_t line_bytes = h->line.len + used;
    h->head_bytes += used;
    check_limits(h, line_bytes);
    if (h->state == HTTP1_FAILED)
        return used;
    if (end == NULL || h->line.len > 0) {
        buf_add(&h->line, bytes, used);
        line = h->line.data;
    }
    if (!buf_ok(&h->line))
        http1_fail(h, HTTP1_TOO_LARGE);
    else if (end != NULL)
        take_line(h, line, line_bytes, used < n ? (unsigned char)end[1] : -1);
    else if (h->state == HTTP1_STATUS && !may_be_status(line, line_bytes))
        http1_status_line(h, line, line_bytes);
    if (end != NULL)
        buf_clear(&h->line);
    return used;
}

void http1_line(struct http1 *h, const char *line, size_t n) {
    if (h->state != HTTP1_STATUS && h->state != HTTP1_FIELDS) {
        if (h->state == HTTP1_FAILED || n < 5 || memcmp(line, "HTTP/", 5) != 0)
            return;
        size_t head_bytes = h->head_bytes;
        http1_begin(h, h->head_method, h->upgrade);
        h->head_bytes = head_bytes;
    }
    h->head_bytes += n;
    check_limits(h, n);
    if (h->state != HTTP1_FAILED)
        take_line(h, line, n, -1);
}

void http1_foreign_field(struct http1 *h, struct bytes name, struct bytes value) {
    size_t n = name.len + value.len + sizeof ": \r\n" - 1;
    h->head_bytes += n;
    check_limits(h, n);
    if (h->state == HTTP1_FIELDS)
        http1_give_field(h, name, value);
    else if (h->state == HTTP1_UNTIL_CLOSE && h->sink->trailer != NULL)
        h->sink->trailer(h->context, name, value);
}

/* ---- bodies ---- */

static size_t give(struct http1 *h, const char *bytes, size_t n) {
    if (n > 0 && h->sink->body(h->context, bytes, n) != 0)
        http1_fail(h, NULL);
    return n;
}

static size_t give_left(struct http1 *h, const char *bytes, size_t n, enum http1_state then) {
    size_t part = n < h->left ? n : (size_t)h->left;
    h->left -= part;
    if (h->left == 0)
        h->state = then;
    return give(h, bytes, part);
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void take_size_digit(struct http1 *h, int digit) {
    if (h->left > (INT64_MAX >> 4))
        http1_fail(h, NOT_HTTP "the size of a chunk is over 63 bits");
    h->left = h->left * 16 + (uint64_t)digit;
}

/* A byte of what frames chunks (RFC 9112 7.1). Lines end with CR LF there, and with nothing
 * else. */
static void take_chunk_byte(struct http1 *h, char c) {
    static const char no_end[] = NOT_HTTP "a chunk does not end after its size";
    int digit = hex_digit(c);
    if (++h->line_bytes > HTTP1_CHUNK_LINE_MAX_BYTES)
        http1_fail(h, "the first line of a chunk is larger than 16 kB");
    else if (h->state == HTTP1_SIZE && digit >= 0)
        take_size_digit(h, digit);
    else if (h->state == HTTP1_SIZE && h->line_bytes == 1)
        http1_fail(h, HTTP1_BAD_SIZE);
    else if ((h->state == HTTP1_SIZE || h->state == HTTP1_SIZE_END) && is_blank(c))
        h->state = HTTP1_SIZE_END;
    else if ((h->state == HTTP1_SIZE || h->state == HTTP1_SIZE_END) && c == ';')
        h->state = HTTP1_EXTENSION;
    else if (h->state <= HTTP1_EXTENSION && c == '\r')
        h->state = HTTP1_SIZE_LF;
    else if (h->state == HTTP1_EXTENSION && c != '\n')
        return;
    else if (h->state == HTTP1_SIZE_LF && c == '\n')
        h->state = h->left == 0 ? HTTP1_TRAILERS : HTTP1_CHUNK;
    else if (h->state == HTTP1_CHUNK_CR && c == '\r')
        h->state = HTTP1_CHUNK_LF;
    else if (h->state == HTTP1_CHUNK_LF && c == '\n') {
        h->state = HTTP1_SIZE;
        h->left = h->line_bytes = 0;
    } else
        http1_fail(h, h->state >= HTTP1_CHUNK_CR ? no_end : HTTP1_BAD_SIZE);
}

/* How many bytes were taken: all of the head, or none. */
static size_t feed_known(struct http1 *h, const char *bytes, size_t n) {
    const struct http1_known_head *k = http1_known_find(h->known, bytes, n);
    if (k == NULL)
        return 0;
    h->head_bytes = k->bytes;
    h->foreign = false;
    h->status = k->status;
    h->head = k->said;
    for (size_t i = 0; i < k->field_count; i++) {
        const struct http1_known_field *f = &k->fields[i];
        h->sink->field(h->context, (struct bytes){bytes + f->name_at, f->name_len},
                       (struct bytes){bytes + f->value_at, f->value_len});
    }
    http1_head_end(h);
    return k->bytes;
}

size_t http1_feed(struct http1 *h, const char *bytes, size_t n) {
    bool begins = h->known != NULL && h->state == HTTP1_STATUS && h->head_bytes == 0;
    size_t at = begins ? feed_known(h, bytes, n) : 0;
    while (at < n && h->state != HTTP1_COMPLETE && h->state != HTTP1_FAILED) {
        const char *from = bytes + at;
        switch (h->state) {
        case HTTP1_STATUS:
        case HTTP1_FIELDS:
        case HTTP1_TRAILERS:
            at += feed_line(h, from, n - at);
            break;
        case HTTP1_LENGTH:
            at += give_left(h, from, n - at, HTTP1_COMPLETE);
            break;
        case HTTP1_UNTIL_CLOSE:
            at += give(h, from, n - at);
            break;
        case HTTP1_CHUNK:
            at += give_left(h, from, n - at, HTTP1_CHUNK_CR);
            break;
        case HTTP1_SIZE:
        case HTTP1_SIZE_END:
        case HTTP1_EXTENSION:
        case HTTP1_SIZE_LF:
        case HTTP1_CHUNK_CR:
        case HTTP1_CHUNK_LF:
            take_chunk_byte(h, *from);
            at++;
            break;
        case HTTP1_COMPLETE:
        case HTTP1_FAILED:
            break;
        }
    }
    if (begins)
        http1_known_end(h->known);
    return at;
}

bool http1_end(struct http1 *h, bool clean) {
    if (h->state == HTTP1_UNTIL_CLOSE && clean)
        h->state = HTTP1_COMPLETE;
    return h->state == HTTP1_COMPLETE;
}
