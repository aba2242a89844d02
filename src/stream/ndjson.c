#include "stream/ndjson.h"

#include <string.h>

void ndjson_init(struct ndjson *s, size_t max_bytes) {
    buf_init(&s->line, max_bytes);
}

void ndjson_done(struct ndjson *s) {
    buf_done(&s->line);
}

void ndjson_begin(struct ndjson *s) {
    buf_clear(&s->line);
}

static bool is_blank(struct bytes line) {
    size_t i = 0;
    while (i < line.len && (line.data[i] == ' ' || line.data[i] == '\t' || line.data[i] == '\r'))
        i++;
    return i == line.len;
}

int ndjson_feed(struct ndjson *s, const char *bytes, size_t n, ndjson_sink *sink, void *context) {
    const char *p = bytes, *end = bytes + n;
    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        struct bytes line = {p, (size_t)((lf != NULL ? lf : end) - p)};
        if (lf == NULL || s->line.len > 0) {
            buf_add(&s->line, line.data, line.len);
            if (s->line.failed)
                return -1;
            line = (struct bytes){buf_text(&s->line), s->line.len};
        }
        if (lf == NULL)
            break;
        if (line.len > s->line.max)
            return -1;
        bool more = is_blank(line) || sink(context, line);
        buf_clear(&s->line);
        p = lf + 1;
        if (!more)
            break;
    }
    return 0;
}

void ndjson_end(struct ndjson *s, ndjson_sink *sink, void *context) {
    struct bytes line = {buf_text(&s->line), s->line.len};
    if (!is_blank(line))
        (void)sink(context, line);
    buf_clear(&s->line);
}
