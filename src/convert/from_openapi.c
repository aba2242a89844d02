/* OpenAPI 2 (Swagger), 3.0 and 3.1 (https://spec.openapis.org/oas/v3.1.0): a task for each
 * operation. */
#include "convert/from_openapi.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/from.h"
#include "convert/source_url.h"

#define STRANGE_MAX 100

/* Where requests go: the target (origin "") or another host, and what is in front of every path. */
struct server {
    const char *origin, *prefix;
};

static void server_variable(struct openapi *o, const char *name, const struct json *variables,
                            struct buf *out) {
    const struct json *value = json_get(json_get(variables, name), "default");
    struct buf b;
    buf_init(&b, 8192);
    if (value != NULL && openapi_scalar(value, &b) && b.len > 0) {
        draft_clean(out, buf_text(&b), b.len);
        draft_note(o->d, &o->d->notes, "Assumed: %.60s of the server's URL is %.60s, its default.",
                   name, buf_text(&b));
    } else {
        draft_add_variable(
            o->d, out, draft_variable(o->d, name, "variable {%.60s} of the server's URL", name));
    }
    buf_done(&b);
}

/* The server's URL with its variables' defaults. */
static const char *server_url(struct openapi *o, const struct json *server) {
    const char *url = json_get_string(server, "url");
    struct buf b;
    buf_init(&b, 8192);
    while (*url != '\0') {
        size_t n = strcspn(url, "{");
        draft_clean(&b, url, n);
        url += n;
        size_t end = strcspn(url, "}");
        if (url[0] == '\0' || url[end] == '\0')
            break;
        server_variable(o, draft_copy(o->d, url + 1, end - 1), json_get(server, "variables"), &b);
        url += end + 1;
    }
    return draft_take(o->d, &b);
}

/* Version 2: "schemes", "host" and "basePath". */
static const char *version2_url(struct openapi *o) {
    const struct json *schemes = json_get_array(o->root, "schemes");
    const char *host = json_get_string(o->root, "host"), *scheme = "";
    struct buf b;
    for (const struct json *m = schemes == NULL ? NULL : schemes->first; m != NULL; m = m->next)
        if (m->kind == JSON_STRING && strncmp(m->text, "http", 4) == 0)
            scheme = strcmp(scheme, "https") == 0 ? scheme : m->text;
    buf_init(&b, 8192);
    if (host[0] != '\0')
        buf_printf(&b, "%s://%s", scheme[0] == '\0' ? "https" : scheme, host);
    if (host[0] != '\0' && scheme[0] == '\0')
        draft_note(o->d, &o->d->notes, "Assumed: https, because the document has no \"schemes\".");
    draft_clean(&b, json_get_string(o->root, "basePath"),
                strlen(json_get_string(o->root, "basePath")));
    return draft_take(o->d, &b);
}

static const char *without_slash(struct draft *d, const char *prefix, size_t n) {
    while (n > 0 && prefix[n - 1] == '/')
        n--;
    return draft_copy(d, prefix, n);
}

/* The document's server, which is the target. */
static struct server first_server(struct openapi *o) {
    const struct json *servers = json_get_array(o->root, "servers");
    struct draft *d = o->d;
    struct server s = {"", ""};
    struct url u;
    struct draft_request q = {.path = "/"};
    bool none = o->swagger ? json_get_string(o->root, "host")[0] == '\0'
                           : servers == NULL || servers->first == NULL;
    if (none) {
        draft_note(d, &d->notes,
                   "Assumed: no target, because the document has no server; give one with --host.");
        if (!o->swagger)
            return s;
    }
    const char *url = o->swagger ? version2_url(o) : server_url(o, servers->first);
    if (!o->swagger && servers->count > 1)
        draft_note(d, &d->notes, "Assumed: the first of %zu servers.", servers->count);
    if (url[0] == '/' || url[0] == '\0') {
        if (!none)
            draft_note(d, &d->notes,
                       "Assumed: no target, because the server's URL is only \"%.100s\"; give one "
                       "with --host.",
                       url);
        s.prefix = without_slash(d, url, strlen(url));
    } else if (source_url(url, strlen(url), d, &u) != NULL) {
        draft_note(
            d, &d->notes,
            "Left out: the server's URL \"%.100s\", which is not a URL; give one with --host.",
            url);
    } else {
        draft_url(d, &q, &u);
        s.prefix = without_slash(d, u.path, strcspn(u.path, "?"));
    }
    return s;
}

