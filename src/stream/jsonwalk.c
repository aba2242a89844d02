#include "stream/jsonwalk.h"

#include <stdlib.h>
#include <string.h>

#include "util/jsonlex.h"
#include "util/text.h"

struct walk {
    const char *p, *end;
    int depth;
    jsonwalk_take *take;
    void *context;
    const struct jsonwalk_pointer *pointer;
    struct jsonwalk_value *found, *error;
};

static void skip_space(struct walk *w) {
    while (w->p < w->end && (*w->p == ' ' || *w->p == '\n' || *w->p == '\t' || *w->p == '\r'))
        w->p++;
}

/* Behind a string whose opening quote is at w->p. */
static bool take_string(struct walk *w, struct bytes *raw) {
    struct jsonlex_fail f;
    const char *start = w->p + 1, *close = jsonlex_string(start, w->end, &f);
    if (close == NULL)
        return false;
    *raw = (struct bytes){start, (size_t)(close - start)};
    w->p = close + 1;
    return true;
}

static const char *odd_number(const char *p, const char *end) {
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(end - p) >= n && memcmp(p, words[i], n) == 0)
            return p + n;
    }
    return NULL;
}

/* A value that has no children. */
static bool take_scalar(struct walk *w, enum jsonwalk_kind *kind, struct bytes *raw) {
    struct jsonlex_fail f;
    const char *start = w->p, *after;
    if (*start == '"') {
        *kind = JSONWALK_STRING;
        return take_string(w, raw);
    }
    if ((after = jsonlex_word(start, w->end)) != NULL)
        *kind = *start == 'n' ? JSONWALK_NULL : JSONWALK_BOOL;
    else if ((after = jsonlex_number(start, w->end, &f)) != NULL ||
             (after = odd_number(start, w->end)) != NULL)
        *kind = JSONWALK_NUMBER;
    else
        return false;
    *raw = (struct bytes){start, (size_t)(after - start)};
    w->p = after;
    return true;
}

/* ---- The members of an object and the elements of an array ---- */

/* At the next child: behind "{" or "[" (`first`) or a value. 1: there is one. 0: no more, w->p is
 * behind the container. -1: broken. */
static int next_child(struct walk *w, char close, bool first) {
    skip_space(w);
    if (w->p == w->end)
        return -1;
    if (*w->p == close) {
        w->p++;
        return 0;
    }
    if (first)
        return 1;
    if (*w->p != ',')
        return -1;
    w->p++;
    skip_space(w);
    return w->p < w->end ? 1 : -1;
}

static bool take_key(struct walk *w, struct bytes *key) {
    if (*w->p != '"' || !take_string(w, key))
        return false;
    skip_space(w);
    if (w->p == w->end || *w->p != ':')
        return false;
    w->p++;
    skip_space(w);
    return w->p < w->end;
}

/* A key without its escapes; itself where it has none. No data where it is too long. */
static struct bytes plain_key(struct bytes key, char to[JSONWALK_KEY_MAX_BYTES]) {
    if (key.len == 0 || memchr(key.data, '\\', key.len) == NULL)
        return key;
    size_t n = 0;
    for (const char *p = key.data, *end = p + key.len; p < end;) {
        uint32_t point;
        if (n > JSONWALK_KEY_MAX_BYTES - TEXT_POINT_BYTES)
            return (struct bytes){NULL, 0};
        if (*p != '\\') {
            to[n++] = *p++;
            continue;
        }
        p += jsonlex_escape(p, end, &point);
        n += text_put_point(point, to + n);
    }
    return (struct bytes){to, n};
}

static bool same(struct bytes a, const char *b, size_t n) {
    return a.data != NULL && a.len == n && memcmp(a.data, b, n) == 0;
}

/* ---- A walk by a table ---- */

static bool walk_value(struct walk *w, const struct jsonwalk_field *f);

