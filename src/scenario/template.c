/* Texts with ${...}: constants are inserted at once, escaped for the place where they are sent;
 * all else becomes holes. */
#include <string.h>

#include "scenario/template_internal.h"
#include "util/encode.h"
#include "util/text.h"

/* What the file says about a path is a URL already: only what no URL may hold is escaped. */
static int put_path(const struct expansion *x, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        char c = x->text[i];
        if (loader_control(&c, 1) == 0)
            return loader_fail(x->r, expansion_offset(x, i),
                               "a path cannot contain control characters");
        if (c == '#')
            return loader_fail(x->r, expansion_offset(x, i),
                               "text after '#' in a URL is never sent; write %%23 for a literal #");
        if (c == '%' &&
            !(i + 2 < to && text_hex(x->text[i + 1]) >= 0 && text_hex(x->text[i + 2]) >= 0))
            return loader_fail(x->r, expansion_offset(x, i),
                               "'%%' needs two hexadecimal digits; write %%25 for a literal %%");
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
        return loader_fail(x->r, expansion_offset(x, from), "this text %s", wrong);
    return 0;
}

/* Where in a path the ${...} from `start` to `end` of the string stands. */
static enum text_place place_in(const struct expansion *x, size_t start, size_t end,
                                const struct expr *e) {
    if (x->place != PLACE_PATH || start > 1 ||
        (start == 1 && (e->kind == EXPR_URLENCODE || e->escaped)))
        return x->place;
    if (start == 0)
        return PLACE_WHOLE;
    return x->text[0] == '/' && (end == x->n || x->text[end] == '?') ? PLACE_SLASH : PLACE_PATH;
}

/* False for a value that can never be the beginning of a path. */
static bool may_begin_path(const struct expr *e) {
    if (e->kind == EXPR_RANDOM_CHOICE)
        for (size_t i = 0; i < e->count; i++)
            if (!template_is_path(e->args[i].text, e->args[i].len))
                return false;
    return e->kind == EXPR_TEXT || e->kind == EXPR_VARIABLE || e->kind == EXPR_FIELD ||
           e->kind == EXPR_RANDOM_CHOICE;
}

/* The ${...} at text[*i]; *i becomes the offset behind it. */
static int hole(const struct expansion *x, size_t *i, bool *used_env) {
    struct expr expr = {.kind = EXPR_TEXT};
    size_t start = *i;
    int result = -1;
    *i += 2;
    if (expr_parse(x, i, &expr) != 0)
        goto out;
    enum text_place place = place_in(x, start, *i, &expr);
    if (expr.kind == EXPR_VALUE && place != PLACE_VALUE) {
        loader_fail(x->r, expansion_offset(x, start),
                    "value() must be a whole string of a \"json\" body, as in \"max_tokens\": "
                    "\"${value(n)}\"");
        goto out;
    }
    if (place == PLACE_VALUE && *i != x->n) {
        loader_fail(x->r, expansion_offset(x, *i),
                    "value() must be the whole string; write the values as two strings");
        goto out;
    }
    if (place == PLACE_WHOLE && !may_begin_path(&expr)) {
        loader_fail(x->r, expansion_offset(x, start),
                    "a path cannot begin with this value, because it does not begin with \"/\"; "
                    "write \"/\" before it");
        goto out;
    }
    if (expr.kind != EXPR_TEXT)
        return template_hole_add(x->r, x, start, x->out->len, place, &expr);
    if (used_env != NULL && expr.secret)
        *used_env = true;
    if (expr.escaped && place == PLACE_PATH)
        place = PLACE_PLAIN; /* the author has escaped it for the URL already */
    const char *wrong = template_put(place, expr.text, expr.len, x->out);
    if (wrong != NULL)
        loader_fail(x->r, expansion_offset(x, start), "the value of %.*s %s",
                    (int)(*i - start > 60 ? 60 : *i - start), x->text + start, wrong);
    else
        result = 0;
out:
    expr_done(&expr);
    return result;
}

int template_expand(struct loader *r, const char *text, size_t n, size_t at, enum text_place place,
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
            if ((i > from && literal(&x, from, i) != 0) || hole(&x, &i, used_env) != 0)
                return -1;
            from = i;
        } else {
            i++;
        }
    }
    return place == PLACE_VALUE ? 0 : literal(&x, from, n); /* that is one ${...} */
}
