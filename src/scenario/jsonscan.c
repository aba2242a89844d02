#include "scenario/jsonscan.h"

#include <stdlib.h>
#include <string.h>

#include "util/jsonlex.h"
#include "util/text.h"

#define NO_VALUE "a value is missing"

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

static const char *token_fail(struct jsonscan *s, const struct jsonlex_fail *f) {
    static const char *const texts[] = {
        [JSONLEX_CONTROL] = "a control character in a string",
        [JSONLEX_OPEN] = "a string is not closed",
        [JSONLEX_ESCAPE] = "an unknown escape in a string",
        [JSONLEX_HEX] = "\\u without four hexadecimal digits",
        [JSONLEX_NUMBER] = NO_VALUE,
        [JSONLEX_ZERO] = NO_VALUE,
        [JSONLEX_POINT] = "a number without digits after its point",
        [JSONLEX_EXPONENT] = "a number without digits in its exponent",
    };
    return fail(s, texts[f->error]);
}

/* p is behind the opening quote; returns where the closing one is. */
static const char *string_end(struct jsonscan *s, const char *p) {
    struct jsonlex_fail wrong;
    const char *end = jsonlex_string(p, s->end, &wrong);
    return end != NULL ? end : token_fail(s, &wrong);
}

static const char *scalar_end(struct jsonscan *s, const char *p) {
    struct jsonlex_fail wrong;
    const char *end;
    if (*p == '"') {
        end = string_end(s, p + 1);
        return end == NULL ? NULL : end + 1;
    }
    if (*p == '-' || (*p >= '0' && *p <= '9')) {
        end = jsonlex_number(p, s->end, &wrong);
        return end != NULL ? end : token_fail(s, &wrong);
    }
    end = jsonlex_word(p, s->end);
    return end != NULL ? end : fail(s, NO_VALUE);
}

/* Behind `"key":`; returns where the value may begin. */
static const char *key_end(struct jsonscan *s, const char *p, struct bytes *key) {
    p = jsonscan_space(s, p);
    if (p == s->end || *p != '"')
        return fail(s, "a key is missing");
    const char *end = string_end(s, p + 1);
    if (end == NULL)
        return NULL;
    *key = (struct bytes){p + 1, (size_t)(end - p - 1)};
    p = jsonscan_space(s, end + 1);
    if (p == s->end || *p != ':')
        return fail(s, "':' is missing after a key");
    return p + 1;
}

/* What stands behind a child: 1 for a comma (p moves behind it), 0 for the end (likewise), -1. */
static int separator(struct jsonscan *s, const char **p, bool object) {
    const char *q = jsonscan_space(s, *p);
    if (q == s->end || (*q != ',' && *q != (object ? '}' : ']'))) {
        fail(s, q == s->end ? "the text ends too early" : "',' is missing between two values");
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
static size_t escape(const char *p, const char *end, char to[TEXT_POINT_BYTES], size_t *n) {
    uint32_t point;
    size_t taken = jsonlex_escape(p, end, &point);
    *n = text_put_point(point >= 0xd800 && point < 0xe000 ? 0xfffd : point, to);
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
