#include "scenario/jsonscan.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"

void jsonscan_init(struct jsonscan *s, struct bytes text, uint64_t work_max) {
    *s = (struct jsonscan){text.data + text.len, work_max, NULL};
}

static const char *fail(struct jsonscan *s, const char *wrong) {
    s->wrong = wrong;
    return NULL;
}

const char *jsonscan_space(const struct jsonscan *s, const char *p) {
    while (p < s->end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

/* p is behind the opening quote; returns where the closing one is. */
static const char *string_end(struct jsonscan *s, const char *p) {
    for (; p < s->end; p++) {
        if (*p == '"')
            return p;
        if ((unsigned char)*p < 0x20)
            return fail(s, "a control character in a string");
        if (*p != '\\')
            continue;
        if (++p == s->end)
            break;
        if (*p == 'u' && text_hex4(p + 1, (size_t)(s->end - (p + 1))) < 0)
            return fail(s, "\\u without four hexadecimal digits");
        if (*p == '\0' || strchr("\"\\/bfnrtu", *p) == NULL)
            return fail(s, "an unknown escape in a string");
    }
    return fail(s, "a string does not end");
}

static const char *digits(const char *p, const char *end) {
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static const char *number_end(struct jsonscan *s, const char *p) {
    if (p < s->end && *p == '-')
        p++;
    const char *from = p;
    p = digits(p, s->end);
    if (p == from || (*from == '0' && p - from > 1))
        return fail(s, "no value where one must be");
    if (p < s->end && *p == '.') {
        from = ++p;
        if ((p = digits(p, s->end)) == from)
            return fail(s, "a number without digits after its point");
    }
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < s->end && (*p == '+' || *p == '-'))
            p++;
        from = p;
        if ((p = digits(p, s->end)) == from)
            return fail(s, "a number without digits in its exponent");
    }
    return p;
}

static const char *word_end(struct jsonscan *s, const char *p, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(s->end - p) < n || memcmp(p, word, n) != 0)
        return fail(s, "no value where one must be");
    return p + n;
}

static const char *scalar_end(struct jsonscan *s, const char *p) {
    switch (*p) {
    case '"':
        p = string_end(s, p + 1);
        return p == NULL ? NULL : p + 1;
    case 't':
        return word_end(s, p, "true");
    case 'f':
        return word_end(s, p, "false");
    case 'n':
        return word_end(s, p, "null");
    default:
        return number_end(s, p);
    }
}

/* Behind `"key":`; returns where the value may begin. */
static const char *key_end(struct jsonscan *s, const char *p, struct bytes *key) {
    p = jsonscan_space(s, p);
    if (p == s->end || *p != '"')
        return fail(s, "no key where one must be");
    const char *end = string_end(s, p + 1);
    if (end == NULL)
        return NULL;
    *key = (struct bytes){p + 1, (size_t)(end - p - 1)};
    p = jsonscan_space(s, end + 1);
    if (p == s->end || *p != ':')
        return fail(s, "no ':' after a key");
    return p + 1;
}

/* What stands behind a child: 1 for a comma (p moves behind it), 0 for the end (likewise), -1. */
static int separator(struct jsonscan *s, const char **p, bool object) {
    const char *q = jsonscan_space(s, *p);
    if (q == s->end || (*q != ',' && *q != (object ? '}' : ']'))) {
        fail(s, q == s->end ? "the text ends too early" : "no ',' between two values");
        return -1;
    }
    *p = q + 1;
    return *q == ',';
}

static const char *skip(struct jsonscan *s, const char *p, int depth) {
    struct bytes key;
    p = jsonscan_space(s, p);
    if (p == s->end)
        return fail(s, "the text ends too early");
    if (*p != '{' && *p != '[')
        return scalar_end(s, p);
    if (depth == JSONSCAN_DEPTH_MAX)
        return fail(s, "it is nested more than 512 deep");
    bool object = *p == '{';
    p = jsonscan_space(s, p + 1);
    if (p < s->end && *p == (object ? '}' : ']'))
        return p + 1;
    for (int more = 1; more == 1;) {
        if (object && (p = key_end(s, p, &key)) == NULL)
            return NULL;
        p = skip(s, p, depth + 1);
        if (p == NULL || (more = separator(s, &p, object)) < 0)
            return NULL;
    }
    return p;
}

const char *jsonscan_skip(struct jsonscan *s, const char *p) {
    const char *end = skip(s, p, 0);
    if (end == NULL)
        return NULL;
    uint64_t walked = (uint64_t)(end - p);
    if (walked > s->left)
        return fail(s, "the search would take too long");
    s->left -= walked;
    return end;
}