/* The server of one operation, if it has its own. */
static struct server own_server(struct openapi_operation *x, struct server otherwise) {
    struct draft *d = x->o->d;
    const struct json *servers = json_get_array(x->operation, "servers");
    struct url u;
    if (servers == NULL || servers->first == NULL)
        servers = json_get_array(x->path_item, "servers");
    if (servers == NULL || servers->first == NULL)
        return otherwise;
    const char *url = server_url(x->o, servers->first);
    if (url[0] == '/')
        return (struct server){"", without_slash(d, url, strlen(url))};
    if (source_url(url, strlen(url), d, &u) != NULL || u.scheme[0] == '\0') {
        draft_note(d, &x->q->notes, "left out: this operation's own server \"%.100s\"", url);
        return otherwise;
    }
    return (struct server){draft_copy(d, url, (size_t)(u.path - url)),
                           without_slash(d, u.path, strcspn(u.path, "?"))};
}

static void api_key(struct openapi_operation *x, const struct json *scheme) {
    struct draft *d = x->o->d;
    struct buf b;
    const char *name = json_get_string(scheme, "name"), *in = json_get_string(scheme, "in");
    if (name[0] == '\0')
        return;
    buf_init(&b, 4096);
    draft_add_variable(d, &b, draft_variable(d, name, "API key %.60s", name));
    if (strcmp(in, "header") == 0)
        draft_header(d, x->q, name, buf_text(&b), b.len);
    else if (strcmp(in, "cookie") == 0)
        buf_printf(&x->cookies, "%s%s=%s", x->cookies.len > 0 ? "; " : "", name, buf_text(&b));
    else
        openapi_query_add(x, name, buf_text(&b), b.len, false);
    buf_done(&b);
}

/* The first way in that the operation, else the document, asks for. */
static void security(struct openapi_operation *x) {
    struct openapi *o = x->o;
    struct draft *d = o->d;
    const struct json *list = json_get_array(x->operation, "security");
    if (list == NULL)
        list = json_get_array(o->root, "security");
    if (list == NULL || list->first == NULL || list->first->kind != JSON_OBJECT)
        return;
    const struct json *schemes = o->swagger
                                     ? json_get(o->root, "securityDefinitions")
                                     : json_get(json_get(o->root, "components"), "securitySchemes");
    for (const struct json *m = list->first->first; m != NULL; m = m->next) {
        const struct json *s = openapi_resolve(o, json_get(schemes, m->key), &x->q->notes);
        const char *type = json_get_string(s, "type"), *scheme = json_get_string(s, "scheme");
        bool http = strcmp(type, "http") == 0, basic = strcmp(type, "basic") == 0;
        if (strcmp(type, "apiKey") == 0) {
            api_key(x, s);
        } else if (basic || (http && strcasecmp(scheme, "basic") == 0)) {
            x->q->auth = (struct draft_auth){
                .user = draft_variable(d, "AUTH_USER", "user of basic authentication"),
                .password = draft_variable(d, "AUTH_PASSWORD", "password of basic authentication")};
        } else if (strcmp(type, "oauth2") == 0 || strcmp(type, "openIdConnect") == 0 ||
                   (http && strcasecmp(scheme, "bearer") == 0)) {
            x->q->auth = (struct draft_auth){.bearer = draft_variable(d, "TOKEN", "bearer token")};
            if (!http)
                draft_note(d, &x->q->notes,
                           "assumed: the token of %.20s is in TOKEN; how to get one is left out",
                           type);
        } else {
            draft_note(d, &x->q->notes, "left out: security scheme %.60s", m->key);
        }
    }
}

