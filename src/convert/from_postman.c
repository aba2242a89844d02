/* Postman collections, v2.0 and v2.1 (https://schema.getpostman.com/json/collection/v2.1.0/). */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/from.h"
#include "convert/postman_dynamic.h"
#include "convert/source_url.h"
#include "util/encode.h"

#define VARIABLES_MAX 10000
#define RESOLVE_DEPTH 8
#define RESOLVED_MAX ((size_t)16 << 20)

struct postman {
    struct draft *d;
    struct pointer_map by_name;      /* the collection's variables */
    const struct json *own;          /* the URL's path variables, or NULL */
    const struct json *keeps_bodies; /* "disableBodyPruning" of the folder or collection */
};

static bool is_on(const struct json *v) {
    const struct json *m = json_get(v, "disabled");
    return m == NULL || m->kind != JSON_BOOL || !m->boolean;
}

static const struct json *variable(const struct json *list, const char *name, size_t n) {
    size_t seen = 0;
    for (const struct json *m = list == NULL ? NULL : list->first;
         m != NULL && seen++ < VARIABLES_MAX; m = m->next) {
        const struct json *key = json_get(m, "key");
        if (key == NULL)
            key = json_get(m, "id"); /* v2.0 */
        if (key != NULL && key->kind == JSON_STRING && key->len == n &&
            memcmp(key->text, name, n) == 0 && is_on(m))
            return m;
    }
    return NULL;
}

static const char *key_of(const struct json *m) {
    const struct json *key = json_get(m, "key");
    return key == NULL ? json_get_string(m, "id") : json_get_string(m, "key"); /* "id": v2.0 */
}

/* One of the collection's variables. */
static const struct json *collected(const struct postman *p, const char *name, size_t n) {
    struct pointer_search at;
    for (const struct json *m = pointer_map_first(&p->by_name, name, n, &at); m != NULL;
         m = pointer_map_next(&p->by_name, &at))
        if (strlen(key_of(m)) == n && memcmp(key_of(m), name, n) == 0)
            return m;
    return NULL;
}

static void collect(struct postman *p, const struct json *list) {
    for (struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next)
        if (is_on(m) && !pointer_map_add(&p->by_name, key_of(m), strlen(key_of(m)), m))
            p->d->failed = true;
}

static void resolve_into(struct postman *p, const char *text, size_t n, struct draft_notes *notes,
                         int depth, struct buf *out);

static void put_variable(struct postman *p, const char *name, size_t n, struct draft_notes *notes,
                         int depth, struct buf *out) {
    struct draft *d = p->d;
    const char *plain = draft_copy(d, name, n < 100 ? n : 100);
    const struct json *v = collected(p, name, n), *value = json_get(v, "value");
    if (n > 0 && name[0] == '$' && postman_dynamic(d, name, n, out))
        return;
    bool secret =
        draft_is_secret_name(name, n) || strcmp(json_get_string(v, "type"), "secret") == 0;
    bool has = value != NULL && (value->kind == JSON_STRING || value->kind == JSON_NUMBER) &&
               value->len > 0;
    if (has && !secret) {
        resolve_into(p, value->text, value->len, notes, depth + 1, out);
        return;
    }
    if (value != NULL && value->kind == JSON_BOOL) {
        buf_str(out, value->boolean ? "true" : "false");
        return;
    }
    /* Of the environment that the collection was used with, or better not written down:
     * "${env.NAME}". */
    draft_add_variable(
        d, out,
        has ? draft_secret(d, plain, value->text, value->len, "Postman variable {{%s}}", plain)
            : draft_variable(d, plain, "Postman variable {{%s}}", plain));
}

/* Appends the text with each {{name}} resolved. */
static void resolve_into(struct postman *p, const char *text, size_t n, struct draft_notes *notes,
                         int depth, struct buf *out) {
    size_t i = 0;
    if (depth > RESOLVE_DEPTH) {
        draft_note(p->d, notes, "left out: a variable that refers to itself");
        return;
    }
    while (i < n && !out->failed) {
        const char *open = memmem(text + i, n - i, "{{", 2);
        const char *close = open == NULL ? NULL : memmem(open, n - (size_t)(open - text), "}}", 2);
        size_t plain = close == NULL ? n - i : (size_t)(open - text) - i;
        draft_clean(out, text + i, plain);
        if (close == NULL)
            return;
        const char *name = open + 2;
        size_t len = (size_t)(close - name);
        while (len > 0 && name[0] == ' ') {
            name++;
            len--;
        }
        while (len > 0 && name[len - 1] == ' ')
            len--;
        if (len > 0)
            put_variable(p, name, len, notes, depth, out);
        i = (size_t)(close - text) + 2;
    }
}

