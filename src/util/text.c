#include "util/text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define WORD_MAX_BYTES 64

/* Levenshtein distance over bytes; words longer than the ceiling count as far apart. */
static size_t distance(const char *a, const char *b) {
    size_t na = strlen(a), nb = strlen(b);
    if (na > WORD_MAX_BYTES || nb > WORD_MAX_BYTES)
        return SIZE_MAX;
    size_t row[WORD_MAX_BYTES + 1];
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[nb];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t n) {
    const char *best = NULL;
    /* A third of the word may be wrong, two letters at least: "wieght" finds "weight", "x" finds
     * nothing. */
    size_t limit = strlen(word) / 3 < 2 ? 2 : strlen(word) / 3;
    if (strlen(word) <= limit)
        limit = strlen(word) > 1 ? strlen(word) - 1 : 0;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, candidates[i]);
        if (d <= limit) {
            best = candidates[i];
            if (d == 0)
                break;
            limit = d - 1;
        }
    }
    return best;
}

/* Length of the UTF-8 sequence at p with its code point, or 0 where it is not one (RFC 3629). */
static size_t utf8(const unsigned char *p, size_t n, uint32_t *point) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (p[0] < 0x80) {
        *point = p[0];
        return 1;
    }
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 0;
    if (len == 0 || p[0] > 0xf4 || len > n)
        return 0;
    uint32_t c = p[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = (c << 6) | (p[i] & 0x3fu);
    }
    if (c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *point = c;
    return len;
}

/* Beyond C0, DEL and C1: the marks that reorder or hide text on a line, and what is no character
 * and XML refuses. */
static bool is_control(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
           c == 0x61c || (c & 0xfffe) == 0xfffe;
}

void text_printable(struct buf *out, const char *text, size_t n) {
    const unsigned char *p = (const unsigned char *)text;
    for (size_t i = 0; i < n;) {
        uint32_t c = 0;
        size_t len = utf8(p + i, n - i, &c);
        if (len > 0 && !is_control(c)) {
            buf_add(out, p + i, len);
            i += len;
            continue;
        }
        for (size_t k = 0; k < (len == 0 ? 1 : len); k++)
            buf_printf(out, "\\x%02x", p[i + k]);
        i += len == 0 ? 1 : len;
    }
}

void text_repair(struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n;) {
        uint32_t c = 0;
        size_t len = utf8((const unsigned char *)text + i, n - i, &c);
        if (len > 0)
            buf_add(out, text + i, len);
        else
            buf_str(out, "\xef\xbf\xbd");
        i += len == 0 ? 1 : len;
    }
}

void text_number(struct buf *out, double value) {
    bool whole = value == floor(value) && fabs(value) < 0x1p63;
    buf_printf(out, whole ? "%.0f" : "%.15g", value);
}

struct text_rounded text_rounded(double value, int digits) {
    struct text_rounded r;
    /* From where %g would round up to 10^digits, and have an exponent. */
    if (fabs(value) >= pow(10, digits) - 0.5 && fabs(value) < 1e15)
        snprintf(r.text, sizeof r.text, "%.0f", value);
    else
        snprintf(r.text, sizeof r.text, "%.*g", digits, value);
    return r;
}

const char *text_plural(uint64_t n) {
    return n == 1 ? "" : "s";
}

const char *text_plural_of(double n) {
    return text_plural(n == 1 ? 1 : 2);
}

size_t text_columns(const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    size_t n = strlen(text), columns = 0;
    for (size_t i = 0; i < n;) {
        uint32_t c = 0;
        size_t len = utf8(p + i, n - i, &c);
        int w = len > 0 ? wcwidth((wchar_t)c) : 1;
        columns += w < 0 ? 1 : (size_t)w;
        i += len == 0 ? 1 : len;
    }
    return columns;
}

size_t text_point(const char *text, size_t n, uint32_t *point) {
    return n == 0 ? 0 : utf8((const unsigned char *)text, n, point);
}

bool text_is_utf8(const char *text, size_t n) {
    const unsigned char *p = (const unsigned char *)text;
    uint32_t point;
    for (size_t i = 0, len; i < n; i += len) {
        len = p[i] < 0x80 ? 1 : utf8(p + i, n - i, &point);
        if (len == 0)
            return false;
    }
    return true;
}

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

size_t text_cut(const char *text, size_t n, size_t max) {
    if (n <= max)
        return n;
    size_t cut = max;
    while (cut > 0 && max - cut < TEXT_POINT_BYTES - 1 && is_continuation(text[cut]))
        cut--;
    return is_continuation(text[cut]) ? max : cut;
}

size_t text_characters(const char *text, size_t n) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += !is_continuation(text[i]);
    return count;
}

int text_hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

int32_t text_hex4(const char *text, size_t n) {
    int32_t v = 0;
    if (n < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = text_hex(text[i]);
        if (digit < 0)
            return -1;
        v = v * 16 + digit;
    }
    return v;
}

size_t text_put_point(uint32_t point, char to[TEXT_POINT_BYTES]) {
    size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; point >>= 6)
        to[i] = (char)(0x80 | (point & 0x3f));
    to[0] = (char)(first[n] | (n == 4 ? point & 7 : point));
    return n;
}
