#include "report/csv.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "util/text.h"

/* [+-] digits [. digits] [e [+-] digits], and nothing else. */
static bool is_number(const char *p) {
    p += *p == '+' || *p == '-';
    size_t whole = strspn(p, "0123456789"), part = 0;
    p += whole;
    if (*p == '.') {
        part = strspn(p + 1, "0123456789");
        p += 1 + part;
    }
    if (whole + part == 0)
        return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '+' || *p == '-';
        size_t exponent = strspn(p, "0123456789");
        if (exponent == 0)
            return false;
        p += exponent;
    }
    return *p == '\0';
}

void csv_cell(struct buf *out, const char *text, bool guarded, bool keep_spaces) {
    struct buf shown;
    buf_init(&shown, out->max);
    if (guarded && text[0] != '\0' && strchr("=+-@", text[0]) != NULL)
        buf_char(&shown, '\'');
    text_printable(&shown, text, strlen(text));
    if (!buf_ok(&shown))
        out->failed = true;
    const char *p = buf_text(&shown);
    bool edged = p[0] == ' ' || (shown.len > 0 && p[shown.len - 1] == ' ');
    bool quoted = strpbrk(p, ",\"") != NULL || (keep_spaces && edged);
    if (quoted)
        buf_char(out, '"');
    for (; *p != '\0'; p++) {
        if (*p == '"')
            buf_char(out, '"');
        buf_char(out, *p);
    }
    if (quoted)
        buf_char(out, '"');
    buf_done(&shown);
}

void csv_text(struct buf *out, const char *text) {
    csv_cell(out, text, !is_number(text), true);
}

void csv_number(struct buf *out, double value) {
    if (isfinite(value))
        text_number(out, value);
    else if (!isnan(value))
        buf_str(out, value > 0 ? "inf" : "-inf");
}
