/*
 * Reads a stream event by event, so that each event has the stamp of its own arrival: the kernel
 * reports only the stamp of the last segment of a read.
 *
 * A read never takes more than it must. Servers send an event as a chunk (RFC 9112 7.1): its size
 * is known once its first line is read. What waits is one chunk if it is less than two of the
 * smallest of the last chunks; then one read takes it. Else the first read takes as much as the
 * smallest had, and the second one takes the rest. If there are no chunks, a look ahead finds the
 * end of the event. With TLS, OpenSSL reads record by record.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "transport/direct_internal.h"

#define LOOK_BYTES 16384
#define CHUNK_FIRST_BYTES 16 /* no chunk is known yet */
#define CHUNK_LINE_BYTES 16  /* in the middle of a chunk's first line */
#define CHUNKS 16 /* the smallest is one of the last CHUNKS, and of as many before them */

/* ---- how much to read ---- */

static uint32_t smallest(const struct direct_pace *p) {
    uint32_t least = p->least < p->least_before ? p->least : p->least_before;
    if (least == UINT32_MAX)
        return CHUNK_FIRST_BYTES;
    return least < DIRECT_READ_BYTES ? least : DIRECT_READ_BYTES;
}

/* A new chunk begins: all that waits, if it cannot be two. */
static size_t next_chunk(struct transport_session *s) {
    uint32_t least = smallest(&s->pace);
    int waiting = 0;
    if (s->connection->ssl != NULL || ioctl(s->connection->fd, SIOCINQ, &waiting) != 0)
        return least;
    s->pace.waiting = waiting;
    if (waiting <= (int)least)
        return least;
    return (unsigned)waiting < 2 * least && waiting <= DIRECT_READ_BYTES ? (size_t)waiting : least;
}

static void note_chunk(struct direct_pace *p, uint32_t bytes) {
    p->least = bytes < p->least ? bytes : p->least;
    if (++p->count < CHUNKS)
        return;
    p->least_before = p->least;
    p->least = UINT32_MAX;
    p->count = 0;
}

void direct_stream_begin(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    s->pace = (struct direct_pace){.least = UINT32_MAX, .least_before = UINT32_MAX, .waiting = -1};
    if (c == NULL)
        return;
    /* On a shared connection, others may read streams as well. */
    c->by_event = s->answer.stream.spec != NULL || (c->by_event && c->session != s);
    if (c->by_event && c->ssl != NULL)
        kernel_clock_ask_waiting(c->fd);
}

/* Behind the first empty line, as heads and events end with one; n: there is none. */
static size_t behind_empty_line(const char *bytes, size_t n) {
    bool ended = false; /* a line has, right before `i` */
    for (size_t i = 0; i < n;) {
        size_t end = i;
        if (bytes[i] == '\n' || bytes[i] == '\r') {
            end = i + 1;
            if (bytes[i] == '\r' && end < n && bytes[end] == '\n')
                end++;
        }
        if (ended && end > i)
            return end;
        ended = end > i;
        i = end > i ? end : i + 1;
    }
    return n;
}

static size_t behind_line(const char *bytes, size_t n) {
    const char *end = memchr(bytes, '\n', n);
    return end == NULL ? n : (size_t)(end - bytes) + 1;
}

/* The end of the event (or head) that waits; like recv(2). */
static ssize_t look(struct transport_session *s) {
    enum stream_format format = s->answer.stream.spec->format;
    bool lines = s->answer.http.head_done &&
                 (format == STREAM_FORMAT_OLLAMA || format == STREAM_FORMAT_NDJSON);
    const char *bytes = s->transport->buffer;
    ssize_t n = recv(s->connection->fd, s->transport->buffer, LOOK_BYTES, MSG_PEEK);
    if (n <= 0)
        return n;
    s->pace.waiting = n < LOOK_BYTES ? n : -1;
    return (ssize_t)(lines ? behind_line : behind_empty_line)(bytes, (size_t)n);
}