bool jsonscan_open(const struct jsonscan *s, const char *p, struct jsonscan_children *c) {
    p = jsonscan_space(s, p);
    if (p == s->end || (*p != '{' && *p != '['))
        return false;
    *c = (struct jsonscan_children){p + 1, *p == '{', true, false};
    return true;
}

int jsonscan_next(struct jsonscan *s, struct jsonscan_children *c, struct bytes *key,
                  const char **value) {
    if (c->pending && (c->p = jsonscan_skip(s, c->p)) == NULL)
        return -1;
    c->pending = false;
    if (c->first) {
        const char *p = jsonscan_space(s, c->p);
        if (p < s->end && *p == (c->object ? '}' : ']')) {
            c->p = p + 1;
            return 0;
        }
    } else {
        int more = separator(s, &c->p, c->object);
        if (more <= 0)
            return more;
    }
    c->first = false;
    *key = (struct bytes){0};
    if (c->object && (c->p = key_end(s, c->p, key)) == NULL)
        return -1;
    c->p = jsonscan_space(s, c->p);
    if (c->p == s->end) {
        fail(s, "the text ends too early");
        return -1;
    }
    if (s->left == 0) {
        fail(s, "the search would take too long");
        return -1;
    }
    s->left--; /* a child costs something even where it is not walked over */
    c->pending = true;
    *value = c->p;
    return 1;
}

/* Decodes the escape at p (a backslash, checked before) and says how long it is. */
static size_t escape(const char *p, const char *end, char to[4], size_t *n) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *name = end - p < 2 ? NULL : memchr(names, p[1], sizeof names - 1);
    if (name != NULL) {
        to[0] = values[name - names];
        *n = 1;
        return 2;
    }
    int32_t high = end - p < 6 ? -1 : text_hex4(p + 2, (size_t)(end - (p + 2)));
    if (high < 0) { /* only where the string was never checked */
        to[0] = *p;
        *n = 1;
        return 1;
    }
    uint32_t point = (uint32_t)high;
    size_t taken = 6;
    if (point >= 0xd800 && point < 0xdc00 && end - p >= 12 && p[6] == '\\' && p[7] == 'u') {
        int32_t low = text_hex4(p + 8, (size_t)(end - (p + 8)));
        if (low >= 0xdc00 && low < 0xe000) {
            point = 0x10000 + ((point - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            taken = 12;
        }
    }
    if (point >= 0xd800 && point < 0xe000)
        point = 0xfffd;
    *n = text_put_point(point, to);
    return taken;
}

size_t jsonscan_decode(struct bytes raw, char *to) {
    const char *p = raw.data, *end = raw.data + raw.len;
    char *start = to;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((slash == NULL ? end : slash) - p);
        memmove(to, p, plain);
        to += plain;
        p += plain;
        if (slash != NULL) {
            char decoded[4];
            size_t n;
            p += escape(p, end, decoded, &n);
            memcpy(to, decoded, n);
            to += n;
        }
    }
    return (size_t)(to - start);
}

/* Decoded bytes, one at a time. */
struct letters {
    const char *p, *end;
    bool raw;
    char decoded[4];
    size_t n, i;
};

static int letter(struct letters *l) {
    if (l->i < l->n)
        return (unsigned char)l->decoded[l->i++];
    if (l->p == l->end)
        return -1;
    if (!l->raw || *l->p != '\\')
        return (unsigned char)*l->p++;
    l->p += escape(l->p, l->end, l->decoded, &l->n);
    l->i = 1;
    return (unsigned char)l->decoded[0];
}

/* UTF-8 keeps the order of code points. */
static int compare(struct bytes a, bool a_raw, struct bytes b, bool b_raw) {
    struct letters x = {.p = a.data, .end = a.data + a.len, .raw = a_raw};
    struct letters y = {.p = b.data, .end = b.data + b.len, .raw = b_raw};
    for (;;) {
        int c = letter(&x), d = letter(&y);
        if (c != d)
            return c < d ? -1 : 1;
        if (c < 0)
            return 0;
    }
}

int jsonscan_compare(struct bytes raw, struct bytes text) {
    if (raw.len == text.len && memcmp(raw.data, text.data, raw.len) == 0 &&
        memchr(raw.data, '\\', raw.len) == NULL)
        return 0;
    return compare(raw, true, text, false);
}

int jsonscan_compare_raw(struct bytes raw, struct bytes other) {
    return compare(raw, true, other, true);
}
