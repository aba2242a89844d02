/* Texts with ${...}: constants are put in at once, escaped for the place where they are sent; the rest becomes holes. */
#include <string.h>

#include "scenario/encode.h"
#include "scenario/secret.h"
#include "scenario/template_internal.h"
#include "util/text.h"

/* How many bytes of JSON source and of decoded text the character at `raw` is; the text is valid. */
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

static bool is_utf8(const char *text, size_t n) {
    uint32_t c;
    size_t len;
    for (size_t i = 0; i < n; i += len) {
        if ((unsigned char)text[i] < 0x80) {
            len = 1;
            continue;
        }
        len = text_point(text + i, n - i, &c);
        if (len == 0)
            return false;
    }
    return true;
}

static const char not_utf8[] = "is not UTF-8, which JSON must be";

const char *template_apply(enum expr_kind kind, const char *text, size_t n, struct buf *out) {
    if (kind == EXPR_BASE64) {
        encode_base64(out, text, n);
    } else if (kind == EXPR_URLENCODE) {
        encode_percent(out, text, n);
    } else {
        if (!is_utf8(text, n))
            return not_utf8;
        buf_char(out, '"');
        json_escape(out, text, n);
        buf_char(out, '"');
    }
    return NULL;
}

const char *template_put(enum place place, const char *text, size_t n, struct buf *out) {
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
        if (!is_utf8(text, n))
            return not_utf8;
        json_escape(out, text, n);
        break;
    case PLACE_HEADER:
        if (reader_control(text, n) >= 0)
            return "holds a control character (a line end?), which cannot be sent in a header";
        buf_add(out, text, n);
        break;
    case PLACE_QUOTED:
        if (json_has_nul(text, n))
            return "holds a NUL, which cannot be sent in a part's header";
        encode_quoted(out, text, n);
        break;
    case PLACE_FILE:
        if (json_has_nul(text, n))
            return "holds a NUL, which no file's name can";
        buf_add(out, text, n);
        break;
    }
    return NULL;
}

/* What the file says about a path is a URL already: only what no URL may hold is escaped. */
static int put_path(const struct expansion *x, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        char c = x->text[i];
        if (reader_control(&c, 1) == 0)
            return reader_fail(x->r, expansion_offset(x, i),
                               "a path cannot hold control characters");
        if (c == '#')
            return reader_fail(x->r, expansion_offset(x, i),
                               "what follows '#' in a URL is never sent; write %%23 for the sign");
        if (c == '%' &&
            !(i + 2 < to && text_hex(x->text[i + 1]) >= 0 && text_hex(x->text[i + 2]) >= 0))
            return reader_fail(x->r, expansion_offset(x, i),
                               "'%%' needs two hexadecimal digits; write %%25 for the sign");
        if ((unsigned char)c >= 0x80 || strchr(" \"<>\\^`{|}", c) != NULL)
            encode_percent(x->out, &c, 1);
        else
            buf_char(x->out, c);
    }
    return 0;
}

static int literal(const struct expansion *x, size_t from, size_t to) {
    if (x->place == PLACE_PATH)
        return put_path(x, from, to);
    const char *wrong = template_put(x->place, x->text + from, to - from, x->out);
    if (wrong != NULL)
        return reader_fail(x->r, expansion_offset(x, from), "this text %s", wrong);
    return 0;
}

/* The ${...} at text[*i]; *i becomes the offset behind it. */
static int hole(const struct expansion *x, size_t *i, bool *used_env) {
    struct expr expr = {.kind = EXPR_TEXT};
    size_t start = *i;
    int result = -1;
    *i += 2;
    if (expr_parse(x, i, &expr) != 0)
        goto out;
    if (expr.kind != EXPR_TEXT)
        return template_hole_add(x->r, x, start, x->out->len, x->place, &expr);
    if (used_env != NULL && expr.secret)
        *used_env = true;
    const char *wrong = template_put(x->place, expr.text, expr.len, x->out);
    if (wrong != NULL)
        reader_fail(x->r, expansion_offset(x, start), "the value of %.*s %s",
                    (int)(*i - start > 60 ? 60 : *i - start), x->text + start, wrong);
    else
        result = 0;
out:
    expr_done(&expr);
    return result;
}

int reader_expand(struct reader *r, const char *text, size_t n, size_t at, enum place place,
                  struct buf *out, bool *used_env) {
    struct expansion x = {r, text, n, at, place, out};
    size_t from = 0;
    for (size_t i = 0; i + 1 < n;) {
        const char *dollar = memchr(text + i, '$', n - 1 - i);
        if (dollar == NULL)
            break;
        i = (size_t)(dollar - text);
        if (n - i >= 3 && memcmp(text + i, "$${", 3) == 0) {
            if (literal(&x, from, i) != 0)
                return -1;
            from = i + 1; /* the "${" is literal text */
            i += 3;
        } else if (text[i + 1] == '{') {
            if (literal(&x, from, i) != 0 || hole(&x, &i, used_env) != 0)
                return -1;
            from = i;
        } else {
            i++;
        }
    }
    return literal(&x, from, n);
}