/* 0: look for it. */
static size_t bytes_wanted(struct transport_session *s) {
    const struct http1 *h = &s->answer.http;
    bool good = h->status < 400;
    switch (h->state) {
    case HTTP1_STATUS:
    case HTTP1_FIELDS:
        return 0;
    case HTTP1_LENGTH:
    case HTTP1_UNTIL_CLOSE:
        return good && !s->answer.coded ? 0 : DIRECT_READ_BYTES;
    case HTTP1_SIZE:
        return h->line_bytes == 0 ? next_chunk(s) : CHUNK_LINE_BYTES;
    case HTTP1_SIZE_END:
    case HTTP1_EXTENSION:
    case HTTP1_SIZE_LF:
        return CHUNK_LINE_BYTES;
    case HTTP1_CHUNK:
        return h->left < DIRECT_READ_BYTES - 2 ? (size_t)h->left + 2 : DIRECT_READ_BYTES;
    case HTTP1_CHUNK_CR:
        return 2;
    case HTTP1_CHUNK_LF:
        return 1;
    case HTTP1_TRAILERS:
    case HTTP1_COMPLETE:
    case HTTP1_FAILED:
        break;
    }
    return DIRECT_READ_BYTES;
}

/* ---- reading ---- */

ssize_t direct_stream_read(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    ssize_t n;
    do {
        size_t wanted = bytes_wanted(s);
        n = wanted == 0 ? look(s) : (ssize_t)wanted;
        if (n <= 0)
            continue;
        c->asked = (size_t)n;
        n = kernel_clock_read(c->fd, c->stamped, s->transport->buffer, c->asked, &c->last);
        if (n <= 0)
            continue;
        c->arrived_ns = c->last.at_ns;
        s->pace.waiting = s->pace.waiting >= n ? s->pace.waiting - n : -1;
    } while (n < 0 && errno == EINTR);
    return n;
}

bool direct_stream_drained(const struct transport_session *s, size_t n) {
    const struct direct_connection *c = s->connection;
    if (c->ssl != NULL)
        return c->last.waiting == 0 && SSL_has_pending(c->ssl) == 0;
    return s->pace.waiting < 0 ? n < c->asked : s->pace.waiting == 0;
}

void direct_stream_arrived(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    bool with_last = c->last.stamp_ns != 0 && c->last.stamp_ns == s->pace.stamp_before_ns;
    s->pace.stamp_before_ns = c->last.stamp_ns;
    answer_stream_arrived(&s->answer.stream, c->arrived_ns, with_last);
    c->arrived_ns = s->answer.stream.at_ns; /* they never fall */
    if (s->watch != NULL)
        stream_watch_byte(s->watch, c->arrived_ns);
}

void direct_stream_fed(struct transport_session *s, enum http1_state before, size_t n) {
    const struct http1 *h = &s->answer.http;
    struct direct_pace *p = &s->pace;
    p->chunk_bytes = before < HTTP1_SIZE ? 0 : p->chunk_bytes + (uint32_t)n;
    if (h->state != HTTP1_SIZE || h->line_bytes != 0 || p->chunk_bytes == 0)
        return;
    note_chunk(p, p->chunk_bytes);
    p->chunk_bytes = 0;
}

/* ---- limits of time ---- */

static bool on_passed(void *context, enum stream_body how) {
    struct transport_session *s = context;
    /* Until the connection is there, its own limits hold. */
    if (s->state == DIRECT_FAILED || (how == STREAM_BODY_IDLE && s->state != DIRECT_BUSY))
        return false;
    direct_connect_cancel(s);
    direct_stream_stop(s, how);
    return true;
}

void direct_stream_stop(struct transport_session *s, enum stream_body how) {
    answer_stream_stop(&s->answer.stream, how);
    direct_fail(s, OUTCOME_OK, "");
}

int direct_stream_watch(struct transport_session *s) {
    const struct stream_spec *spec = s->answer.stream.spec;
    if (spec == NULL || (spec->idle_ns == 0 && spec->cancel_ns == 0))
        return 0;
    if (s->watch == NULL && (s->watch = stream_watch_new(s->transport->loop, on_passed, s)) == NULL)
        return -1;
    stream_watch_begin(s->watch, spec, s->result.sent_ns);
    return 0;
}