/* Plain text, with references, of a string or number; "" for anything else. The length is in *n. */
static const char *resolve(struct postman *p, const struct json *v, struct draft_notes *notes,
                           size_t *n) {
    struct buf b;
    buf_init(&b, RESOLVED_MAX);
    if (v != NULL && (v->kind == JSON_STRING || v->kind == JSON_NUMBER))
        resolve_into(p, v->text, v->len, notes, 0, &b);
    else if (v != NULL && v->kind == JSON_BOOL)
        buf_str(&b, v->boolean ? "true" : "false");
    *n = b.len;
    return draft_take(p->d, &b);
}

static void add_joined(struct postman *p, const struct json *list, const char *between,
                       struct draft_notes *notes, struct buf *out) {
    for (const struct json *m = list->first; m != NULL; m = m->next) {
        size_t n;
        const struct json *value = m->kind == JSON_OBJECT ? json_get(m, "value") : m;
        const char *text;
        /* ":id" stands for a path variable of the URL. */
        const struct json *own =
            value != NULL && value->kind == JSON_STRING && value->text[0] == ':' && value->len > 1
                ? variable(p->own, value->text + 1, value->len - 1)
                : NULL;
        text = resolve(p, own != NULL ? json_get(own, "value") : value, notes, &n);
        if (m != list->first)
            buf_str(out, between);
        if (own != NULL && n == 0)
            draft_add_variable(
                p->d, out,
                draft_variable(p->d, value->text + 1, "Postman path variable %.60s", value->text));
        else
            buf_add(out, text, n);
    }
}

/* A URL from its parts: "raw" may be older than they are, and has disabled parameters in it. */
static void url_parts(struct postman *p, const struct json *url, struct draft_notes *notes,
                      struct buf *out) {
    size_t n;
    const struct json *host = json_get(url, "host"), *path = json_get(url, "path"),
                      *query = json_get_array(url, "query");
    const char *text = resolve(p, json_get(url, "protocol"), notes, &n);
    if (n > 0)
        buf_printf(out, "%s://", text);
    if (host != NULL && host->kind == JSON_ARRAY) {
        add_joined(p, host, ".", notes, out);
    } else {
        text = resolve(p, host, notes, &n);
        buf_add(out, text, n);
    }
    text = resolve(p, json_get(url, "port"), notes, &n);
    if (n > 0)
        buf_printf(out, ":%s", text);
    if (path != NULL && path->kind == JSON_ARRAY) {
        buf_char(out, '/');
        add_joined(p, path, "/", notes, out);
    } else {
        text = resolve(p, path, notes, &n);
        if (n > 0 && text[0] != '/')
            buf_char(out, '/');
        buf_add(out, text, n);
    }
    char between = '?';
    for (const struct json *m = query == NULL ? NULL : query->first; m != NULL; m = m->next) {
        if (!is_on(m))
            continue;
        buf_char(out, between);
        between = '&';
        text = resolve(p, json_get(m, "key"), notes, &n);
        buf_add(out, text, n);
        const struct json *value = json_get(m, "value");
        if (value == NULL || value->kind == JSON_NULL)
            continue;
        buf_char(out, '=');
        text = resolve(p, value, notes, &n);
        /* A line or "&" inside a value: as Postman sends it, escaped. */
        for (size_t i = 0; i < n; i++) {
            if (text[i] == ' ' || text[i] == '#' || text[i] == '&')
                encode_percent(out, text + i, 1);
            else
                buf_char(out, text[i]);
        }
    }
}

static bool set_url(struct postman *p, const struct json *url, struct draft_request *q,
                    const char *where) {
    struct buf b;
    struct url u;
    size_t n;
    buf_init(&b, RESOLVED_MAX);
    p->own = json_get_array(url, "variable");
    if (url != NULL && url->kind == JSON_OBJECT && json_get(url, "host") != NULL)
        url_parts(p, url, &q->notes, &b);
    else {
        const char *text = resolve(
            p, url != NULL && url->kind == JSON_OBJECT ? json_get(url, "raw") : url, &q->notes, &n);
        buf_add(&b, text, n);
    }
    p->own = NULL;
    n = b.len;
    size_t variable_bytes = draft_reference_bytes(p->d, buf_text(&b), n);
    const char *text = draft_take(p->d, &b);
    if (variable_bytes > 0 && strncmp(text + variable_bytes, "://", 3) == 0) {
        draft_note(p->d, &q->notes, "assumed: http://, because the URL's scheme is a variable");
        text += variable_bytes + 3;
        n -= variable_bytes + 3;
    }
    const char *wrong = source_url(text, n, p->d, &u);
    if (wrong != NULL)
        draft_lost(p->d, &p->d->next, 1, "left out: request %.100s: its URL \"%.100s\": %s", where,
                   text, wrong);
    else
        draft_url(p->d, q, &u);
    return wrong == NULL;
}

