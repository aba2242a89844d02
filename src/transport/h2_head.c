#include "transport/h2_head.h"

#include <stdlib.h>
#include <string.h>

#define PSEUDO 4 /* :method, :path, :scheme, :authority */

void h2_head_done(struct h2_head *h) {
    free(h->fields);
    free(h->text);
    *h = (struct h2_head){0};
}

/* nghttp2 neither copies nor changes what the flags say. */
static nghttp2_nv field(struct bytes name, struct bytes value, uint8_t flags) {
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name.data, (uint8_t *)(uintptr_t)value.data, name.len,
                        value.len, flags};
}

static void add(struct h2_head *h, struct bytes name, struct bytes value) {
    h->fields[h->count++] =
        field(name, value, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE);
}

#define WORD(text) ((struct bytes){text, sizeof(text) - 1})

/* RFC 9113 8.2.2: what is about the connection has no place in HTTP/2. */
static bool is_of_connection(struct bytes name, struct bytes value) {
    static const char *const names[] = {"connection",     "keep-alive", "proxy-connection",
                                        "http2-settings", "upgrade",    "transfer-encoding"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_is(name, names[i]))
            return true;
    return bytes_is(name, "te") && !bytes_is_any_case(value, "trailers");
}

/* "METHOD target HTTP/1.1" */
static void take_request_line(struct h2_head *h, struct bytes line, bool tls) {
    const char *space = line.len == 0 ? NULL : memchr(line.data, ' ', line.len);
    size_t method = space == NULL ? line.len : (size_t)(space - line.data);
    struct bytes target = {line.data + method, line.len - method};
    size_t version = sizeof " HTTP/1.1" - 1;
    target.len = target.len > version ? target.len - version : 0;
    if (target.len > 0) {
        target.data++;
        target.len--;
    }
    add(h, WORD(":method"), (struct bytes){line.data, method});
    add(h, WORD(":path"), target);
    add(h, WORD(":scheme"), tls ? WORD("https") : WORD("http"));
    add(h, WORD(":authority"), WORD(""));
}

static void take_field(struct h2_head *h, char *line, size_t n) {
    char *colon = n == 0 ? NULL : memchr(line, ':', n);
    if (colon == NULL)
        return;
    struct bytes name = {line, (size_t)(colon - line)};
    struct bytes value = bytes_trim((struct bytes){colon + 1, n - name.len - 1});
    for (char *c = line; c < colon; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c);
    if (bytes_is(name, "host")) {
        h->fields[PSEUDO - 1].value = (uint8_t *)(uintptr_t)value.data;
        h->fields[PSEUDO - 1].valuelen = value.len;
    } else if (!is_of_connection(name, value))
        add(h, name, value);
}

static size_t count_lines(const char *bytes, size_t n) {
    size_t lines = 0;
    for (size_t i = 0; i < n; i++)
        lines += bytes[i] == '\n';
    return lines;
}

/* Room for the fields, and behind them for those with the extra ones. */
static int make_room(struct h2_head *h, size_t fields, size_t text_bytes) {
    if (fields > h->room) {
        nghttp2_nv *larger =
            reallocarray(h->fields, 2 * fields + H2_HEAD_EXTRA_MAX, sizeof *larger);
        if (larger == NULL)
            return -1;
        h->fields = larger;
        h->room = fields;
    }
    if (text_bytes > h->text_room) {
        char *larger = realloc(h->text, text_bytes);
        if (larger == NULL)
            return -1;
        h->text = larger;
        h->text_room = text_bytes;
    }
    return 0;
}

int h2_head_make(struct h2_head *h, const char *head, size_t bytes, size_t extra_at, bool tls) {
    if (make_room(h, count_lines(head, bytes) + PSEUDO, bytes) != 0)
        return -1;
    memcpy(h->text, head, bytes);
    h->count = 0;
    h->extra_at = SIZE_MAX;
    for (size_t at = 0; at < bytes;) {
        char *line = h->text + at;
        const char *end = memchr(line, '\n', bytes - at);
        size_t whole = end == NULL ? bytes - at : (size_t)(end - line) + 1;
        size_t n = whole;
        n -= n > 0 && line[n - 1] == '\n';
        n -= n > 0 && line[n - 1] == '\r';
        if (h->count > 0 && at >= extra_at && h->extra_at == SIZE_MAX)
            h->extra_at = h->count;
        if (at == 0)
            take_request_line(h, (struct bytes){line, n}, tls);
        else
            take_field(h, line, n);
        at += whole;
    }
    if (h->extra_at == SIZE_MAX)
        h->extra_at = h->count;
    return 0;
}

const nghttp2_nv *h2_head_with(const struct h2_head *h, const struct h2_field *extra,
                               size_t extra_count, size_t *count) {
    *count = h->count + extra_count;
    if (extra_count == 0)
        return h->fields;
    nghttp2_nv *merged = h->fields + h->room;
    memcpy(merged, h->fields, h->extra_at * sizeof *merged);
    for (size_t i = 0; i < extra_count; i++)
        merged[h->extra_at + i] =
            field(extra[i].name, extra[i].value,
                  extra[i].once ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE);
    memcpy(merged + h->extra_at + extra_count, h->fields + h->extra_at,
           (h->count - h->extra_at) * sizeof *merged);
    return merged;
}
