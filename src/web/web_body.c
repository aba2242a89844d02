#include "web/web_body.h"

#include <stdbool.h>
#include <string.h>

#include "util/buf.h"
#include "util/encode.h"
#include "util/fits.h"
#include "util/json.h"
#include "util/text.h"

#define EXAMPLE "{\"users\": 5}"
#define SHOWN_BYTES 60

static int pass(const struct json *v, web_member_fn *fn, void *context, struct err *e) {
    char number[64] = "";
    struct web_member m = {.key = v->key, .value = "", .kind = WEB_OTHER};
    if (json_has_nul(v->key, v->key_len))
        return err_set(e, "a key of the body has a NUL");
    if (v->kind == JSON_STRING && json_has_nul(v->text, v->len))
        return err_set(e, "%.100s must not have a NUL", v->key);
    if (v->kind == JSON_STRING) {
        m.value = v->text;
        m.kind = WEB_TEXT;
    } else if (v->kind == JSON_NUMBER) {
        if (v->len >= sizeof number)
            return err_set(e, "%.100s has too many digits", v->key);
        memcpy(number, v->text, v->len);
        m.value = number;
        m.kind = WEB_NUMBER;
    }
    return fn(context, &m, e);
}

static int read_json(const char *body, size_t n, web_member_fn *fn, void *context, struct err *e) {
    struct json_doc *doc = NULL;
    if (json_parse("the body", body, n, &doc, e) != 0)
        return -1;
    int result = json_root(doc)->kind == JSON_OBJECT
                     ? 0
                     : err_set(e, "the body must be a JSON object such as " EXAMPLE ", not %s",
                               json_kind_text(json_root(doc)->kind));
    for (const struct json *v = json_root(doc)->first; v != NULL && result == 0; v = v->next)
        result = pass(v, fn, context, e);
    json_free(doc);
    return result;
}

/* One KEY=VALUE. */
static int read_field(const char *field, size_t n, web_member_fn *fn, void *context,
                      struct err *e) {
    const char *equals = memchr(field, '=', n);
    struct buf key, value;
    int result = 0;
    if (equals == NULL || equals == field)
        return err_set(e, "\"%.*s\" is no KEY=VALUE; send a form, or JSON such as " EXAMPLE,
                       (int)text_cut(field, n, SHOWN_BYTES), field);
    buf_init(&key, WEB_BODY_MAX);
    buf_init(&value, WEB_BODY_MAX);
    decode_percent(&key, field, (size_t)(equals - field), true);
    decode_percent(&value, equals + 1, n - (size_t)(equals - field) - 1, true);
    const struct web_member m = {buf_text(&key), buf_text(&value), WEB_FORM};
    if (buf_fits(&key, e, NULL, "a key of the form") != 0 ||
        buf_fits(&value, e, NULL, "a value of the form") != 0)
        result = -1;
    else if (strlen(m.key) != key.len || strlen(m.value) != value.len)
        result = err_set(e, "the form has a NUL");
    else
        result = fn(context, &m, e);
    buf_done(&key);
    buf_done(&value);
    return result;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Fields may be empty, as behind a last "&", but not all. */
static int read_form(const char *body, size_t n, web_member_fn *fn, void *context, struct err *e) {
    size_t fields = 0;
    for (size_t at = 0; at < n;) {
        const char *end = memchr(body + at, '&', n - at);
        size_t length = end == NULL ? n - at : (size_t)(end - body) - at;
        if (length > 0 && read_field(body + at, length, fn, context, e) != 0)
            return -1;
        fields += length > 0;
        at += length + 1;
    }
    return fields > 0 || n == 0 ? 0 : read_field(body, n, fn, context, e);
}

int web_body_read(const char *body, size_t n, web_member_fn *fn, void *context, struct err *e) {
    static const char mark[] = "\xef\xbb\xbf"; /* of byte order: Windows begins files with it */
    size_t at = 0, mark_bytes = sizeof mark - 1;
    if (n >= mark_bytes && memcmp(body, mark, mark_bytes) == 0) {
        body += mark_bytes;
        n -= mark_bytes;
    }
    while (at < n && is_blank(body[at]))
        at++;
    /* No form begins so. */
    if (at < n && strchr("{[\"", body[at]) != NULL && body[at] != '\0')
        return read_json(body, n, fn, context, e);
    return read_form(body, n, fn, context, e);
}
