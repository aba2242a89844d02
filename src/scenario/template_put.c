/* One value: escaped for the place where it is sent, or rejected. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scenario/jsonscan.h"
#include "scenario/template_internal.h"
#include "util/encode.h"
#include "util/text.h"

/* How many bytes of JSON source and of decoded text the character at `raw` is; the text is
 * valid. */
static void source_step(const char *raw, size_t *source, size_t *decoded) {
    *source = 1;
    *decoded = 1;
    if (raw[0] != '\\')
        return;
    *source = 2;
    if (raw[1] != 'u')
        return;
    char digits[5] = {raw[2], raw[3], raw[4], raw[5], '\0'};
    unsigned long point = strtoul(digits, NULL, 16);
    bool pair = point >= 0xd800 && point < 0xdc00;
    *source = pair ? 12 : 6;
    *decoded = pair ? 4 : point >= 0x800 ? 3 : point >= 0x80 ? 2 : 1;
}

size_t expansion_offset(const struct expansion *x, size_t i) {
    const char *raw = json_source(x->r->doc) + x->at;
    size_t from = raw[0] == '"' ? 1 : 0, at = 0; /* a number has no quote */
    for (size_t source = 0, decoded = 0; at < i && raw[from] != '\0'; at += decoded) {
        source_step(raw + from, &source, &decoded);
        if (at + decoded > i)
            break;
        from += source;
    }
    return x->at + from;
}

static const char not_utf8[] = "is not UTF-8, which JSON requires";

const char *template_apply(enum expr_kind kind, const char *text, size_t n, struct buf *out) {
    if (kind == EXPR_BASE64) {
        encode_base64(out, text, n);
    } else if (kind == EXPR_URLENCODE) {
        encode_percent(out, text, n);
    } else if (kind == EXPR_VALUE) {
        buf_add(out, text, n);
    } else {
        if (!text_is_utf8(text, n))
            return not_utf8;
        buf_char(out, '"');
        json_escape(out, text, n);
        buf_char(out, '"');
    }
    return NULL;
}

bool template_is_path(const char *text, size_t n) {
    return (n > 0 && text[0] == '/') || (n >= 7 && strncasecmp(text, "http://", 7) == 0) ||
           (n >= 8 && strncasecmp(text, "https://", 8) == 0);
}

/* True where the text is one JSON value and nothing else. */
static bool is_value(const char *text, size_t n) {
    struct jsonscan s;
    jsonscan_init(&s, (struct bytes){text, n}, UINT64_MAX);
    const char *end = jsonscan_skip(&s, text);
    return end != NULL && jsonscan_space(&s, end) == s.end;
}

const char *template_put(enum text_place place, const char *text, size_t n, struct buf *out) {
    switch (place) {
    case PLACE_PLAIN:
        buf_add(out, text, n);
        break;
    case PLACE_PATH:
    case PLACE_QUERY:
        encode_percent(out, text, n);
        break;
    case PLACE_FORM:
        encode_form(out, text, n);
        break;
    case PLACE_JSON:
        if (!text_is_utf8(text, n))
            return not_utf8;
        json_escape(out, text, n);
        break;
    case PLACE_VALUE:
        if (!text_is_utf8(text, n))
            return not_utf8;
        if (!is_value(text, n))
            return "is not a JSON value: a number, true, false, null, a string in quotes, an array "
                   "or an object";
        buf_add(out, text, n);
        break;
    case PLACE_HEADER:
        if (loader_control(text, n) >= 0)
            return "contains a control character (a line end?), which a header cannot hold";
        buf_add(out, text, n);
        break;
    case PLACE_QUOTED:
        if (json_has_nul(text, n))
            return "contains a NUL, which the header of a part cannot hold";
        encode_quoted(out, text, n);
        break;
    case PLACE_WHOLE:
        if (!template_is_path(text, n))
            return "is not a path: it begins with neither \"/\" nor http:// nor https://";
        encode_written(out, text, n);
        break;
    case PLACE_SLASH:
        if (n == 0 || text[0] != '/') {
            encode_percent(out, text, n);
            break;
        }
        if (out->len > 0)
            out->len--; /* the author's "/" */
        encode_written(out, text, n);
        break;
    case PLACE_JOIN:
        buf_char(out, memchr(buf_text(out), '?', out->len) == NULL ? '?' : '&');
        break;
    case PLACE_FILE:
        if (json_has_nul(text, n))
            return "contains a NUL, which a file name cannot hold";
        buf_add(out, text, n);
        break;
    }
    return NULL;
}
