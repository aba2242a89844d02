#include "util/jsonlex.h"

#include <string.h>

#include "util/text.h"

static const char *fail(struct jsonlex_fail *f, enum jsonlex_error error, const char *at) {
    *f = (struct jsonlex_fail){error, at};
    return NULL;
}

/* Whether eight bytes have neither a quote nor a backslash nor a control character. A byte x below
 * 0x80 is below n if and only if the highest bit of x - n is set and that of x is not. */
static bool is_plain(const char *p) {
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    uint64_t x, quote, slash;
    memcpy(&x, p, sizeof x);
    quote = x ^ ones * '"';
    slash = x ^ ones * '\\';
    uint64_t found = (x - ones * 0x20) & ~x;
    found |= (quote - ones) & ~quote;
    found |= (slash - ones) & ~slash;
    return (found & highs) == 0; /* a borrow can only make it false too often */
}

const char *jsonlex_string(const char *p, const char *end, struct jsonlex_fail *f) {
    for (; p < end; p++) {
        for (; end - p >= 8 && is_plain(p); p += 8)
            ;
        if (p == end)
            break;
        if (*p == '"')
            return p;
        if ((unsigned char)*p < 0x20)
            return fail(f, JSONLEX_CONTROL, p);
        if (*p != '\\')
            continue;
        if (++p == end)
            break;
        if (*p == 'u' && text_hex4(p + 1, (size_t)(end - (p + 1))) < 0)
            return fail(f, JSONLEX_HEX, p - 1);
        if (*p == '\0' || strchr("\"\\/bfnrtu", *p) == NULL)
            return fail(f, JSONLEX_ESCAPE, p - 1);
    }
    return fail(f, JSONLEX_OPEN, end);
}

static const char *digits(const char *p, const char *end) {
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

const char *jsonlex_number(const char *p, const char *end, struct jsonlex_fail *f) {
    const char *start = p, *from;
    if (p < end && *p == '-')
        p++;
    from = p;
    p = digits(p, end);
    if (p == from)
        return fail(f, JSONLEX_NUMBER, start);
    if (*from == '0' && p - from > 1)
        return fail(f, JSONLEX_ZERO, start);
    if (p < end && *p == '.') {
        from = ++p;
        if ((p = digits(p, end)) == from)
            return fail(f, JSONLEX_POINT, start);
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        from = p;
        if ((p = digits(p, end)) == from)
            return fail(f, JSONLEX_EXPONENT, start);
    }
    return p;
}

const char *jsonlex_word(const char *p, const char *end) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(end - p) >= n && memcmp(p, words[i], n) == 0)
            return p + n;
    }
    return NULL;
}

size_t jsonlex_escape(const char *p, const char *end, uint32_t *point) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *name = end - p < 2 ? NULL : memchr(names, p[1], sizeof names - 1);
    if (name != NULL) {
        *point = (unsigned char)values[name - names];
        return 2;
    }
    int32_t high = end - p < 6 ? -1 : text_hex4(p + 2, (size_t)(end - (p + 2)));
    if (high < 0) { /* only where the string was never checked */
        *point = (unsigned char)*p;
        return 1;
    }
    *point = (uint32_t)high;
    if (high < 0xd800 || high >= 0xdc00 || end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return 6;
    int32_t low = text_hex4(p + 8, (size_t)(end - (p + 8)));
    if (low < 0xdc00 || low >= 0xe000)
        return 6;
    *point = 0x10000 + (((uint32_t)high - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
    return 12;
}