/* auth.bearer is [{"key": "token", "value": ...}] in v2.1, {"token": ...} in v2.0. */
static const char *auth_field(struct postman *p, const struct json *auth, const char *kind,
                              const char *key, struct draft_notes *notes, size_t *n) {
    const struct json *fields = json_get(auth, kind);
    const struct json *v = fields != NULL && fields->kind == JSON_ARRAY
                               ? json_get(variable(fields, key, strlen(key)), "value")
                               : json_get(fields, key);
    return resolve(p, v, notes, n);
}

static void api_key(struct postman *p, const struct json *auth, struct draft_request *q) {
    struct draft *d = p->d;
    size_t key_n, value_n, in_n;
    const char *key = auth_field(p, auth, "apikey", "key", &q->notes, &key_n);
    const char *value = auth_field(p, auth, "apikey", "value", &q->notes, &value_n);
    const char *in = auth_field(p, auth, "apikey", "in", &q->notes, &in_n);
    if (key_n == 0 || value_n == 0)
        return;
    const char *text = draft_secret(d, key, value, value_n, "API key %.60s", key);
    struct buf b;
    if (strcmp(in, "query") != 0) {
        draft_header(d, q, key, "x", 1); /* checks the name */
        if (draft_header_get(q, key) != NULL) {
            draft_header_remove(q, key);
            draft_pair_add(d, &q->headers, key, text);
        }
        return;
    }
    if (draft_has_reference(d, value, value_n)) { /* the rest of it is to be escaped */
        buf_init(&b, RESOLVED_MAX);
        draft_add_percent(d, &b, value, value_n);
        const size_t n = b.len;
        const char *escaped = draft_take(d, &b);
        text = draft_literal(d, escaped, n);
    }
    buf_init(&b, RESOLVED_MAX);
    buf_printf(&b, "%s%c", q->path, strchr(q->path, '?') == NULL ? '?' : '&');
    encode_percent(&b, key, key_n);
    buf_printf(&b, "=%s", text);
    q->path = draft_take(d, &b);
}

/* The token that Postman has stored, or a variable: how to get one is not read. */
static void oauth2(struct postman *p, const struct json *auth, struct draft_request *q) {
    struct draft *d = p->d;
    size_t n, prefix_n, in_n;
    const char *token = auth_field(p, auth, "oauth2", "accessToken", &q->notes, &n);
    const char *prefix = auth_field(p, auth, "oauth2", "headerPrefix", &q->notes, &prefix_n);
    const char *in = auth_field(p, auth, "oauth2", "addTokenTo", &q->notes, &in_n);
    const char *text = n > 0 ? draft_secret(d, "TOKEN", token, n, "OAuth 2 token")
                             : draft_variable(d, "TOKEN", "OAuth 2 token");
    struct buf b;
    while (prefix_n > 0 && prefix[prefix_n - 1] == ' ')
        prefix_n--;
    if (n == 0)
        draft_note(d, &q->notes,
                   "assumed: the OAuth 2 token is in TOKEN; how to get one is not read");
    buf_init(&b, RESOLVED_MAX);
    if (strcmp(in, "queryParams") == 0) {
        buf_printf(&b, "%s%caccess_token=%s", q->path, strchr(q->path, '?') == NULL ? '?' : '&',
                   text);
        q->path = draft_take(d, &b);
    } else if (prefix_n == 0 || (prefix_n == 6 && strncasecmp(prefix, "Bearer", 6) == 0)) {
        draft_header_remove(q, "Authorization");
        q->auth = (struct draft_auth){.bearer = text};
        buf_done(&b);
    } else {
        draft_header_remove(q, "Authorization");
        draft_add_literal(d, &b, prefix, prefix_n);
        buf_printf(&b, " %s", text);
        draft_pair_add(d, &q->headers, "Authorization", draft_take(d, &b));
    }
}

