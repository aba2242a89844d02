#include <inttypes.h>
#include <string.h>

#include "report/latex.h"
#include "util/text.h"

/* By the character: what stands for it. Those that are not here mean themselves. */
static const char *const marks[128] = {
    ['\\'] = "\\textbackslash{}",
    ['{'] = "\\{",
    ['}'] = "\\}",
    ['$'] = "\\$",
    ['&'] = "\\&",
    ['#'] = "\\#",
    ['%'] = "\\%",
    ['_'] = "\\_",
    ['~'] = "\\textasciitilde{}",
    ['^'] = "\\textasciicircum{}",
    ['<'] = "\\textless{}",
    ['>'] = "\\textgreater{}",
    ['|'] = "\\textbar{}",
    ['`'] = "\\textasciigrave{}",
    ['"'] = "\\symbol{34}", /* a shorthand in babel's German */
    ['\''] = "\\textquotesingle{}",
    ['['] = "{[}", /* after \\ it would be an argument, and so would a star */
    [']'] = "{]}",
    ['*'] = "{*}",

    ['='] = "{=}",
};

/* Latin letters that pdflatex has in every font encoding: those of Latin-1, without eth and
 * thorn. */
static bool has_letter(uint32_t point) {
    return point >= 0xc0 && point <= 0xff && point != 0xd0 && point != 0xde && point != 0xf0 &&
           point != 0xfe;
}

static void add_point(struct buf *out, const char *text, size_t n, uint32_t point) {
    if (point < 0x80 && marks[point] != NULL)
        buf_str(out, marks[point]);
    else if (point < 0x80 || has_letter(point))
        buf_add(out, text, n);
    else if (point == 0x2013)
        buf_str(out, "--");
    else
        buf_printf(out, "\\textsl{U+%04" PRIX32 "}", point);
}

/* Two of them would be another character: a dash, a quotation mark. */
static bool joins(char c, char before) {
    return c == before && (c == '-' || c == ',');
}

/* Of a text that is longer than `most`, its first and last characters. */
static void add(struct buf *out, const char *text, size_t most) {
    struct buf shown;
    buf_init(&shown, out->max);
    text_printable(&shown, text, strlen(text));
    if (!buf_ok(&shown))
        out->failed = true;
    size_t left = shown.len, all = text_characters(buf_text(&shown), shown.len), at = 0;
    char before = ' ';
    for (const char *p = buf_text(&shown); left > 0; at++) {
        uint32_t point = 0;
        size_t n = text_point(p, left, &point);
        if (n == 0) /* cannot be: text_printable() leaves UTF-8 only */
            break;
        if (all <= most || at < most / 2 || at >= all - most / 2) {
            buf_str(out, joins(*p, before) ? "{}" : "");
            add_point(out, p, n, point);
        } else if (at == most / 2)
            buf_str(out, "\\ldots{}");
        before = *p;
        p += n;
        left -= n;
    }
    buf_done(&shown);
}

void latex_text(struct buf *out, const char *text) {
    add(out, text, LATEX_TEXT_MAX);
}

void latex_sentence(struct buf *out, const char *text) {
    add(out, text, SIZE_MAX);
}
