#include "util/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/json_internal.h"
#include "util/jsonlex.h"
#include "util/text.h"

#define FEW 12 /* members of an object */

struct parser {
    struct json_doc *d;
    size_t at;
    int depth;
    struct err *e;
    json_later_fn *later; /* NULL: everything is read now */
    bool quiet;           /* only the grammar is checked */
    const struct json *path[JSON_DEPTH_MAX];
};

void json_free(struct json_doc *d) {
    if (d == NULL)
        return;
    arena_done(&d->arena);
    free(d->name);
    if (!d->borrowed)
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
        /* The source ends with a NUL. */
        if (d->source[i] == '\n' || (d->source[i] == '\r' && d->source[i + 1] != '\n')) {
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
                return fail(p, start, "this comment is not closed; close it with */");
            p->at = end + 2;
        } else {
            return 0;
        }
    }
}

/* What is wrong with a token, in words. */
static int token_fail(struct parser *p, const struct jsonlex_fail *f, size_t start) {
    size_t at = (size_t)(f->at - p->d->source);
    switch (f->error) {
    case JSONLEX_CONTROL:
        if (*f->at == '\n' || *f->at == '\r')
            return fail(p, at, "the line ends inside a string; close it with a quote");
        return fail(p, at, "a control character in a string; write it as \\u%04x",
                    (unsigned)*f->at);
    case JSONLEX_OPEN:
        return fail(p, start, "this string is not closed; close it with a quote");
    case JSONLEX_ESCAPE:
        return fail(p, at, "JSON has no such escape; write \\\\ for a backslash");
    case JSONLEX_HEX:
        return fail(p, at, "\\u needs four hexadecimal digits");
    case JSONLEX_NUMBER:
        return fail(p, at, "a number needs a digit after the minus sign");
    case JSONLEX_ZERO:
        return fail(p, at, "a number cannot begin with 0; remove the leading zeros");
    case JSONLEX_POINT:
        return fail(p, at, "a number needs a digit after the decimal point");
    case JSONLEX_EXPONENT:
        break;
    }
    return fail(p, at, "a number needs a digit in its exponent");
}

/* The inside of a string as it is written. */
static int raw_string(struct parser *p, const char *from, const char *end, const char **text,
                      size_t *len) {
    for (const char *at = from; (at = memchr(at, '\\', (size_t)(end - at))) != NULL;) {
        uint32_t point;
        size_t n = jsonlex_escape(at, end, &point);
        if (point >= 0xd800 && point <= 0xdfff)
            return fail(p, (size_t)(at - p->d->source),
                        "half of a surrogate pair is not a character");
        at += n;
    }
    *text = from;
    *len = (size_t)(end - from);
    p->at = (size_t)(end - p->d->source) + 1;
    return 0;
}

/* Reads the string under the cursor (a quote). */
static int string(struct parser *p, const char **text, size_t *len) {
    const char *s = p->d->source;
    size_t start = p->at;
    struct jsonlex_fail wrong;
    const char *end = jsonlex_string(s + start + 1, s + p->d->bytes, &wrong);
    if (end == NULL)
        return token_fail(p, &wrong, start);
    if (p->quiet)
        return raw_string(p, s + start + 1, end, text, len);
    /* decoding only shrinks, and the quotes leave room */
    char *out = arena_alloc(&p->d->arena, (size_t)(end - s) - start);
    if (out == NULL)
        return err_memory(p->e, "%s", p->d->name);
    char *to = out;
    for (const char *at = s + start + 1; at < end;) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((slash == NULL ? end : slash) - at);
        uint32_t point;
        memcpy(to, at, plain);
        to += plain;
        at += plain;
        if (slash == NULL)
            break;
        at += jsonlex_escape(slash, end, &point);
        if (point >= 0xd800 && point <= 0xdfff)
            return fail(p, (size_t)(slash - s), "half of a surrogate pair is not a character");
        to += text_put_point(point, to);
    }
    p->at = (size_t)(end - s) + 1;
    *to = '\0';
    *text = out;
    *len = (size_t)(to - out);
    return 0;
}