static void set_auth(struct postman *p, const struct json *auth, struct draft_request *q) {
    struct draft *d = p->d;
    const char *type = json_get_string(auth, "type");
    size_t n, m;
    if (auth == NULL || auth->kind != JSON_OBJECT || type[0] == '\0' || strcmp(type, "noauth") == 0)
        return;
    if (strcmp(type, "bearer") == 0) {
        const char *token = auth_field(p, auth, "bearer", "token", &q->notes, &n);
        if (n > 0)
            draft_bearer(d, q, token, n);
        else
            draft_note(d, &q->notes, "left out: an empty bearer token");
    } else if (strcmp(type, "basic") == 0) {
        const char *user = auth_field(p, auth, "basic", "username", &q->notes, &n);
        const char *password = auth_field(p, auth, "basic", "password", &q->notes, &m);
        draft_header_remove(q, "Authorization");
        q->auth.user =
            n == 0 ? "" : draft_secret(d, "AUTH_USER", user, n, "user of basic authentication");
        q->auth.password = m == 0 ? ""
                                  : draft_secret(d, "AUTH_PASSWORD", password, m,
                                                 "password of basic authentication");
    } else if (strcmp(type, "oauth2") == 0) {
        oauth2(p, auth, q);
    } else {
        api_key(p, auth, q);
    }
}

/* What coldswarm has no authentication for: the request cannot be sent as it was meant. */
static bool is_refused(const struct json *auth) {
    static const char *const known[] = {"", "noauth", "bearer", "basic", "apikey", "oauth2"};
    const char *type = json_get_string(auth, "type");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(type, known[i]) == 0)
            return false;
    return auth != NULL && auth->kind == JSON_OBJECT;
}

static void headers(struct postman *p, const struct json *list, struct draft_request *q) {
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next) {
        size_t n, k;
        const char *key = resolve(p, json_get(m, "key"), &q->notes, &k);
        const char *value = resolve(p, json_get(m, "value"), &q->notes, &n);
        if (is_on(m) && k > 0)
            draft_header(p->d, q, key, value, n);
    }
}

/* A part with this file, or (file NULL) with the field's text. Both may have a type and a name. */
static void add_part(struct postman *p, const struct json *m, struct draft_request *q,
                     const struct json *file) {
    struct draft *d = p->d;
    size_t n, k;
    const char *key = resolve(p, json_get(m, "key"), &q->notes, &k);
    bool lacks = file == NULL && strcmp(json_get_string(m, "type"), "file") == 0;
    struct draft_part *part = k > 0 ? draft_part_add(d, q, draft_literal(d, key, k)) : NULL;
    if (part == NULL)
        return;
    const struct json *content = file != NULL ? file : lacks ? NULL : json_get(m, "value");
    const char *value = resolve(p, content, &q->notes, &n);
    if (file != NULL)
        part->file = draft_file_name(d, value);
    else
        part->value = draft_value(d, key, value, n);
    const char *type = resolve(p, json_get(m, "contentType"), &q->notes, &n);
    part->type = strchr(type, '/') != NULL ? draft_literal(d, type, n) : NULL;
    const char *name = resolve(p, json_get(m, "fileName"), &q->notes, &n);
    part->filename = n > 0 ? draft_literal(d, name, n) : NULL;
    if (lacks)
        draft_note(d, &q->notes,
                   "left out: the file of field %.60s, which the collection does not specify", key);
}

static void form_data(struct postman *p, const struct json *list, struct draft_request *q) {
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next) {
        const struct json *src = json_get(m, "src");
        const struct json *files = src != NULL && src->kind == JSON_ARRAY ? src->first : src;
        bool has = strcmp(json_get_string(m, "type"), "file") == 0 && files != NULL &&
                   files->kind == JSON_STRING && files->len > 0;
        if (is_on(m) && !has)
            add_part(p, m, q, NULL);
        for (; is_on(m) && has && files != NULL && files->kind == JSON_STRING;
             files = src->kind == JSON_ARRAY ? files->next : NULL)
            add_part(p, m, q, files);
    }
}

