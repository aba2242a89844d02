#include "util/markup.h"

#include <string.h>

#include "util/text.h"

static void put(struct buf *out, char c) {
    switch (c) {
    case '&':
        buf_str(out, "&amp;");
        break;
    case '<':
        buf_str(out, "&lt;");
        break;
    case '>':
        buf_str(out, "&gt;");
        break;
    case '"':
        buf_str(out, "&quot;");
        break;
    case '\'':
        buf_str(out, "&#39;");
        break;
    default:
        buf_char(out, c);
    }
}

static void text_of(struct buf *out, const char *text, size_t n) {
    struct buf shown;
    buf_init(&shown, out->max);
    text_printable(&shown, text, n);
    if (!buf_ok(&shown))
        out->failed = true;
    for (const char *p = buf_text(&shown); *p != '\0'; p++)
        put(out, *p);
    buf_done(&shown);
}

void markup_text(struct buf *out, const char *text) {
    text_of(out, text, strlen(text));
}

static void say_rest(struct buf *out, size_t bytes) {
    buf_printf(out, " \xe2\x80\xa6 (%zu more bytes)", bytes);
}

void markup_lines(struct buf *out, const char *text, size_t max) {
    size_t n = strlen(text), take = text_cut(text, n, max);
    for (size_t i = 0; i < take;) {
        size_t line = strcspn(text + i, "\n\t");
        if (line > take - i)
            line = take - i;
        text_of(out, text + i, line);
        i += line;
        if (i < take)
            buf_char(out, text[i++]);
    }
    if (take < n)
        say_rest(out, n - take);
}

void markup_cut(struct buf *out, const char *text, size_t max) {
    size_t n = strlen(text);
    if (n <= max) {
        text_of(out, text, n);
        return;
    }
    size_t head = text_cut(text, n, max / 2);
    size_t tail = text_cut(text, n, n - (max - max / 2));
    text_of(out, text, head);
    buf_str(out, "\xe2\x80\xa6");
    text_of(out, text + tail, n - tail);
}

void markup_foreign(struct buf *out, const char *text) {
    size_t n = strlen(text);
    if (n <= MARKUP_LONG_BYTES) {
        buf_str(out, "<bdi>");
        text_of(out, text, n);
        buf_str(out, "</bdi>");
        return;
    }
    buf_str(out, "<details class=\"long\"><summary><bdi>");
    markup_cut(out, text, MARKUP_LONG_BYTES / 2);
    buf_str(out, "</bdi></summary><bdi>");
    size_t take = text_cut(text, n, MARKUP_WHOLE_BYTES);
    text_of(out, text, take);
    if (take < n)
        say_rest(out, n - take);
    buf_str(out, "</bdi></details>");
}
