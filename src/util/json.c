#include "util/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define CHUNK_BYTES ((size_t)65536)

struct chunk {
    struct chunk *next;
    size_t used, cap;
    _Alignas(max_align_t) char data[];
};

struct json_doc {
    char *name;
    char *source;
    size_t bytes;
    struct json *root;
    struct chunk *chunks;
};

struct parser {
    struct json_doc *d;
    size_t at;
    size_t values;
    int depth;
    struct err *e;
};

static void *arena(struct json_doc *d, size_t n) {
    n = (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    struct chunk *c = d->chunks;
    if (c == NULL || c->cap - c->used < n) {
        size_t cap = n > CHUNK_BYTES ? n : CHUNK_BYTES;
        c = malloc(sizeof *c + cap);
        if (c == NULL)
            return NULL;
        c->next = d->chunks;
        c->used = 0;
        c->cap = cap;
        d->chunks = c;
    }
    void *p = c->data + c->used;
    c->used += n;
    return p;
}

void json_free(struct json_doc *d) {
    if (d == NULL)
        return;
    while (d->chunks != NULL) {
        struct chunk *c = d->chunks;
        d->chunks = c->next;
        free(c);
    }
    free(d->name);
    free(d->source);
    free(d);
}

void json_where(const struct json_doc *d, size_t at, size_t *line, size_t *column) {
    size_t l = 1, c = 1;
    if (at > d->bytes)
        at = d->bytes;
    /* A byte order mark is no character of the first line. */
    size_t i = d->bytes >= 3 && memcmp(d->source, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (; i < at; i++) {
        if (d->source[i] == '\n') {
            l++;
            c = 1;
        } else if (((unsigned char)d->source[i] & 0xc0) != 0x80) {
            c++;
        }
    }
    *line = l;
    *column = c;
}

__attribute__((format(printf, 4, 0))) static int
fail_at(const struct json_doc *d, size_t at, struct err *e, const char *format, va_list args) {
    char text[sizeof e->text];
    size_t line, column;
    vsnprintf(text, sizeof text, format, args);
    json_where(d, at, &line, &column);
    return err_set(e, "%s:%zu:%zu: %s", d->name, line, column, text);
}

int json_fail(const struct json_doc *d, size_t at, struct err *e, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fail_at(d, at, e, format, args);
    va_end(args);
    return -1;
}

__attribute__((format(printf, 3, 4))) static int fail(struct parser *p, size_t at,
                                                      const char *format, ...) {
    va_list args;
    va_start(args, format);
    fail_at(p->d, at, p->e, format, args);
    va_end(args);
    return -1;
}

/* The byte under the cursor, or -1 at the end. */
static int peek(const struct parser *p) {
    return p->at < p->d->bytes ? (unsigned char)p->d->source[p->at] : -1;
}

/* What stands at the cursor, for "expected ..., not ...". */
static const char *found(const struct parser *p, char out[32]) {
    int c = peek(p);
    if (c < 0)
        snprintf(out, 32, "the end of the file");
    else if (c == '\'')
        snprintf(out, 32, "a single quote");
    else if (c > 0x20 && c < 0x7f)
        snprintf(out, 32, "'%c'", c);
    else if (c >= 0x80)
        snprintf(out, 32, "'%.*s'", c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2, p->d->source + p->at);
    else
        snprintf(out, 32, "the control character \\u%04x", (unsigned)c);
    return out;
}

/* Moves over spaces and comments. */
static int skip(struct parser *p) {
    const char *s = p->d->source;
    for (;;) {
        int c = peek(p);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            p->at++;
        } else if (c == '/' && s[p->at + 1] == '/') {
            while (peek(p) >= 0 && peek(p) != '\n')
                p->at++;
        } else if (c == '/' && s[p->at + 1] == '*') {
            size_t start = p->at, end = p->at + 2;
            while (end + 1 < p->d->bytes && !(s[end] == '*' && s[end + 1] == '/'))
                end++;
            if (end + 1 >= p->d->bytes)
                return fail(p, start, "this comment does not end; close it with */");
            p->at = end + 2;
        } else {
            return 0;
        }
    }
}

/* Decodes the escape under the cursor (a backslash) to *to and moves behind it. */
static int escape(struct parser *p, char **to) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *s = p->d->source + p->at;
    const char *name = s[1] == '\0' ? NULL : strchr(names, s[1]);
    if (name != NULL) {
        *(*to)++ = values[name - names];
        p->at += 2;
        return 0;
    }
    if (s[1] != 'u')
        return fail(p, p->at, "there is no such escape in JSON; a backslash is written \\\\");
    const char *end = p->d->source + p->d->bytes;
    int32_t c = text_hex4(s + 2, (size_t)(end - s) - 2);
    if (c < 0)
        return fail(p, p->at, "\\u needs four hexadecimal digits");
    size_t used = 6;
    if (c >= 0xd800 && c <= 0xdbff && s[6] == '\\' && s[7] == 'u') {
        int32_t low = text_hex4(s + 8, (size_t)(end - s) - 8);
        if (low >= 0xdc00 && low <= 0xdfff) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            used = 12;
        }
    }
    if (c >= 0xd800 && c <= 0xdfff)
        return fail(p, p->at, "half of a surrogate pair alone is no character");
    *to += text_put_point((uint32_t)c, *to);
    p->at += used;
    return 0;
}

