#include "report/figure_names.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "util/text.h"

/* As wide as a legend of one column may be. */
#define NAME_COLUMNS 40

/* U+FFFD, for what is not UTF-8. */
#define NO_LETTER 0xFFFD

/* The code point at *at, which moves on: by a byte where it is not UTF-8. */
static uint32_t next(const char **at) {
    uint32_t point = NO_LETTER;
    size_t n = text_point(*at, strnlen(*at, TEXT_POINT_BYTES), &point);
    *at += n == 0 ? 1 : n;
    return n == 0 ? NO_LETTER : point;
}

/* About how wide the text is in letters. Not text_columns(): that is for terminals and depends on
 * the locale. */
static size_t letters(const char *text) {
    size_t n = 0;
    while (*text != '\0')
        n += next(&text) < 0x1100 ? 1 : 2; /* from there on most scripts are wide */
    return n;
}

/* Whether XML refuses it, or it turns the text around it. */
static bool is_unfit(uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || (c & 0xFFFE) == 0xFFFE;
}

/* The name as one line of printable UTF-8 that does not end gnuplot's quotes. */
static void clean(struct buf *out, const char *name) {
    for (const char *at = name; *at != '\0';) {
        const char *from = at;
        uint32_t c = next(&at);
        if (c == '"')
            buf_char(out, '\'');
        else if (c == NO_LETTER)
            buf_char(out, '?');
        else if (is_unfit(c))
            buf_char(out, ' ');
        else
            buf_add(out, from, (size_t)(at - from));
    }
}

static void cut_name(struct buf *out, const char *name, size_t most) {
    struct buf whole;
    buf_init(&whole, SIZE_MAX - 1);
    clean(&whole, name);
    if (strspn(buf_text(&whole), " ") == whole.len) {
        buf_clear(&whole);
        buf_str(&whole, "(no name)");
    }
    size_t columns = letters(buf_text(&whole));
    size_t cut = columns > most ? columns - most + 1 : 0; /* 1 for the dots */
    size_t head = (most - 1) / 2;
    size_t column = 0;
    bool dots = false;
    for (const char *at = buf_text(&whole); *at != '\0';) {
        const char *from = at;
        next(&at);
        char one[8] = "";
        memcpy(one, from, (size_t)(at - from));
        bool keep = cut == 0 || column < head || column >= head + cut;
        if (keep)
            buf_str(out, one);
        else if (!dots)
            buf_str(out, "…");
        dots = dots || !keep;
        column += letters(one);
    }
    out->failed = out->failed || whole.failed;
    buf_done(&whole);
}

void figure_names_shown(struct buf *out, const char *name) {
    cut_name(out, name, NAME_COLUMNS);
}

void figure_names_plain(struct buf *out, const char *name) {
    for (const char *at = name; *at != '\0';) {
        const char *from = at;
        uint32_t c = next(&at);
        if (c < 0x530 || c == 0x2026) /* the dots of a cut name */
            buf_add(out, from, (size_t)(at - from));
        else
            buf_char(out, '?');
    }
}

/* gnuplot takes \n and the like in a title for what they stand for. Its SVG escapes < and &, but
 * writes > as it is, though XML forbids ]]> in text (XML 1.0, 2.4), and passes on whatever begins
 * with &#x, be it a character or none. So what of a name would be either is written as &#x. */
static void quote(struct buf *out, const char *name, bool svg) {
    buf_char(out, '"');
    for (const char *at = name; *at != '\0'; at++) {
        if (svg && strncmp(at, "&#x", 3) == 0)
            buf_str(out, "&#x26;");
        else if (svg && *at == '>' && at - name >= 2 && strncmp(at - 2, "]]", 2) == 0)
            buf_str(out, "&#x3E;");
        else
            buf_str(out, *at == '\\' ? "\\\\" : (char[]){*at, '\0'});
    }
    buf_char(out, '"');
}

/* The name for the SVG, in quotes. It must fit the legend as gnuplot reads it, &#x26; and all. */
static void svg_name(struct buf *out, const char *name) {
    struct buf shown, quoted;
    buf_init(&shown, SIZE_MAX - 1);
    buf_init(&quoted, SIZE_MAX - 1);
    for (size_t most = NAME_COLUMNS; most > NAME_COLUMNS / 4; most -= 5) {
        buf_clear(&shown);
        buf_clear(&quoted);
        cut_name(&shown, name, most);
        quote(&quoted, buf_text(&shown), true);
        if (letters(buf_text(&quoted)) <= NAME_COLUMNS + 2) /* the quotes */
            break;
    }
    buf_add(out, buf_text(&quoted), quoted.len);
    out->failed = out->failed || shown.failed || quoted.failed;
    buf_done(&shown);
    buf_done(&quoted);
}

size_t figure_names_head(struct buf *data, const char *name) {
    struct buf shown, plain;
    buf_init(&shown, SIZE_MAX - 1);
    buf_init(&plain, SIZE_MAX - 1);
    svg_name(data, name);
    figure_names_shown(&shown, name);
    figure_names_plain(&plain, buf_text(&shown));
    buf_char(data, ' ');
    quote(data, buf_text(&plain), false);
    buf_char(data, '\n');
    data->failed = data->failed || shown.failed || plain.failed;
    size_t columns = letters(buf_text(&shown));
    buf_done(&shown);
    buf_done(&plain);
    return columns;
}
