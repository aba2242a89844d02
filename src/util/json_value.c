#include "util/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/jsonlex.h"

const struct json *json_get(const struct json *v, const char *key) {
    size_t n = strlen(key);
    if (v == NULL || v->kind != JSON_OBJECT)
        return NULL;
    for (const struct json *m = v->first; m != NULL; m = m->next)
        if (m->key_len == n && memcmp(m->key, key, n) == 0)
            return m;
    return NULL;
}

const char *json_get_string(const struct json *v, const char *key) {
    const struct json *m = json_get(v, key);
    return m != NULL && m->kind == JSON_STRING ? m->text : "";
}

const struct json *json_get_array(const struct json *v, const char *key) {
    const struct json *m = json_get(v, key);
    return m != NULL && m->kind == JSON_ARRAY ? m : NULL;
}

const char *json_kind_text(enum json_kind kind) {
    static const char *const texts[] = {"null",     "true or false", "a number",
                                        "a string", "an array",      "an object"};
    return texts[kind];
}

/* A number's text stands in the document's source, in front of a delimiter or the final NUL:
 * strto*() stop there. */
bool json_double(const struct json *v, double *out) {
    if (v->kind != JSON_NUMBER)
        return false;
    double d = strtod(v->text, NULL);
    if (!isfinite(d))
        return false;
    *out = d;
    return true;
}

bool json_int64(const struct json *v, int64_t *out) {
    if (v->kind != JSON_NUMBER)
        return false;
    if (strcspn(v->text, ".eE") >= v->len) {
        errno = 0;
        long long n = strtoll(v->text, NULL, 10);
        if (errno != 0)
            return false;
        *out = n;
        return true;
    }
    double d;
    if (!json_double(v, &d) || d != floor(d) || fabs(d) > 0x1p53)
        return false;
    *out = (int64_t)d;
    return true;
}

bool json_is_number(const char *text, size_t n) {
    struct jsonlex_fail ignored;
    return n > 0 && jsonlex_number(text, text + n, &ignored) == text + n;
}

bool json_has_nul(const char *text, size_t n) {
    return memchr(text, '\0', n) != NULL;
}

void json_escape(struct buf *out, const char *text, size_t n) {
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', [0x1f] = 0};
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(out, text + from, i - from);
        from = i + 1;
        if (c >= 0x20)
            buf_printf(out, "\\%c", c);
        else if (letters[c] != 0)
            buf_printf(out, "\\%c", letters[c]);
        else
            buf_printf(out, "\\u%04x", (unsigned)c);
    }
    buf_add(out, text + from, n - from);
}

static int copy_string(json_string_fn *write, void *context, const struct json_text *t,
                       struct buf *out) {
    int result = 0;
    buf_char(out, '"');
    if (write == NULL)
        json_escape(out, t->text, t->len);
    else
        result = write(context, t, out);
    if (result == 0)
        buf_char(out, '"');
    return result < 0 ? -1 : 0;
}

int json_copy(const struct json *v, json_string_fn *write, void *context, struct buf *out) {
    switch (v->kind) {
    case JSON_NULL:
        buf_str(out, "null");
        return 0;
    case JSON_BOOL:
        buf_str(out, v->boolean ? "true" : "false");
        return 0;
    case JSON_NUMBER:
        buf_add(out, v->text, v->len);
        return 0;
    case JSON_STRING:
        return copy_string(write, context, &(struct json_text){v->text, v->len, v->at, false}, out);
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    buf_char(out, v->kind == JSON_OBJECT ? '{' : '[');
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        if (v->kind == JSON_OBJECT) {
            struct json_text key = {m->key, m->key_len, m->key_at, true};
            if (copy_string(write, context, &key, out) != 0)
                return -1;
            buf_char(out, ':');
        }
        if (json_copy(m, write, context, out) != 0)
            return -1;
        if (m->next != NULL)
            buf_char(out, ',');
    }
    buf_char(out, v->kind == JSON_OBJECT ? '}' : ']');
    return 0;
}