/* The path on the target, or the whole URL of an operation with a server of its own. */
static void set_path(struct openapi_operation *x, struct server s, const char *template) {
    struct draft *d = x->o->d;
    struct buf b;
    struct url u;
    buf_init(&b, OPENAPI_VALUE_MAX);
    buf_printf(&b, "%s%s", s.origin, s.prefix);
    openapi_path(x, template, &b);
    if (x->query.len > 0) {
        buf_char(&b, strchr(template, '?') == NULL ? '?' : '&');
        buf_add(&b, x->query.data, x->query.len);
    }
    size_t n = b.len;
    const char *text = draft_take(d, &b);
    if (s.origin[0] != '\0' && source_url(text, n, d, &u) == NULL)
        draft_url(d, x->q, &u);
    else
        draft_path(d, x->q, text, n);
}

/* An operation whose body cannot be made is not sent. */
static void give_up(struct openapi_operation *x, const struct draft_notes *before, const char *name,
                    const char *type) {
    struct draft *d = x->o->d;
    const char *method = x->q->method;
    if (before->last != NULL)
        before->last->next = NULL;
    x->q->notes = *before; /* what it was to say about itself is of no use */
    draft_single_drop(d);
    draft_lost(d, &d->next, 1,
               "left out: %s %.100s: its body is %.60s, of which convert makes no examples", method,
               name, type);
}

static void fill(struct openapi_operation *x, const char *name, struct server s) {
    struct draft *d = x->o->d;
    const struct draft_notes before = x->q->notes;
    buf_init(&x->query, OPENAPI_VALUE_MAX);
    buf_init(&x->cookies, OPENAPI_VALUE_MAX);
    buf_init(&x->left, 1024);
    if (openapi_is_true(x->operation, "deprecated"))
        draft_note(d, &x->q->notes, "the document marks this operation as deprecated");
    s = own_server(x, s);
    openapi_parameters(x);
    security(x);
    set_path(x, s, name);
    if (x->cookies.len > 0)
        draft_header(d, x->q, "Cookie", x->cookies.data, x->cookies.len);
    const char *refused = openapi_body(x);
    if (x->left.len > 0)
        draft_note(d, &x->q->notes, "not sent: optional parameters without an example: %s",
                   buf_text(&x->left));
    d->failed = d->failed || x->query.failed || x->cookies.failed;
    buf_done(&x->query);
    buf_done(&x->cookies);
    buf_done(&x->left);
    if (refused != NULL)
        give_up(x, &before, name, refused);
}

static void operation(struct openapi *o, const struct json *item, const struct json *op,
                      const char *path, struct server s) {
    struct draft *d = o->d;
    struct openapi_operation x = {.o = o, .path_item = item};
    char method[16];
    size_t n = strlen(op->key);
    for (size_t i = 0; i <= n && i < sizeof method; i++)
        method[i] =
            op->key[i] >= 'a' && op->key[i] <= 'z' ? (char)(op->key[i] - 'a' + 'A') : op->key[i];
    x.operation = openapi_resolve(o, op, &d->next);
    if (x.operation == NULL || x.operation->kind != JSON_OBJECT) {
        draft_lost(d, &d->next, 1, "left out: %s %.100s, which is a $ref that cannot be read",
                   method, path);
        return;
    }
    x.q = draft_single(d, 1);
    if (x.q == NULL)
        return;
    x.q->method = draft_copy(d, method, n);
    struct buf name;
    buf_init(&name, 4096);
    draft_clean(&name, path, strnlen(path, 1000));
    x.q->name = draft_take(d, &name);
    fill(&x, path, s);
}

static bool is_method(const char *key) {
    static const char *const methods[] = {"get",     "put",  "post",  "delete",
                                          "options", "head", "patch", "trace"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(key, methods[i]) == 0)
            return true;
    return false;
}

