/* Postman collections, v2.0 and v2.1 (https://schema.getpostman.com/json/collection/v2.1.0/). */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/from.h"
#include "convert/source_url.h"
#include "util/encode.h"

#define VARIABLES_MAX 10000
#define RESOLVE_DEPTH 8
#define RESOLVED_MAX ((size_t)16 << 20)

struct postman {
    struct draft *d;
    const struct json *variables; /* the collection's, or NULL */
    const struct json *own;       /* the URL's path variables, or NULL */
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

/* Postman's own {{$...}} are new each time; so are the scenario's. */
static bool dynamic(struct draft *d, const char *name, size_t n, struct buf *out) {
    static const struct {
        const char *name, *value;
    } values[] = {{"$guid", "uuid"},
                  {"$randomUUID", "uuid"},
                  {"$timestamp", "now.unix"},
                  {"$isoTimestamp", "now.iso"},
                  {"$randomInt", "random.int(0, 1000)"}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (strlen(values[i].name) != n || memcmp(values[i].name, name, n) != 0)
            continue;
        draft_reference(d, out, values[i].value);
        return true;
    }
    return false;
}

static void resolve_into(struct postman *p, const char *text, size_t n, struct draft_notes *notes,
                         int depth, struct buf *out);

static void put_variable(struct postman *p, const char *name, size_t n, struct draft_notes *notes,
                         int depth, struct buf *out) {
    struct draft *d = p->d;
    const char *plain = draft_copy(d, name, n < 100 ? n : 100);
    const struct json *v = variable(p->variables, name, n), *value = json_get(v, "value");
    if (dynamic(d, name, n, out))
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
            draft_note(p->d, notes, "left out: the value of path variable %.60s, which is empty",
                       value->text);
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
    const char *text = draft_take(p->d, &b), *wrong = source_url(text, n, p->d, &u);
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
    } else if (strcmp(type, "apikey") == 0) {
        api_key(p, auth, q);
    } else {
        draft_note(d, &q->notes, "left out: authentication by %.40s", type);
    }
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

static void form_data(struct postman *p, const struct json *list, struct draft_request *q) {
    struct draft *d = p->d;
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next) {
        size_t k, n;
        const char *key = resolve(p, json_get(m, "key"), &q->notes, &k);
        const struct json *src = json_get(m, "src");
        if (!is_on(m) || k == 0)
            continue;
        const struct json *files = src != NULL && src->kind == JSON_ARRAY ? src->first : src;
        if (strcmp(json_get_string(m, "type"), "file") == 0) {
            if (files == NULL || files->kind != JSON_STRING || files->len == 0) {
                struct draft_part *part = draft_part_add(d, q, draft_literal(d, key, k));
                if (part != NULL)
                    part->value = "";
                draft_note(
                    d, &q->notes,
                    "left out: the file of field %.60s, which the collection does not specify",
                    key);
                continue;
            }
            for (; files != NULL && files->kind == JSON_STRING;
                 files = src->kind == JSON_ARRAY ? files->next : NULL) {
                struct draft_part *part = draft_part_add(d, q, draft_literal(d, key, k));
                if (part == NULL)
                    return;
                part->file = draft_file_name(d, resolve(p, files, &q->notes, &n));
                const char *type = resolve(p, json_get(m, "contentType"), &q->notes, &n);
                part->type = strchr(type, '/') != NULL ? draft_literal(d, type, n) : NULL;
            }
            continue;
        }
        struct draft_part *part = draft_part_add(d, q, draft_literal(d, key, k));
        const char *value = resolve(p, json_get(m, "value"), &q->notes, &n);
        if (part != NULL)
            part->value = draft_value(d, key, value, n);
    }
}

static void graphql(struct postman *p, const struct json *v, struct draft_request *q) {
    struct buf b;
    size_t n;
    const char *query = resolve(p, json_get(v, "query"), &q->notes, &n);
    buf_init(&b, RESOLVED_MAX);
    buf_str(&b, "{\"query\":\"");
    json_escape(&b, query, n);
    const char *variables = resolve(p, json_get(v, "variables"), &q->notes, &n);
    buf_printf(&b, "\",\"variables\":%s}", n > 0 ? variables : "{}");
    n = b.len;
    const char *text = draft_take(p->d, &b);
    draft_body(p->d, q, text, n, "application/json");
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

static void request(struct postman *p, const struct json *item, const char *where,
                    const struct json *auth) {
    struct draft *d = p->d;
    const struct json *r = json_get(item, "request");
    const struct json *own = json_get(r, "auth");
    size_t n = 0;
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
    set_auth(p, own != NULL && own->kind == JSON_OBJECT ? own : auth, q);
    set_body(p, json_get(r, "body"), q);
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
        bool fits = buf_ok(&b);
        const char *where = fits ? draft_copy(p->d, buf_text(&b), b.len) : folder;
        buf_done(&b);
        if (inner != NULL) {
            scripts(p, m, where, &p->d->notes);
            items(p, inner, where, own != NULL && own->kind == JSON_OBJECT ? own : auth);
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
    struct postman p = {.d = d, .variables = json_get_array(root, "variable")};
    if (list == NULL)
        return json_fail(doc, root->at, e,
                         "not a Postman collection: {\"info\": ..., \"item\": [...]} is missing");
    d->references = d->sequence = true;
    draft_note(
        d, &d->notes,
        "Assumed: each user sends the requests in order, repeatedly, like Postman's runner.");
    d->name =
        draft_literal(d, json_get_string(info, "name"), strlen(json_get_string(info, "name")));
    items(&p, list, "", json_get(root, "auth"));
    scripts(&p, root, "the collection", &d->notes);
    if (d->request_count == 0)
        return json_fail(doc, list->at, e, "this collection contains no request");
    return 0;
}
