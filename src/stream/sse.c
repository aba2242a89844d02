#include "stream/sse.h"

#include <string.h>

static const char byte_order_mark[] = "\xef\xbb\xbf";
#define SSE_MARK_OVER 3

void sse_init(struct sse *s, size_t max_bytes) {
    *s = (struct sse){0};
    buf_init(&s->line, max_bytes);
    buf_init(&s->data, max_bytes);
}

void sse_done(struct sse *s) {
    buf_done(&s->line);
    buf_done(&s->data);
}

static void next_event(struct sse *s) {
    buf_clear(&s->data);
    s->lent = (struct bytes){NULL, 0};
    s->any = s->typed = false;
    s->type_len = 0;
}

void sse_begin(struct sse *s) {
    buf_clear(&s->line);
    next_event(s);
    s->skip_lf = false;
    s->mark = 0;
}

/* What was lent moves to memory of our own. */
static void keep(struct sse *s) {
    if (s->lent.data != NULL)
        buf_add(&s->data, s->lent.data, s->lent.len);
    s->lent = (struct bytes){NULL, 0};
}

static void take_data(struct sse *s, struct bytes value, bool lasting) {
    if (s->any) {
        keep(s);
        buf_char(&s->data, '\n');
        buf_add(&s->data, value.data, value.len);
    } else if (lasting)
        s->lent = value;
    else
        buf_add(&s->data, value.data, value.len);
    s->any = true;
}

static void take_type(struct sse *s, struct bytes value) {
    s->type_len = value.len < sizeof s->type ? value.len : sizeof s->type;
    memcpy(s->type, value.data, s->type_len);
    s->typed = true;
}

/* One line without its end. `lasting`: it lies in the caller's piece. False: the owner wants no
 * more. */
static bool take_line(struct sse *s, struct bytes line, bool lasting, sse_sink *sink,
                      void *context) {
    if (line.len == 0) {
        struct bytes data =
            s->lent.data != NULL ? s->lent : (struct bytes){buf_text(&s->data), s->data.len};
        struct bytes type = {s->typed ? s->type : NULL, s->type_len};
        bool more = !s->any || s->data.failed || sink(context, data, type);
        if (!s->data.failed)
            next_event(s);
        return more;
    }
    const char *colon = memchr(line.data, ':', line.len);
    struct bytes name = {line.data, colon == NULL ? line.len : (size_t)(colon - line.data)};
    struct bytes value = {line.data + line.len, 0};
    if (colon != NULL) {
        value = (struct bytes){colon + 1, line.len - name.len - 1};
        if (value.len > 0 && *value.data == ' ')
            value = (struct bytes){value.data + 1, value.len - 1};
    }
    if (bytes_is(name, "data"))
        take_data(s, value, lasting);
    else if (bytes_is(name, "event"))
        take_type(s, value);
    else if (bytes_is(name, "error")) {
        take_data(s, value, lasting);
        take_type(s, name);
    }
    return true;
}

/* Behind the part of a byte order mark at p; what only looked like one begins the first line. */
static const char *skip_mark(struct sse *s, const char *p, const char *end) {
    while (s->mark < SSE_MARK_OVER && p < end) {
        if (*p != byte_order_mark[s->mark]) {
            if (s->mark > 0)
                buf_add(&s->line, byte_order_mark, s->mark);
            s->mark = SSE_MARK_OVER;
            break;
        }
        s->mark++, p++;
    }
    return p;
}

static const char *line_end(const char *p, const char *end) {
    const char *lf = memchr(p, '\n', (size_t)(end - p));
    const char *cr = memchr(p, '\r', (size_t)((lf != NULL ? lf : end) - p));
    return cr != NULL ? cr : lf;
}

int sse_feed(struct sse *s, const char *bytes, size_t n, sse_sink *sink, void *context) {
    const char *end = bytes + n, *p = skip_mark(s, bytes, end);
    while (p < end) {
        if (s->skip_lf && *p == '\n') {
            s->skip_lf = false;
            p++;
            continue;
        }
        s->skip_lf = false;
        const char *stop = line_end(p, end);
        struct bytes line = {p, (size_t)((stop != NULL ? stop : end) - p)};
        bool split = s->line.len > 0;
        /* Of a comment the colon is enough, so that endless ones take no memory. */
        if ((split ? *s->line.data : *p) == ':')
            line.len = split ? 0 : 1;
        if (line.len > s->line.max)
            return -1;
        if (stop == NULL || split) {
            buf_add(&s->line, line.data, line.len);
            if (s->line.failed)
                return -1;
            line = (struct bytes){s->line.data, s->line.len};
        }
        if (stop == NULL)
            break;
        bool more = take_line(s, line, !split, sink, context);
        buf_clear(&s->line);
        if (s->data.failed)
            return -1;
        s->skip_lf = *stop == '\r';
        p = stop + 1;
        if (!more)
            return 0;
    }
    keep(s);
    return s->data.failed ? -1 : 0;
}

int sse_end(struct sse *s, bool whole, sse_sink *sink, void *context) {
    if (whole && s->line.len > 0) {
        (void)take_line(s, (struct bytes){s->line.data, s->line.len}, false, sink, context);
        buf_clear(&s->line);
    }
    if (s->data.failed)
        return -1;
    (void)take_line(s, (struct bytes){"", 0}, false, sink, context);
    return 0;
}