static void graphql(struct postman *p, const struct json *v, struct draft_request *q) {
    struct buf b, object;
    size_t n, m;
    const char *query = resolve(p, json_get(v, "query"), &q->notes, &n);
    const char *operation = resolve(p, json_get(v, "operationName"), &q->notes, &m);
    const struct json *given = json_get(v, "variables");
    buf_init(&b, RESOLVED_MAX);
    buf_init(&object, RESOLVED_MAX);
    buf_str(&b, "{\"query\":\"");
    json_escape(&b, query, n);
    buf_str(&b, m > 0 ? "\",\"operationName\":\"" : "");
    json_escape(&b, operation, m);
    buf_str(&b, "\",\"variables\":");
    if (given != NULL && given->kind == JSON_OBJECT)
        json_copy(given, NULL, NULL, &object);
    else
        buf_str(&object, json_get_string(v, "variables"));
    resolve_into(p, buf_text(&object), object.len, &q->notes, 0, &b);
    buf_str(&b, object.len > 0 ? "}" : "{}}");
    draft_body(p->d, q, buf_text(&b), b.len, "application/json");
    buf_done(&object);
    buf_done(&b);
}

static void set_body(struct postman *p, const struct json *body, struct draft_request *q) {
    struct draft *d = p->d;
    const char *mode = json_get_string(body, "mode");
    size_t n, k;
    if (body == NULL || body->kind != JSON_OBJECT || !is_on(body) || mode[0] == '\0')
        return;
    if (strcmp(mode, "raw") == 0) {
        const char *text = resolve(p, json_get(body, "raw"), &q->notes, &n);
        const char *language =
            json_get_string(json_get(json_get(body, "options"), "raw"), "language");
        const char *type = draft_header_get(q, "Content-Type");
        const char *guess = strcmp(language, "json") == 0         ? "application/json"
                            : strcmp(language, "xml") == 0        ? "application/xml"
                            : strcmp(language, "html") == 0       ? "text/html"
                            : strcmp(language, "javascript") == 0 ? "application/javascript"
                                                                  : "text/plain";
        if (n > 0)
            draft_body(d, q, text, n, type != NULL ? type : guess);
    } else if (strcmp(mode, "urlencoded") == 0) {
        const struct json *list = json_get_array(body, "urlencoded");
        for (const struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next) {
            const char *key = resolve(p, json_get(m, "key"), &q->notes, &k);
            const char *value = resolve(p, json_get(m, "value"), &q->notes, &n);
            if (is_on(m) && k > 0)
                draft_form_add(d, q, key, k, value, n);
        }
    } else if (strcmp(mode, "formdata") == 0) {
        form_data(p, json_get_array(body, "formdata"), q);
        draft_header_remove(q, "Content-Type");
    } else if (strcmp(mode, "file") == 0) {
        const struct json *file = json_get(body, "file");
        const char *path =
            resolve(p, file != NULL && file->kind == JSON_OBJECT ? json_get(file, "src") : file,
                    &q->notes, &n);
        if (n == 0) {
            draft_note(d, &q->notes,
                       "left out: the file of the body, which the collection does not specify");
            return;
        }
        q->body_kind = DRAFT_FILE;
        q->body = draft_file_name(d, path);
    } else if (strcmp(mode, "graphql") == 0) {
        graphql(p, json_get(body, "graphql"), q);
    } else {
        draft_note(d, &q->notes, "left out: a body of mode %.40s", mode);
    }
}

/* Scripts are programs: they are named, and not run. */
static void scripts(struct postman *p, const struct json *v, const char *where,
                    struct draft_notes *notes) {
    const struct json *events = json_get_array(v, "event");
    for (const struct json *m = events == NULL ? NULL : events->first; m != NULL; m = m->next) {
        const struct json *exec = json_get(json_get(m, "script"), "exec");
        bool empty = exec == NULL || (exec->kind == JSON_STRING && exec->len == 0) ||
                     (exec->kind == JSON_ARRAY &&
                      (exec->count == 0 || (exec->count == 1 && exec->first->len == 0)));
        if (!empty && is_on(m))
            draft_note(p->d, notes, "left out: the %s script of %.100s",
                       strcmp(json_get_string(m, "listen"), "test") == 0 ? "test" : "pre-request",
                       where);
    }
}

/* Postman sends no body with these methods, unless the collection says so. */
static bool sends_body(const struct postman *p, const struct json *item, const char *method) {
    static const char *const without[] = {"GET", "HEAD", "COPY", "PURGE", "UNLOCK"};
    const struct json *own =
        json_get(json_get(item, "protocolProfileBehavior"), "disableBodyPruning");
    if (own == NULL)
        own = p->keeps_bodies;
    if (own != NULL && own->kind == JSON_BOOL && own->boolean)
        return true;
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (strcmp(method, without[i]) == 0)
            return false;
    return true;
}