static const struct jsonwalk_field *field_of(const struct jsonwalk_table *table, struct bytes key) {
    char plain[JSONWALK_KEY_MAX_BYTES];
    if (table == NULL)
        return NULL;
    key = plain_key(key, plain);
    for (size_t i = 0; i < table->n; i++)
        if (bytes_is(key, table->fields[i].key))
            return &table->fields[i];
    return NULL;
}

static bool walk_object(struct walk *w, const struct jsonwalk_table *table) {
    struct bytes key;
    int more;
    w->p++;
    for (bool first = true; (more = next_child(w, '}', first)) == 1; first = false)
        if (!take_key(w, &key) || !walk_value(w, field_of(table, key)))
            return false;
    return more == 0;
}

static bool walk_array(struct walk *w, const struct jsonwalk_field *f) {
    int more;
    w->p++;
    /* The field's objects may be its value or that value's elements, not deeper. */
    for (bool first = true; (more = next_child(w, ']', first)) == 1; first = false)
        if (!walk_value(w, *w->p == '{' ? f : NULL))
            return false;
    return more == 0;
}

static bool walk_value(struct walk *w, const struct jsonwalk_field *f) {
    const char *start = w->p;
    enum jsonwalk_kind kind;
    struct bytes raw;
    bool whole = true;
    if (*start != '{' && *start != '[') {
        if (!take_scalar(w, &kind, &raw))
            return false;
    } else {
        if (w->depth == JSONWALK_DEPTH_MAX)
            return false;
        w->depth++;
        kind = *start == '{' ? JSONWALK_OBJECT : JSONWALK_ARRAY;
        const struct jsonwalk_field *each = f != NULL && f->inner != NULL ? f : NULL;
        if (kind == JSONWALK_OBJECT ? !walk_object(w, each == NULL ? NULL : each->inner)
                                    : !walk_array(w, each))
            return false;
        w->depth--;
        raw = (struct bytes){start, (size_t)(w->p - start)};
        whole = kind == JSONWALK_OBJECT || each == NULL;
    }
    if (f != NULL && f->slot != 0 && whole)
        w->take(w->context, f->slot, kind, raw);
    return true;
}

static bool at_end(struct walk *w) {
    skip_space(w);
    return w->p == w->end;
}

bool jsonwalk(struct bytes text, const struct jsonwalk_table *table, jsonwalk_take *take,
              void *context) {
    struct walk w = {.p = text.data, .end = text.data + text.len, .take = take, .context = context};
    const struct jsonwalk_field root = {"", 0, table};
    return !at_end(&w) && walk_value(&w, *w.p == '{' ? &root : NULL) && at_end(&w);
}

/* ---- A walk by a pointer ---- */

int jsonwalk_pointer_init(struct jsonwalk_pointer *p, const char *pointer) {
    size_t length = strlen(pointer), n = 0;
    *p = (struct jsonwalk_pointer){0};
    if (length > 0 && *pointer != '/')
        return -1;
    for (const char *c = pointer; *c != '\0'; c++)
        n += *c == '/';
    p->text = malloc(length + 1);
    p->tokens = calloc(n + 1, sizeof *p->tokens);
    if (p->text == NULL || p->tokens == NULL) {
        jsonwalk_pointer_done(p);
        return -1;
    }
    char *to = p->text;
    for (const char *c = pointer; *c != '\0';) {
        struct bytes *token = &p->tokens[p->n++];
        *token = (struct bytes){to, 0};
        for (c++; *c != '\0' && *c != '/'; c++) {
            bool escaped = c[0] == '~' && (c[1] == '0' || c[1] == '1');
            *to++ = !escaped ? *c : *++c == '0' ? '~' : '/';
        }
        token->len = (size_t)(to - token->data);
    }
    return 0;
}

void jsonwalk_pointer_done(struct jsonwalk_pointer *p) {
    free(p->text);
    free(p->tokens);
    *p = (struct jsonwalk_pointer){0};
}

/* Compares a key of any length with its escapes; a half of a surrogate pair alone is what
 * text_put_point() makes of it. */