/* Reads the string under the cursor (a quote). */
static int string(struct parser *p, const char **text, size_t *len) {
    const char *s = p->d->source;
    size_t start = p->at, end = start + 1;
    while (end < p->d->bytes && s[end] != '"') {
        if ((unsigned char)s[end] < 0x20) {
            if (s[end] == '\n' || s[end] == '\r')
                return fail(p, end, "the line ends inside a string; close it with a quote");
            return fail(p, end, "a control character in a string; write it as \\u%04x",
                        (unsigned)s[end]);
        }
        end += s[end] == '\\' ? 2 : 1;
    }
    if (end >= p->d->bytes)
        return fail(p, start, "this string does not end; close it with a quote");
    char *out = arena(p->d, end - start); /* decoding only shrinks, and the quotes leave room */
    if (out == NULL)
        return fail(p, start, "out of memory");
    char *to = out;
    p->at = start + 1;
    while (p->at < end) {
        if (s[p->at] != '\\')
            *to++ = s[p->at++];
        else if (escape(p, &to) != 0)
            return -1;
    }
    p->at = end + 1;
    *to = '\0';
    *text = out;
    *len = (size_t)(to - out);
    return 0;
}

static size_t digits(const struct parser *p, size_t at) {
    return strspn(p->d->source + at, "0123456789");
}

static int number(struct parser *p, struct json *v) {
    const char *s = p->d->source;
    size_t at = p->at + (s[p->at] == '-');
    size_t n = digits(p, at);
    if (n == 0)
        return fail(p, p->at, "a number needs a digit after the minus sign");
    if (n > 1 && s[at] == '0')
        return fail(p, p->at, "a number cannot begin with 0; remove the zeros in front");
    at += n;
    if (s[at] == '.') {
        n = digits(p, at + 1);
        if (n == 0)
            return fail(p, p->at, "a number needs a digit after the decimal point");
        at += 1 + n;
    }
    if (s[at] == 'e' || s[at] == 'E') {
        at += s[at + 1] == '+' || s[at + 1] == '-' ? 2 : 1;
        n = digits(p, at);
        if (n == 0)
            return fail(p, p->at, "a number needs a digit in its exponent");
        at += n;
    }
    v->kind = JSON_NUMBER;
    v->text = s + p->at;
    v->len = at - p->at;
    p->at = at;
    return 0;
}

