/* Paths and bodies of a draft's requests. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/draft.h"
#include "convert/source_url.h"
#include "convert/url_pairs.h"
#include "util/encode.h"
#include "util/text.h"

/* What a scenario's path takes as it is; it escapes spaces, quotes and what is not ASCII by
 * itself. */
static void path_bytes(const struct draft *d, struct buf *out, const char *text, size_t n) {
    bool utf8 = text_is_utf8(text, n);
    size_t dollars = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        size_t reference = draft_reference_bytes(d, text + i, n - i);
        if (reference == 0 && c == '$') {
            dollars++;
            continue;
        }
        draft_add_dollars(out, dollars,
                          reference > 0 ? DRAFT_BEFORE_HOLE
                          : c == '{'    ? DRAFT_BEFORE_BRACE
                                        : DRAFT_BEFORE_OTHER);
        dollars = 0;
        if (reference > 0) {
            draft_add_literal(d, out, text + i, reference);
            i += reference - 1;
        } else if (c == '%' &&
                   !(i + 2 < n && text_hex(text[i + 1]) >= 0 && text_hex(text[i + 2]) >= 0)) {
            buf_str(out, "%25");
        } else if ((unsigned char)c < 0x20 || c == 0x7f || c == '#' ||
                   ((unsigned char)c >= 0x80 && !utf8)) {
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
        } else {
            buf_char(out, c);
        }
    }
    draft_add_dollars(out, dollars, DRAFT_BEFORE_OTHER);
}

/* One "name=value": the value leaves where its name says that it is secret. */
static void pair(struct draft *d, struct buf *out, const struct url_pair *p, bool query) {
    struct buf plain, key;
    buf_init(&plain, DRAFT_BYTES_MAX);
    buf_init(&key, DRAFT_BYTES_MAX);
    decode_percent(&key, p->text, p->name_bytes, query);
    path_bytes(d, out, p->text, p->name_bytes);
    if (p->value != NULL) {
        decode_percent(&plain, p->value, p->value_bytes, query);
        buf_char(out, '=');
        if (plain.len > 0 && draft_is_secret(buf_text(&key), key.len, plain.len) &&
            !draft_has_reference(d, p->text, p->bytes))
            buf_str(out, draft_secret(d, buf_text(&key), buf_text(&plain), plain.len, "%.100s",
                                      buf_text(&key)));
        else
            path_bytes(d, out, p->value, p->value_bytes);
    }
    if (p->separator != '\0')
        buf_char(out, p->separator);
    buf_done(&plain);
    buf_done(&key);
}

static void pairs(struct draft *d, struct buf *out, const char *text, size_t n, bool query) {
    struct url_pairs all;
    struct url_pair p;
    url_pairs_begin(&all, text, n, query ? '&' : '/');
    while (url_pairs_next(&all, &p))
        pair(d, out, &p, query);
}

void draft_path(struct draft *d, struct draft_request *q, const char *path, size_t n) {
    struct buf b;
    const char *question = n > 0 ? memchr(path, '?', n) : NULL;
    size_t bare = question == NULL ? n : (size_t)(question - path);
    buf_init(&b, DRAFT_BYTES_MAX);
    if (bare == 0 || path[0] != '/')
        buf_char(&b, '/');
    pairs(d, &b, path, bare, false);
    if (question != NULL) {
        buf_char(&b, '?');
        pairs(d, &b, question + 1, n - bare - 1, true);
    }
    q->path = draft_take(d, &b);
}

/* Scheme and host, as a scenario's target is written. A variable of the source may hold the scheme
 * as well. */
