/* Putting ${env.NAME} into texts, escaped for the place where the text is sent. */
#include <string.h>

#include "scenario/encode.h"
#include "scenario/reader.h"
#include "scenario/secret.h"
#include "util/text.h"

struct expansion {
    struct reader *r;
    const char *text;
    size_t n, at;
    enum place place;
    struct buf *out;
};

/* The offset in the file of byte i of the text: exact where the string holds no escapes, else its
 * start. */
static size_t offset(const struct expansion *x, size_t i) {
    const char *raw = json_source(x->r->doc) + x->at + 1;
    return strncmp(raw, x->text, x->n) == 0 ? x->at + 1 + i : x->at;
}

static bool is_name(char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

static void put(const struct expansion *x, const char *text, size_t n) {
    switch (x->place) {
    case PLACE_PLAIN:
        buf_add(x->out, text, n);
        break;
    case PLACE_PATH:
    case PLACE_QUERY:
        encode_percent(x->out, text, n);
        break;
    case PLACE_FORM:
        encode_form(x->out, text, n);
        break;
    case PLACE_JSON:
        json_escape(x->out, text, n);
        break;
    }
}

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What the file says about a path is a URL already: only what no URL may hold is escaped. */
static int put_path(const struct expansion *x, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        char c = x->text[i];
        if (reader_control(&c, 1) == 0)
            return reader_fail(x->r, offset(x, i), "a path cannot hold control characters");
        if (c == '#')
            return reader_fail(x->r, offset(x, i),
                               "what follows '#' in a URL is never sent; write %%23 for the sign");
        if (c == '%' && !(i + 2 < to && is_hex(x->text[i + 1]) && is_hex(x->text[i + 2])))
            return reader_fail(x->r, offset(x, i),
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
    put(x, x->text + from, to - from);
    return 0;
}

static bool is_utf8(const char *text) {
    uint32_t c;
    size_t n = strlen(text), len = 0;
    for (size_t i = 0; i < n; i += len) {
        len = text_point(text + i, n - i, &c);
        if (len == 0)
            return false;
    }
    return true;
}

/* The variable between text[i] ("${") and text[end] ("}"). */
static int variable(const struct expansion *x, size_t i, size_t end) {
    struct reader *r = x->r;
    const char *name = x->text + i + 2;
    size_t n = end - i - 2;
    char copy[256];
    if (n <= 4 || memcmp(name, "env.", 4) != 0)
        return reader_fail(
            r, offset(x, i),
            "unknown variable ${%.*s}; this version has ${env.NAME} only, and $${ for a "
            "plain ${",
            n > 60 ? 60 : (int)n, name);
    name += 4;
    n -= 4;
    for (size_t k = 0; k < n; k++)
        if (!is_name(name[k], k == 0) || n >= sizeof copy)
            return reader_fail(r, offset(x, i),
                               "\"%.*s\" cannot be a variable's name; it has letters, digits and _",
                               n > 60 ? 60 : (int)n, name);
    memcpy(copy, name, n);
    copy[n] = '\0';
    const char *value = r->env(copy, r->env_context);
    if (value == NULL)
        return reader_fail(r, offset(x, i), "%s is not set; set %s in the environment", copy, copy);
    if (secret_add(r->s, value) != 0 || secret_name_add(r->s, copy, n) != 0)
        return reader_memory(r);
    if (x->place == PLACE_JSON && !is_utf8(value))
        return reader_fail(r, offset(x, i), "the value of %s is not UTF-8, which JSON must be",
                           copy);
    put(x, value, strlen(value));
    return 0;
}

int reader_expand(struct reader *r, const char *text, size_t n, size_t at, enum place place,
                  struct buf *out, bool *used_env) {
    struct expansion x = {r, text, n, at, place, out};
    size_t from = 0;
    for (size_t i = 0; i + 1 < n;) {
        if (n - i >= 3 && memcmp(text + i, "$${", 3) == 0) {
            if (literal(&x, from, i) != 0)
                return -1;
            from = i + 1; /* the "${" is literal text */
            i += 3;
        } else if (text[i] == '$' && text[i + 1] == '{') {
            const char *close = memchr(text + i, '}', n - i);
            if (close == NULL)
                return reader_fail(r, offset(&x, i), "this ${ has no }; write $${ for a plain ${");
            size_t end = (size_t)(close - text);
            if (literal(&x, from, i) != 0 || variable(&x, i, end) != 0)
                return -1;
            if (used_env != NULL)
                *used_env = true;
            from = i = end + 1;
        } else {
            i++;
        }
    }
    return literal(&x, from, n);
}