static int number(struct parser *p, struct json *v) {
    const char *s = p->d->source;
    struct jsonlex_fail wrong;
    const char *end = jsonlex_number(s + p->at, s + p->d->bytes, &wrong);
    if (end == NULL)
        return token_fail(p, &wrong, p->at);
    v->kind = JSON_NUMBER;
    v->text = s + p->at;
    v->len = (size_t)(end - s) - p->at;
    p->at += v->len;
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
    if (n > 0 && jsonlex_word(s, s + n) == s + n) {
        v->kind = s[0] == 'n' ? JSON_NULL : JSON_BOOL;
        v->boolean = s[0] == 't';
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

/* Whether two members of a small object have the same key: a look at each pair is quicker than
 * sorting. */
static bool has_pair(const struct json *object) {
    for (const struct json *a = object->first; a != NULL; a = a->next)
        for (const struct json *b = a->next; b != NULL; b = b->next)
            if (a->key_len == b->key_len && memcmp(a->key, b->key, a->key_len) == 0)
                return true;
    return false;
}

/* Sorting keeps this n log n: a hostile file cannot make it slow, as it could with hashing or with
 * pairs. */
int json_check_duplicates(const struct json_doc *d, const struct json *object, struct err *e) {
    if (object->count <= FEW && !has_pair(object))
        return 0;
    const struct json **members = malloc(object->count * sizeof(const struct json *));
    if (members == NULL)
        return err_memory(e, "%s", d->name);
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
    json_where(d, first->key_at, &line, &column);
    return json_fail(d, second->key_at, e, "\"%s\" is given twice, first in line %zu; remove one",
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
        return fail(p, p->at, "expected ':' after the key \"%.*s\", not %s",
                    (int)(v->key_len < 1000 ? v->key_len : 1000), v->key, found(p, what));
    p->at++;
    return skip(p);
}

/* Reads the elements of an array or object; the cursor is behind the opening bracket. */
static int elements(struct parser *p, struct json *v, char close) {
    char what[32];
    struct json **link = &v->first, unkept;
    const bool kept = !p->quiet; /* as it was when this array or object began */
    if (skip(p) != 0)
        return -1;
    if (peek(p) == close) {
        p->at++;
        return 0;
    }
    for (;;) {
        struct json *element = !kept ? &unkept : arena_alloc(&p->d->arena, sizeof *element);
        if (element == NULL)
            return err_memory(p->e, "%s", p->d->name);
        *element = (struct json){0};
        if ((v->kind == JSON_OBJECT && key(p, element) != 0) || value(p, element) != 0 ||
            skip(p) != 0)
            return -1;
        if (kept) {
            *link = element;
            link = &element->next;
            v->count++;
        }
        if (peek(p) == close) {
            p->at++;
            return v->kind == JSON_OBJECT && kept ? json_check_duplicates(p->d, v, p->e) : 0;
        }
        if (peek(p) != ',')
            return fail(p, p->at, "expected ',' or '%c', not %s", close, found(p, what));
        size_t comma = p->at++;
        if (skip(p) != 0)
            return -1;
        if (peek(p) == close)
            return fail(p, comma, "a value is missing after this comma; remove the comma");
    }
}

static int value(struct parser *p, struct json *v) {
    v->at = p->at;
    if (!p->quiet && ++p->d->values > JSON_VALUES_MAX)
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
    p->path[p->depth++] = v;
    p->at++;
    /* The root is no element of anything. */
    v->later = p->later != NULL && !p->quiet && p->depth > 1 && p->later(p->path + 1, p->depth - 1);
    p->quiet = p->quiet || v->later;
    int result = elements(p, v, c == '{' ? '}' : ']');
    p->quiet = p->quiet && !v->later;
    p->depth--;
    return result;
}

/* The whole text must be UTF-8, comments too: what we store and show later must be text. */
int json_check_utf8(const struct json_doc *d, struct err *e) {
    const char *s = d->source;
    for (size_t i = 0; i < d->bytes;) {
        uint32_t c;
        uint64_t eight;
        for (; d->bytes - i >= sizeof eight; i += sizeof eight) { /* most of it is ASCII */
            memcpy(&eight, s + i, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) != 0)
                break;
        }
        if (i == d->bytes)
            break;
        size_t n = text_point(s + i, d->bytes - i, &c);
        if (n == 0)
            return json_fail(d, i, e, "the byte 0x%02x is not UTF-8; save the file as UTF-8",
                             (unsigned)(unsigned char)s[i]);
        i += n;
    }
    return 0;
}

static int document(struct parser *p) {
    struct json_doc *d = p->d;
    char what[32];
    if (json_check_utf8(d, p->e) != 0)
        return -1;
    if (d->bytes >= 3 && memcmp(d->source, "\xef\xbb\xbf", 3) == 0)
        p->at = 3;
    if (skip(p) != 0)
        return -1;
    if (peek(p) < 0)
        return fail(p, p->at, "the file is empty");
    d->root = arena_alloc(&d->arena, sizeof *d->root);
    if (d->root == NULL)
        return err_memory(p->e, "%s", d->name);
    *d->root = (struct json){0};
    if (value(p, d->root) != 0 || skip(p) != 0)
        return -1;
    if (peek(p) >= 0)
        return fail(p, p->at, "expected the end of the file, not %s", found(p, what));
    return 0;
}

static struct json_doc *doc_new(const char *name, const char *text, size_t bytes, bool borrow,
                                struct err *e) {
    struct json_doc *d = NULL;
    if (bytes > JSON_BYTES_MAX) {
        err_set(e, "%s: larger than the limit of %zu bytes", name, JSON_BYTES_MAX);
        return NULL;
    }
    d = calloc(1, sizeof *d);
    if (d == NULL)
        goto fail;
    d->name = strdup(name);
    d->borrowed = borrow;
    d->source = borrow ? (char *)(uintptr_t)text : malloc(bytes + 1);
    if (d->name == NULL || d->source == NULL)
        goto fail;
    if (bytes > 0 && !borrow)
        memcpy(d->source, text, bytes);
    if (!borrow)
        d->source[bytes] = '\0';
    d->bytes = bytes;
    return d;
fail:
    json_free(d);
    err_memory(e, "%s", name);
    return NULL;
}

struct json_doc *json_doc_new(const char *name, const char *text, size_t bytes, struct err *e) {
    return doc_new(name, text, bytes, false, e);
}

static int parse(struct json_doc *d, json_later_fn *later, struct json_doc **out, struct err *e) {
    if (d == NULL)
        return -1;
    struct parser p = {.d = d, .later = later, .e = e};
    if (document(&p) != 0) {
        json_free(d);
        return -1;
    }
    *out = d;
    return 0;
}

int json_parse(const char *name, const char *text, size_t bytes, struct json_doc **out,
               struct err *e) {
    return parse(doc_new(name, text, bytes, false, e), NULL, out, e);
}

int json_parse_parts(const char *name, const char *text, size_t bytes, json_later_fn *later,
                     struct json_doc **out, struct err *e) {
    return parse(doc_new(name, text, bytes, true, e), later, out, e);
}

int json_expand(const struct json_doc *d, const struct json *v, struct err *e) {
    if (!v->later)
        return 0;
    /* Both are the document's own memory, which json_parse_parts() has made. */
    struct json *whole = (struct json *)(uintptr_t)v;
    struct parser p = {.d = (struct json_doc *)(uintptr_t)d, .at = v->at, .e = e};
    struct json made = {0};
    if (value(&p, &made) != 0)
        return -1;
    whole->first = made.first;
    whole->count = made.count;
    whole->later = false;
    return 0;
}

const struct json *json_root(const struct json_doc *d) {
    return d->root;
}

const char *json_source(const struct json_doc *d) {
    return d->source;
}