static const char *origin(struct draft *d, const struct url *u) {
    struct buf b;
    bool variable = draft_has_reference(d, u->host, u->host_bytes);
    buf_init(&b, DRAFT_BYTES_MAX);
    if (!variable || u->scheme[0] != '\0')
        buf_printf(&b, "%s://", u->scheme[0] == '\0' ? "http" : u->scheme);
    if (variable)
        draft_add_literal(d, &b, u->host, u->host_bytes);
    for (size_t i = 0; i < u->host_bytes && !variable; i++) {
        char c = u->host[i];
        buf_char(&b, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    return draft_take(d, &b);
}

void draft_url(struct draft *d, struct draft_request *q, const struct url *u) {
    const char *here = origin(d, u);
    bool whole = strncmp(here, "http://", 7) == 0 || strncmp(here, "https://", 8) == 0;
    struct buf b;
    draft_path(d, q, u->path, u->path_bytes);
    if (draft_varies(here)) {
        draft_note(
            d, &q->notes,
            "left out: host %.200s, which changes every time; the request goes to the target",
            here);
    } else if (d->target == NULL) {
        d->target = here;
    } else if (strcmp(here, d->target) != 0 && !whole) {
        draft_note(d, &q->notes, "assumed: %s is also the target", here);
    } else if (strcmp(here, d->target) != 0) {
        buf_init(&b, DRAFT_BYTES_MAX);
        buf_printf(&b, "%s%s", here, q->path);
        q->path = draft_take(d, &b);
    }
    if (u->fragment != NULL)
        draft_note(d, &q->notes, "left out: the text after \"#\" in the URL, which is never sent");
    if (u->user != NULL) {
        buf_init(&b, DRAFT_BYTES_MAX);
        decode_percent(&b, u->user, u->user_bytes, false);
        draft_basic(d, q, buf_text(&b), b.len);
        buf_done(&b);
    }
}

/* Whether a URL-encoded text is what the scenario's "form" would send for the same pairs. */
static bool form_is_plain(const char *text, size_t n) {
    struct buf plain, again;
    size_t pairs = 1;
    for (size_t i = 0; i < n; i++)
        pairs += text[i] == '&';
    bool good = n > 0 && pairs <= DRAFT_FORM_MAX;
    buf_init(&plain, DRAFT_BYTES_MAX);
    buf_init(&again, DRAFT_BYTES_MAX);
    for (size_t from = 0, i = 0; i <= n && good; i++) {
        if (i < n && text[i] != '&')
            continue;
        const char *equal = i > from ? memchr(text + from, '=', i - from) : NULL;
        size_t name = equal == NULL ? 0 : (size_t)(equal - text) - from;
        good = equal != NULL && name > 0;
        for (int half = 0; half < 2 && good; half++) {
            const char *part = half == 0 ? text + from : equal + 1;
            size_t len = half == 0 ? name : i - from - name - 1;
            buf_clear(&plain);
            buf_clear(&again);
            good = decode_percent(&plain, part, len, true) &&
                   text_is_utf8(buf_text(&plain), plain.len);
            encode_form(&again, buf_text(&plain), plain.len);
            good = good && again.len == len && memcmp(buf_text(&again), part, len) == 0;
        }
        from = i + 1;
    }
    buf_done(&plain);
    buf_done(&again);
    return good;
}

void draft_form_add(struct draft *d, struct draft_request *q, const char *name, size_t name_bytes,
                    const char *value, size_t value_bytes) {
    if (q->form.count == DRAFT_FORM_MAX) {
        draft_note(d, &q->notes, "left out: fields of the form after the first %d", DRAFT_FORM_MAX);
        return;
    }
    const char *key = draft_copy(d, name, name_bytes);
    draft_pair_add(d, &q->form, draft_literal(d, name, name_bytes),
                   draft_value(d, key, value, value_bytes));
    q->body_kind = DRAFT_FORM;
}

static bool form_has_secret(const char *text, size_t n) {
    for (size_t from = 0, i = 0; i <= n; i++) {
        if (i < n && text[i] != '&')
            continue;
        const char *equal = i > from ? memchr(text + from, '=', i - from) : NULL;
        if (equal != NULL && draft_is_secret_name(text + from, (size_t)(equal - text) - from))
            return true;
        from = i + 1;
    }
    return false;
}

static void form_pairs(struct draft *d, struct draft_request *q, const char *text, size_t n) {
    struct buf name, value;
    buf_init(&name, DRAFT_BYTES_MAX);
    buf_init(&value, DRAFT_BYTES_MAX);
    for (size_t from = 0, i = 0; i <= n; i++) {
        if (i < n && text[i] != '&')
            continue;
        const char *equal = i > from ? memchr(text + from, '=', i - from) : NULL;
        size_t len = equal == NULL ? i - from : (size_t)(equal - text) - from;
        buf_clear(&name);
        buf_clear(&value);
        decode_percent(&name, text + from, len, true);
        if (equal != NULL)
            decode_percent(&value, equal + 1, i - from - len - 1, true);
        draft_form_add(d, q, buf_text(&name), name.len, buf_text(&value), value.len);
        from = i + 1;
    }
    buf_done(&name);
    buf_done(&value);
}

/* Two pairs of one name are one array in the scenario, so they must stand beside each other to stay
 * in their order. */
static bool form_in_order(const struct draft_request *q) {
    for (const struct draft_pair *p = q->form.first; p != NULL; p = p->next) {
        bool apart = false;
        for (const struct draft_pair *o = p->next; o != NULL; o = o->next) {
            bool same = strcmp(o->name, p->name) == 0;
            if (same && apart)
                return false;
            apart = apart || !same;
        }
    }
    return true;
}

struct json_body {
    struct draft *d;
    struct buf *out;
    bool secrets; /* whether any was taken out */
};

static void json_text(struct json_body *w, const char *text, size_t n) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    draft_add_literal(w->d, &b, text, n);
    buf_char(w->out, '"');
    json_escape(w->out, buf_text(&b), b.len);
    buf_char(w->out, '"');
    buf_done(&b);
}

/* `key` is the nearest key above, so that an array of passwords is one as well. Depth is the
 * parser's. */
static void json_value(struct json_body *w, const struct json *v, const char *key) {
    switch (v->kind) {
    case JSON_NULL:
        buf_str(w->out, "null");
        break;
    case JSON_BOOL:
        buf_str(w->out, v->boolean ? "true" : "false");
        break;
    case JSON_NUMBER:
        buf_add(w->out, v->text, v->len);
        break;
    case JSON_STRING:
        if (key != NULL && v->len > 0 && draft_is_secret_name(key, strlen(key)) &&
            !draft_has_reference(w->d, v->text, v->len)) {
            buf_printf(w->out, "\"%s\"",
                       draft_secret(w->d, key, v->text, v->len, "\"%.100s\" in a body", key));
            w->secrets = true;
        } else {
            json_text(w, v->text, v->len);
        }
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        buf_char(w->out, v->kind == JSON_ARRAY ? '[' : '{');
        for (const struct json *m = v->first; m != NULL; m = m->next) {
            if (m != v->first)
                buf_char(w->out, ',');
            if (v->kind == JSON_OBJECT) {
                json_text(w, m->key, m->key_len);
                buf_char(w->out, ':');
            }
            json_value(w, m, v->kind == JSON_OBJECT ? m->key : key);
        }
        buf_char(w->out, v->kind == JSON_ARRAY ? ']' : '}');
        break;
    }
}

static bool json_put(struct draft *d, struct draft_request *q, const struct json *v) {
    struct buf b;
    struct json_body w = {.d = d, .out = &b};
    buf_init(&b, DRAFT_BYTES_MAX);
    json_value(&w, v, NULL);
    q->body_kind = DRAFT_JSON;
    q->body_bytes = b.len;
    q->body = draft_take(d, &b);
    return w.secrets;
}

void draft_body_json(struct draft *d, struct draft_request *q, const struct json *v) {
    json_put(d, q, v);
}

/* Whether `v` written as the scenario sends it gives these bytes. */
static bool json_is_plain(const struct json *v, const char *bytes, size_t n) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    json_copy(v, NULL, NULL, &b);
    bool same = buf_ok(&b) && b.len == n && memcmp(buf_text(&b), bytes, n) == 0;
    buf_done(&b);
    return same;
}

