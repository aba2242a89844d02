#include "report/json_text.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "util/text.h"

void json_text(struct buf *out, const char *text) {
    struct buf valid;
    buf_init(&valid, out->max);
    text_repair(&valid, text, strlen(text));
    if (!buf_ok(&valid))
        out->failed = true;
    buf_char(out, '"');
    const char *p = buf_text(&valid);
    for (size_t left = valid.len; left > 0;) {
        uint32_t c = 0;
        size_t n = text_point(p, left, &c);
        n = n == 0 ? 1 : n;
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", (char)c);
        else if (c >= 0x10000)
            buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((c - 0x10000) >> 10)),
                       (unsigned)(0xdc00 + ((c - 0x10000) & 0x3ff)));
        else if (c < 0x20 || c >= 0x7f || c == '<')
            buf_printf(out, "\\u%04x", (unsigned)c);
        else
            buf_char(out, (char)c);
        p += n;
        left -= n;
    }
    buf_char(out, '"');
    buf_done(&valid);
}

void json_number(struct buf *out, double value) {
    if (isfinite(value))
        buf_printf(out, "%.15g", value);
    else
        buf_str(out, "null");
}