static bool is_word(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static int word(struct parser *p, struct json *v) {
    const char *s = p->d->source + p->at;
    size_t n = 0;
    while (is_word((unsigned char)s[n]))
        n++;
    if (n == 4 && memcmp(s, "null", 4) == 0) {
        v->kind = JSON_NULL;
    } else if (n == 4 && memcmp(s, "true", 4) == 0) {
        v->kind = JSON_BOOL;
        v->boolean = true;
    } else if (n == 5 && memcmp(s, "false", 5) == 0) {
        v->kind = JSON_BOOL;
    } else if (n > 0) {
        return fail(p, p->at, "expected a value, not %.*s; text needs double quotes",
                    n > 40 ? 40 : (int)n, s);
    } else {
        char what[32];
        return fail(p, p->at, "expected a value, not %s", found(p, what));
    }
    p->at += n;
    return 0;
}

/* By key, then by place. */
static int compare_keys(const void *left, const void *right) {
    const struct json *a = *(const struct json *const *)left;
    const struct json *b = *(const struct json *const *)right;
    size_t n = a->key_len < b->key_len ? a->key_len : b->key_len;
    int order = memcmp(a->key, b->key, n);
    if (order == 0 && a->key_len != b->key_len)
        order = a->key_len < b->key_len ? -1 : 1;
    if (order == 0)
        order = a->key_at < b->key_at ? -1 : 1;
    return order;
}

/* Sorting keeps this n log n: a hostile file cannot make it slow, as it could with hashing or with
 * pairs. */
static int check_duplicates(struct parser *p, const struct json *object) {
    if (object->count < 2)
        return 0;
    const struct json **members = malloc(object->count * sizeof(const struct json *));
    if (members == NULL)
        return fail(p, object->at, "out of memory");
    size_t n = 0;
    for (const struct json *m = object->first; m != NULL; m = m->next)
        members[n++] = m;
    qsort(members, n, sizeof(const struct json *), compare_keys);
    const struct json *second = NULL, *first = NULL;
    for (size_t i = 1; i < n; i++) {
        const struct json *a = members[i - 1], *b = members[i];
        if (a->key_len == b->key_len && memcmp(a->key, b->key, a->key_len) == 0 &&
            (second == NULL || b->key_at < second->key_at)) {
            first = a;
            second = b;
        }
    }
    free(members);
    if (second == NULL)
        return 0;
    size_t line, column;
    json_where(p->d, first->key_at, &line, &column);
    return fail(p, second->key_at, "\"%s\" is given twice, first in line %zu; remove one",
                second->key, line);
}

static int value(struct parser *p, struct json *v);

/* Reads `"key":` in front of a member. */
static int key(struct parser *p, struct json *v) {
    char what[32];
    v->key_at = p->at;
    if (peek(p) != '"')
        return fail(p, p->at, "expected a key in double quotes, not %s", found(p, what));
    if (string(p, &v->key, &v->key_len) != 0 || skip(p) != 0)
        return -1;
    if (peek(p) != ':')
        return fail(p, p->at, "expected ':' after the key \"%s\", not %s", v->key, found(p, what));
    p->at++;
    return skip(p);
}

/* Reads the elements of an array or object; the cursor is behind the opening bracket. */
static int elements(struct parser *p, struct json *v, char close) {
    char what[32];
    struct json **link = &v->first;
    if (skip(p) != 0)
        return -1;
    if (peek(p) == close) {
        p->at++;
        return 0;
    }
    for (;;) {
        struct json *element = arena(p->d, sizeof *element);
        if (element == NULL)
            return fail(p, p->at, "out of memory");
        *element = (struct json){0};
        if ((v->kind == JSON_OBJECT && key(p, element) != 0) || value(p, element) != 0 ||
            skip(p) != 0)
            return -1;
        *link = element;
        link = &element->next;
        v->count++;
        if (peek(p) == close) {
            p->at++;
            return v->kind == JSON_OBJECT ? check_duplicates(p, v) : 0;
        }
        if (peek(p) != ',')
            return fail(p, p->at, "expected ',' or '%c', not %s", close, found(p, what));
        size_t comma = p->at++;
        if (skip(p) != 0)
            return -1;
        if (peek(p) == close)
            return fail(p, comma, "nothing follows this comma; remove it");
    }
}

static int value(struct parser *p, struct json *v) {
    v->at = p->at;
    if (++p->values > JSON_VALUES_MAX)
        return fail(p, p->at, "more than %d values in one file", JSON_VALUES_MAX);
    int c = peek(p);
    if (c == '"') {
        v->kind = JSON_STRING;
        return string(p, &v->text, &v->len);
    }
    if (c == '-' || (c >= '0' && c <= '9'))
        return number(p, v);
    if (c != '{' && c != '[')
        return word(p, v);
    if (p->depth == JSON_DEPTH_MAX)
        return fail(p, p->at, "nested deeper than %d levels", JSON_DEPTH_MAX);
    v->kind = c == '{' ? JSON_OBJECT : JSON_ARRAY;
    p->depth++;
    p->at++;
    int result = elements(p, v, c == '{' ? '}' : ']');
    p->depth--;
    return result;
}

/* The whole text must be UTF-8, comments too: what we store and show later must be text. */
static int check_utf8(struct parser *p) {
    const char *s = p->d->source;
    for (size_t i = 0; i < p->d->bytes;) {
        uint32_t c;
        size_t n = text_point(s + i, p->d->bytes - i, &c);
        if (n == 0)
            return fail(p, i, "the byte 0x%02x is not UTF-8; save the file as UTF-8",
                        (unsigned)(unsigned char)s[i]);
        i += n;
    }
    return 0;
}

static int document(struct parser *p) {
    struct json_doc *d = p->d;
    char what[32];
    if (check_utf8(p) != 0)
        return -1;
    if (d->bytes >= 3 && memcmp(d->source, "\xef\xbb\xbf", 3) == 0)
        p->at = 3;
    if (skip(p) != 0)
        return -1;
    if (peek(p) < 0)
        return fail(p, p->at, "the file is empty");
    d->root = arena(d, sizeof *d->root);
    if (d->root == NULL)
        return fail(p, 0, "out of memory");
    *d->root = (struct json){0};
    if (value(p, d->root) != 0 || skip(p) != 0)
        return -1;
    if (peek(p) >= 0)
        return fail(p, p->at, "expected the end of the file, not %s", found(p, what));
    return 0;
}

int json_parse(const char *name, const char *text, size_t bytes, struct json_doc **out,
               struct err *e) {
    if (bytes > JSON_BYTES_MAX)
        return err_set(e, "%s: larger than %zu bytes, the most that is read", name, JSON_BYTES_MAX);
    struct json_doc *d = calloc(1, sizeof *d);
    if (d == NULL)
        return err_set(e, "%s: out of memory", name);
    d->name = strdup(name);
    d->source = malloc(bytes + 1);
    if (d->name == NULL || d->source == NULL) {
        json_free(d);
        return err_set(e, "%s: out of memory", name);
    }
    if (bytes > 0)
        memcpy(d->source, text, bytes);
    d->source[bytes] = '\0';
    d->bytes = bytes;
    struct parser p = {.d = d, .e = e};
    if (document(&p) != 0) {
        json_free(d);
        return -1;
    }
    *out = d;
    return 0;
}

const struct json *json_root(const struct json_doc *d) {
    return d->root;
}

const char *json_source(const struct json_doc *d) {
    return d->source;
}