static bool try_json(struct draft *d, struct draft_request *q, const char *bytes, size_t n) {
    struct json_doc *doc = NULL;
    size_t at = 0;
    while (at < n && strchr(" \t\r\n", bytes[at]) != NULL && bytes[at] != '\0')
        at++;
    if (at == n || (bytes[at] != '{' && bytes[at] != '[') ||
        json_parse("body", bytes, n, &doc, NULL) != 0)
        return false;
    bool plain = json_is_plain(json_root(doc), bytes, n);
    bool secrets = json_put(d, q, json_root(doc));
    json_free(doc);
    if (secrets && !plain)
        draft_note(d, &q->notes, "the JSON of the body is sent without its white space");
    if (plain || secrets)
        return true;
    q->body_kind = DRAFT_NONE;
    return false;
}

static void put_text(struct draft *d, struct draft_request *q, const char *bytes, size_t n) {
    struct buf b;
    if (text_is_utf8(bytes, n)) {
        buf_init(&b, DRAFT_BYTES_MAX);
        draft_add_literal(d, &b, bytes, n);
        q->body_kind = DRAFT_TEXT;
        q->body_bytes = b.len;
        q->body = draft_take(d, &b);
        return;
    }
    q->body = draft_file_add(d, bytes, n);
    if (q->body != NULL) {
        q->body_kind = DRAFT_FILE;
        return;
    }
    q->body_kind = DRAFT_TEXT;
    q->body = "";
    q->body_bytes = 0;
    draft_note(d, &q->notes,
               "left out: a body of %zu bytes that are not text; convert with -o FILE to keep it "
               "in a file",
               n);
}

static bool begins(const char *type, const char *with) {
    return type != NULL && strncasecmp(type, with, strlen(with)) == 0;
}

void draft_body(struct draft *d, struct draft_request *q, const char *bytes, size_t n,
                const char *type) {
    static const char *const defaults[] = {
        [DRAFT_TEXT] = "text/plain; charset=utf-8",
        [DRAFT_JSON] = "application/json",
        [DRAFT_FORM] = "application/x-www-form-urlencoded",
        [DRAFT_FILE] = "application/octet-stream",
    };
    bool form = begins(type, defaults[DRAFT_FORM]);
    if (!try_json(d, q, bytes, n)) {
        bool plain = form && form_is_plain(bytes, n),
             secret = form && !plain && form_has_secret(bytes, n);
        if (plain || secret)
            form_pairs(d, q, bytes, n);
        if (secret)
            draft_note(d, &q->notes, "the form is sent with the escapes that a browser writes");
        if (plain && !form_in_order(q)) {
            if (form_has_secret(bytes, n))
                draft_note(d, &q->notes, "fields with the same name are sent one after the other");
            else
                q->body_kind = DRAFT_NONE;
        }
        if (q->body_kind == DRAFT_NONE)
            put_text(d, q, bytes, n);
    }
    if (type == NULL || type[0] == '\0')
        draft_note(d, &q->notes, "the source sets no type for the body; it is sent as %s",
                   defaults[q->body_kind]);
    else if (strcasecmp(type, defaults[q->body_kind]) != 0 &&
             draft_header_get(q, "Content-Type") == NULL)
        draft_header(d, q, "Content-Type", type, strlen(type));
}
