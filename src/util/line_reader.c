#include "util/line_reader.h"

#include <inttypes.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

void line_reader_init(struct line_reader *l, const char *name, size_t max_bytes, line_reader_fn *fn,
                      void *context) {
    *l = (struct line_reader){.name = name, .fn = fn, .context = context, .number = 1};
    buf_init(&l->part, max_bytes);
}

void line_reader_done(struct line_reader *l) {
    buf_done(&l->part);
}

static int add(struct line_reader *l, const char *bytes, size_t n, struct err *e) {
    size_t max = l->part.max;
    if (n > max - l->part.len)
        return err_set(e, "%s:%" PRIu64 ": a line is longer than %zu %s", l->name, l->number,
                       max % MIB == 0 ? max / MIB : max, max % MIB == 0 ? "MiB" : "bytes");
    buf_add(&l->part, bytes, n);
    return buf_ok(&l->part) ? 0 : err_memory(e, "a line of %s", l->name);
}

static int end_line(struct line_reader *l, struct err *e) {
    size_t n = l->part.len;
    size_t mark = l->number == 1 && n >= 3 && memcmp(l->part.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    struct read_line line = {buf_text(&l->part) + mark, n - mark, l->number, l->at + mark};
    int result = l->fn(l->context, &line, e);
    l->number++;
    l->at += n + 1;
    buf_clear(&l->part);
    return result;
}

int line_reader_feed(struct line_reader *l, const char *bytes, size_t n, struct err *e) {
    const char *end = bytes + n;
    while (bytes < end) {
        const char *feed = memchr(bytes, '\n', (size_t)(end - bytes));
        if (add(l, bytes, (size_t)((feed == NULL ? end : feed) - bytes), e) != 0)
            return -1;
        if (feed == NULL)
            return 0;
        if (end_line(l, e) != 0)
            return -1;
        bytes = feed + 1;
    }
    return 0;
}

int line_reader_end(struct line_reader *l, struct err *e) {
    return l->part.len > 0 ? end_line(l, e) : 0;
}