/* What may stand beside the operations of a path (OpenAPI 3.1, 4.8.9). */
static bool is_no_operation(const char *key) {
    static const char *const keys[] = {"summary", "description", "servers", "parameters", "$ref"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return strncmp(key, "x-", 2) == 0;
}

/* Tells of a member of "paths" that is not read, with its line; finding that takes a walk over the
 * document. */
static void note_strange(struct openapi *o, const struct json *m, const char *what) {
    size_t line, column;
    if (++o->strange > STRANGE_MAX)
        return;
    json_where(o->doc, m->key_at, &line, &column);
    draft_lost(o->d, &o->d->next, 1, "left out: line %zu: \"%.100s\", %s", line, m->key, what);
}

static void path_item(struct openapi *o, const struct json *item, struct server s) {
    const struct json *at =
        item->kind == JSON_OBJECT ? openapi_resolve(o, item, &o->d->next) : item;
    char what[100];
    if (at == NULL) {
        draft_lost(o->d, &o->d->next, 1, "left out: path %.100s, a $ref that cannot be read",
                   item->key);
        return;
    }
    if (item->key[0] != '/' && strncmp(item->key, "x-", 2) != 0)
        note_strange(o, item, "a path that does not begin with \"/\"");
    else if (item->key[0] == '/' && at->kind != JSON_OBJECT)
        note_strange(o, item, "a path without operations");
    if (item->key[0] != '/' || at->kind != JSON_OBJECT)
        return;
    for (const struct json *op = at->first; op != NULL; op = op->next) {
        snprintf(what, sizeof what, "an operation that is not an object but %s",
                 json_kind_text(op->kind));
        if (!is_method(op->key) && !is_no_operation(op->key))
            note_strange(o, op, "which is not a method; write methods in lower case");
        else if (is_method(op->key) && op->kind != JSON_OBJECT)
            note_strange(o, op, what);
        else if (is_method(op->key))
            operation(o, at, op, item->key, s);
    }
}

static int check_version(struct openapi *o, struct err *e) {
    const struct json *version = json_get(o->root, "openapi"),
                      *swagger = json_get(o->root, "swagger");
    const struct json *any = swagger != NULL ? swagger : version;
    if (any == NULL)
        return json_fail(o->doc, o->root->at, e,
                         "not an OpenAPI document: \"openapi\": \"3.x.y\" is missing");
    /* YAML makes a number of 3.0 without quotes. */
    bool text = (any->kind == JSON_STRING || any->kind == JSON_NUMBER) && any->len >= 2;
    o->swagger = swagger != NULL;
    if (o->swagger && (!text || memcmp(any->text, "2.", 2) != 0))
        return json_fail(o->doc, any->at, e, "not an OpenAPI document: \"swagger\" is not \"2.0\"");
    if (!o->swagger && (!text || memcmp(any->text, "3.", 2) != 0))
        return json_fail(o->doc, any->at, e,
                         "not an OpenAPI 3 document: \"openapi\" is not \"3.x.y\"");
    return 0;
}

int openapi_read(struct draft *d, const struct json_doc *doc, struct err *e) {
    const struct json *root = json_root(doc), *paths = json_get(root, "paths");
    struct openapi o = {.d = d, .doc = doc, .root = root};
    int result = -1;
    if (check_version(&o, e) != 0)
        return -1;
    if (paths == NULL || paths->kind != JSON_OBJECT || paths->first == NULL)
        return json_fail(doc, paths != NULL ? paths->at : root->at, e,
                         "\"paths\" is missing or empty in this OpenAPI document");
    d->references = true;
    const char *title = json_get_string(json_get(root, "info"), "title");
    d->name = draft_literal(d, title, strlen(title));
    struct server s = first_server(&o);
    draft_note(d, &d->notes, "Assumed: all operations are called equally often.");
    for (const struct json *item = paths->first; item != NULL; item = item->next)
        path_item(&o, item, s);
    if (o.strange > STRANGE_MAX)
        draft_lost(d, &d->notes, o.strange - STRANGE_MAX,
                   "Left out: other members of \"paths\" that are not operations (%zu).",
                   o.strange - STRANGE_MAX);
    const char *why = draft_omission(d);
    if (d->request_count > 0)
        result = 0;
    else if (why != NULL)
        json_fail(doc, paths->at, e, "no operation in it can be sent; %s", why);
    else
        json_fail(doc, paths->at, e, "\"paths\" contains no operation");
    openapi_done(&o);
    return result;
}