static bool key_is(struct bytes key, struct bytes token) {
    size_t at = 0;
    if (key.len == 0 || memchr(key.data, '\\', key.len) == NULL)
        return same(key, token.data, token.len);
    for (const char *p = key.data, *end = p + key.len; p < end;) {
        char to[TEXT_POINT_BYTES] = {*p};
        uint32_t point;
        size_t n = 1;
        if (*p != '\\')
            p++;
        else {
            p += jsonlex_escape(p, end, &point);
            n = text_put_point(point, to);
        }
        if (n > token.len - at || memcmp(token.data + at, to, n) != 0)
            return false;
        at += n;
    }
    return at == token.len;
}

static bool index_is(size_t index, struct bytes token) {
    char digits[24];
    size_t n = sizeof digits;
    do
        digits[--n] = (char)('0' + index % 10);
    while ((index /= 10) > 0);
    return same(token, digits + n, sizeof digits - n);
}

/* Walks over the value at w->p; `level` is how many tokens led here, -1 if it is not on the way. */
static bool find_value(struct walk *w, int64_t level, struct jsonwalk_value *value);

static bool find_child(struct walk *w, int64_t level, bool matches) {
    struct jsonwalk_value ignored;
    if (!matches)
        return find_value(w, -1, &ignored);
    w->found->raw.data = NULL; /* of a repeated key, the last counts */
    return find_value(w, level + 1, &ignored);
}

static bool find_in_object(struct walk *w, int64_t level, bool on_way) {
    struct bytes key;
    int more;
    bool outermost = w->depth == 1;
    w->p++;
    for (bool first = true; (more = next_child(w, '}', first)) == 1; first = false) {
        if (!take_key(w, &key))
            return false;
        bool matches = on_way && key_is(key, w->pointer->tokens[level]);
        if (outermost && !matches && key_is(key, (struct bytes){"error", 5})) {
            if (!find_value(w, -1, w->error))
                return false;
        } else if (!find_child(w, level, matches))
            return false;
    }
    return more == 0;
}

static bool find_in_array(struct walk *w, int64_t level, bool on_way) {
    int more;
    size_t index = 0;
    w->p++;
    for (bool first = true; (more = next_child(w, ']', first)) == 1; first = false, index++)
        if (!find_child(w, level, on_way && index_is(index, w->pointer->tokens[level])))
            return false;
    return more == 0;
}

static bool find_value(struct walk *w, int64_t level, struct jsonwalk_value *value) {
    const char *start = w->p;
    bool on_way = level >= 0 && (size_t)level < w->pointer->n;
    if (*start != '{' && *start != '[') {
        if (!take_scalar(w, &value->kind, &value->raw))
            return false;
    } else {
        if (w->depth == JSONWALK_DEPTH_MAX)
            return false;
        w->depth++;
        if (*start == '{' ? !find_in_object(w, level, on_way) : !find_in_array(w, level, on_way))
            return false;
        w->depth--;
        value->kind = *start == '{' ? JSONWALK_OBJECT : JSONWALK_ARRAY;
        value->raw = (struct bytes){start, (size_t)(w->p - start)};
    }
    if (level >= 0 && (size_t)level == w->pointer->n)
        *w->found = *value;
    return true;
}

bool jsonwalk_find(struct bytes text, const struct jsonwalk_pointer *p,
                   struct jsonwalk_value *found, struct jsonwalk_value *error) {
    struct walk w = {
        .p = text.data, .end = text.data + text.len, .pointer = p, .found = found, .error = error};
    struct jsonwalk_value whole;
    *found = *error = (struct jsonwalk_value){JSONWALK_NULL, {NULL, 0}};
    return !at_end(&w) && find_value(&w, 0, &whole) && at_end(&w);
}

int64_t jsonwalk_count(struct bytes number) {
    int64_t v = 0;
    for (size_t i = 0; i < number.len; i++) {
        if (number.data[i] < '0' || number.data[i] > '9')
            return -1;
        v = v * 10 + (number.data[i] - '0');
        if (v > (INT64_C(1) << 53))
            return -1;
    }
    return number.len == 0 ? -1 : v;
}
