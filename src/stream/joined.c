#include "stream/joined.h"

#include <string.h>

#include "util/jsonlex.h"
#include "util/text.h"

#define REPLACEMENT 0xfffd

void joined_init(struct joined *j) {
    *j = (struct joined){0};
    buf_init(&j->text, 0);
}

void joined_done(struct joined *j) {
    buf_done(&j->text);
}

void joined_begin(struct joined *j, size_t max_bytes) {
    buf_clear(&j->text);
    j->text.max = j->max = max_bytes;
    j->high = 0;
    j->cut = false;
}

/* Bytes that complete what waits, or come after it. */
static void append(struct joined *j, const char *bytes, size_t n) {
    size_t room = j->max - j->text.len;
    if (j->cut || n == 0)
        return;
    if (n > room) {
        n = text_cut(bytes, n, room);
        j->cut = true;
    }
    buf_add(&j->text, bytes, n);
    if (!buf_ok(&j->text)) /* no memory */
        j->cut = true;
}

static void append_point(struct joined *j, uint32_t point) {
    char bytes[TEXT_POINT_BYTES];
    append(j, bytes, text_put_point(point, bytes));
}

static void end_half(struct joined *j) {
    if (j->high != 0)
        append_point(j, REPLACEMENT);
    j->high = 0;
}

void joined_add(struct joined *j, struct bytes text) {
    if (text.len == 0)
        return;
    end_half(j);
    append(j, text.data, text.len);
}

static void add_point(struct joined *j, uint32_t point) {
    bool low = point >= 0xdc00 && point < 0xe000;
    if (low && j->high != 0) {
        append_point(j, 0x10000 + ((j->high - 0xd800) << 10) + (point - 0xdc00));
        j->high = 0;
        return;
    }
    end_half(j);
    if (point >= 0xd800 && point < 0xdc00)
        j->high = point;
    else
        append_point(j, low ? REPLACEMENT : point);
}

void joined_add_json(struct joined *j, struct bytes raw) {
    const char *p = raw.data, *end = p + raw.len;
    while (p < end && !j->cut) {
        const char *escape = memchr(p, '\\', (size_t)(end - p));
        joined_add(j, (struct bytes){p, (size_t)((escape != NULL ? escape : end) - p)});
        if (escape == NULL)
            break;
        uint32_t point;
        p = escape + jsonlex_escape(escape, end, &point);
        add_point(j, point);
    }
}

void joined_end(struct joined *j) {
    end_half(j);
}

struct joined_mark joined_here(const struct joined *j) {
    return (struct joined_mark){j->text.len, j->high, j->cut};
}

void joined_back(struct joined *j, struct joined_mark mark) {
    if (j->text.data != NULL) {
        j->text.len = mark.len;
        j->text.data[mark.len] = '\0';
    }
    j->high = mark.high;
    j->cut = mark.cut;
}
