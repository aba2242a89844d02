#include "util/encode.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "util/text.h"

static bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Appends all characters but letters, digits and those in `keep` as %XX. */
static void percent(struct buf *out, const char *text, size_t n, const char *keep) {
    for (size_t i = 0; i < n; i++) {
        if (is_alnum(text[i]) || (text[i] != '\0' && strchr(keep, text[i]) != NULL))
            buf_char(out, text[i]);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)text[i]);
    }
}

void encode_percent(struct buf *out, const char *text, size_t n) {
    percent(out, text, n, "-._~");
}

void encode_written(struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n && text[i] != '#'; i++) {
        unsigned char c = (unsigned char)text[i];
        bool coded =
            c == '%' && i + 2 < n && text_hex(text[i + 1]) >= 0 && text_hex(text[i + 2]) >= 0;
        if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c) != NULL || (c == '%' && !coded))
            buf_printf(out, "%%%02X", (unsigned)c);
        else
            buf_char(out, text[i]);
    }
}

void encode_form(struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (text[i] == ' ')
            buf_char(out, '+');
        else
            percent(out, text + i, 1, "-._*");
    }
}

void encode_base64(struct buf *out, const char *text, size_t n) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)text;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t group = (uint32_t)p[i] << 16;
        if (left > 1)
            group |= (uint32_t)p[i + 1] << 8;
        if (left > 2)
            group |= p[i + 2];
        buf_char(out, digits[group >> 18]);
        buf_char(out, digits[(group >> 12) & 63]);
        buf_char(out, left > 1 ? digits[(group >> 6) & 63] : '=');
        buf_char(out, left > 2 ? digits[group & 63] : '=');
    }
}

void encode_quoted(struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"' || text[i] == '\r' || text[i] == '\n')
            buf_printf(out, "%%%02X", (unsigned)text[i]);
        else
            buf_char(out, text[i]);
    }
}

/* The value of a digit in either alphabet; -1 for anything else. */
static int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

bool decode_base64(struct buf *out, const char *text, size_t n) {
    char bytes[1024]; /* images in requests are large: a call for each byte would cost more */
    uint32_t bits = 0;
    int have = 0;
    size_t i = 0, digits = 0, count = 0;
    for (; i < n && text[i] != '='; i++) {
        int digit = base64_digit(text[i]);
        if (digit < 0) {
            if (text[i] == '\0' || strchr(" \t\r\n", text[i]) == NULL)
                return false;
            continue;
        }
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        digits++;
        if (have >= 8) {
            have -= 8;
            bytes[count++] = (char)(bits >> have & 0xff);
        }
        if (count == sizeof bytes) {
            buf_add(out, bytes, count);
            count = 0;
        }
    }
    if (count > 0)
        buf_add(out, bytes, count);
    for (; i < n; i++)
        if (text[i] == '\0' || strchr("= \t\r\n", text[i]) == NULL)
            return false;
    return digits % 4 != 1;
}

bool decode_percent(struct buf *out, const char *text, size_t n, bool plus) {
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '%' && i + 2 < n && text_hex(text[i + 1]) >= 0 &&
            text_hex(text[i + 2]) >= 0) {
            buf_char(out, (char)(text_hex(text[i + 1]) * 16 + text_hex(text[i + 2])));
            i += 2;
        } else {
            good = good && text[i] != '%';
            buf_char(out, plus && text[i] == '+' ? ' ' : text[i]);
        }
    }
    return good;
}