static void request(struct postman *p, const struct json *item, const char *where,
                    const struct json *auth) {
    struct draft *d = p->d;
    const struct json *r = json_get(item, "request");
    const struct json *own = json_get(r, "auth");
    size_t n = 0;
    auth = own != NULL && own->kind == JSON_OBJECT ? own : auth;
    if (is_refused(auth)) {
        draft_lost(
            d, &d->next, 1,
            "left out: request %.100s: its authentication is %.40s, which coldswarm does not "
            "have",
            where, json_get_string(auth, "type"));
        return;
    }
    struct draft_request *q = draft_single(d, 1);
    if (q == NULL)
        return;
    q->name = draft_literal(d, where, strlen(where));
    const char *method = resolve(p, json_get(r, "method"), &q->notes, &n);
    bool token = n > 0 && n <= 32 && strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == n &&
                 strcmp(method, "CONNECT") != 0;
    if (n > 0 && !token)
        draft_note(d, &q->notes, "assumed: GET instead of method \"%.40s\"", method);
    q->method = token ? method : "GET";
    if (!set_url(p, r != NULL && r->kind == JSON_STRING ? r : json_get(r, "url"), q, where)) {
        draft_single_drop(d);
        return;
    }
    headers(p, json_get_array(r, "header"), q);
    set_auth(p, auth, q);
    if (sends_body(p, item, q->method))
        set_body(p, json_get(r, "body"), q);
    else if (json_get_string(json_get(r, "body"), "mode")[0] != '\0')
        draft_note(d, &q->notes, "not sent: a body, which Postman does not send with %.10s either",
                   q->method);
    scripts(p, item, "this request", &q->notes);
}

/* Folders go as deep as the parser lets them. */
static void items(struct postman *p, const struct json *list, const char *folder,
                  const struct json *auth) {
    for (const struct json *m = list->first; m != NULL; m = m->next) {
        struct buf b;
        const struct json *inner = json_get_array(m, "item"), *own = json_get(m, "auth");
        const char *name = json_get_string(m, "name");
        buf_init(&b, 4096);
        buf_printf(&b, "%s%s%.200s", folder, folder[0] != '\0' ? " / " : "",
                   name[0] != '\0' ? name : "request");
        const char *where = buf_ok(&b) ? draft_copy(p->d, buf_text(&b), b.len) : folder;
        buf_done(&b);
        if (inner != NULL) {
            const struct json *outside = p->keeps_bodies,
                              *keeps = json_get(json_get(m, "protocolProfileBehavior"),
                                                "disableBodyPruning");
            p->keeps_bodies = keeps != NULL ? keeps : outside;
            scripts(p, m, where, &p->d->notes);
            items(p, inner, where, own != NULL && own->kind == JSON_OBJECT ? own : auth);
            p->keeps_bodies = outside;
        } else if (json_get(m, "request") != NULL) {
            request(p, m, where, auth);
        }
    }
}

int postman_read(struct draft *d, const struct json_doc *doc, struct err *e) {
    const struct json *root = json_root(doc);
    if (json_get(root, "item") == NULL && json_get(root, "collection") != NULL)
        root = json_get(root, "collection"); /* as Postman's API wraps it */
    const struct json *list = json_get_array(root, "item"), *info = json_get(root, "info");
    struct postman p = {.d = d};
    int result = 0;
    if (list == NULL && json_get(root, "requests") != NULL)
        return json_fail(doc, root->at, e,
                         "this is a Postman collection of version 1; export it as version 2.1");
    if (list == NULL)
        return json_fail(doc, root->at, e,
                         "not a Postman collection: {\"info\": ..., \"item\": [...]} is missing");
    d->references = d->sequence = true;
    draft_note(
        d, &d->notes,
        "Assumed: each user sends the requests in order, repeatedly, like Postman's runner.");
    d->name =
        draft_literal(d, json_get_string(info, "name"), strlen(json_get_string(info, "name")));
    collect(&p, json_get_array(root, "variable"));
    p.keeps_bodies = json_get(json_get(root, "protocolProfileBehavior"), "disableBodyPruning");
    items(&p, list, "", json_get(root, "auth"));
    scripts(&p, root, "the collection", &d->notes);
    const char *why = draft_omission(d);
    if (d->request_count == 0 && why != NULL)
        result = json_fail(doc, list->at, e, "no request of this collection can be sent; %s", why);
    else if (d->request_count == 0)
        result = json_fail(doc, list->at, e, "this collection contains no request");
    pointer_map_done(&p.by_name);
    return result;
}
