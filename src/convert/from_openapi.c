/* OpenAPI 3.0 and 3.1 (https://spec.openapis.org/oas/v3.1.0): a task for each operation. */
#include "convert/from_openapi.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/from.h"
#include "convert/source_url.h"
#include "util/encode.h"

#define VALUE_MAX ((size_t)1 << 20)
#define PARAMETERS_MAX 200
#define STRANGE_MAX 100

struct operation {
    struct openapi *o;
    struct draft_request *q;
    const struct json *path_item, *operation;
    struct buf query, cookies;
    struct buf left; /* names of parameters that were left out */
};

static bool is_true(const struct json *v, const char *key) {
    const struct json *m = json_get(v, key);
    return m != NULL && m->kind == JSON_BOOL && m->boolean;
}

/* The server's URL with its variables' defaults. */
static const char *server_url(struct openapi *o, const struct json *server) {
    const char *url = json_get_string(server, "url");
    const struct json *variables = json_get(server, "variables");
    struct buf b;
    buf_init(&b, 8192);
    while (*url != '\0') {
        size_t n = strcspn(url, "{");
        draft_clean(&b, url, n);
        url += n;
        size_t end = strcspn(url, "}");
        if (url[0] == '\0' || url[end] == '\0')
            break;
        const char *name = draft_copy(o->d, url + 1, end - 1);
        const struct json *value = json_get(json_get(variables, name), "default");
        if (value != NULL && value->kind == JSON_STRING) {
            draft_clean(&b, value->text, value->len);
            draft_note(o->d, &o->d->notes,
                       "Assumed: %.60s of the server's URL is %.60s, its default.", name,
                       value->text);
        } else {
            draft_add_variable(
                o->d, &b, draft_variable(o->d, name, "variable {%.60s} of the server's URL", name));
        }
        url += end + 1;
    }
    return draft_take(o->d, &b);
}

/* Sets the target; *prefix is what stands in front of every path. */
static void server_read(struct openapi *o, const char **prefix) {
    const struct json *servers = json_get_array(o->root, "servers");
    struct draft *d = o->d;
    struct url u;
    struct draft_request q = {.path = "/"};
    *prefix = "";
    if (servers == NULL || servers->first == NULL) {
        draft_note(d, &d->notes,
                   "Assumed: no target, because the document has no server; give one with --host.");
        return;
    }
    const char *url = server_url(o, servers->first);
    if (servers->count > 1)
        draft_note(d, &d->notes, "Assumed: the first of %zu servers.", servers->count);
    if (url[0] == '/' || url[0] == '\0') {
        draft_note(d, &d->notes,
                   "Assumed: no target, because the server's URL is only \"%.100s\"; give one with "
                   "--host.",
                   url);
        *prefix = url;
    } else if (source_url(url, strlen(url), d, &u) != NULL) {
        draft_note(
            d, &d->notes,
            "Left out: the server's URL \"%.100s\", which is not a URL; give one with --host.",
            url);
    } else {
        draft_url(d, &q, &u);
        *prefix = draft_copy(d, u.path, strcspn(u.path, "?"));
    }
    size_t n = strlen(*prefix);
    while (n > 0 && (*prefix)[n - 1] == '/')
        n--;
    *prefix = draft_copy(d, *prefix, n);
}

/* A parameter's value as JSON: from examples, or made. *made tells which. */
static void parameter_json(struct openapi *o, const struct json *p, struct draft_notes *notes,
                           struct buf *out, bool *made) {
    const struct json *example = json_get(p, "example"), *examples = json_get(p, "examples");
    const struct json *content = json_get(p, "content");
    if (example == NULL && examples != NULL && examples->kind == JSON_OBJECT)
        example = json_get(openapi_resolve(o, examples->first, notes), "value");
    const struct json *schema = json_get(p, "schema");
    if (schema == NULL && content != NULL && content->kind == JSON_OBJECT)
        schema = json_get(content->first, "schema");
    if (example != NULL)
        openapi_copy(example, out);
    else
        openapi_example(o, schema, json_get_string(p, "name"), notes, out, made);
}

/* Appends a scalar as text. */
static bool scalar_text(const struct json *v, struct buf *out) {
    if (v->kind == JSON_STRING || v->kind == JSON_NUMBER)
        buf_add(out, v->text, v->len);
    else if (v->kind == JSON_BOOL)
        buf_str(out, v->boolean ? "true" : "false");
    else
        return v->kind == JSON_NULL;
    return true;
}

/* The value as a query, path or header has it: an array's elements with commas, or (query,
 * exploded) a pair for each. */
static bool put_value(struct operation *x, const struct json *p, const struct json *v,
                      const char *in, struct buf *out) {
    const char *name = json_get_string(p, "name");
    const struct json *explode = json_get(p, "explode");
    bool apart = strcmp(in, "query") == 0 &&
                 (explode == NULL || explode->kind != JSON_BOOL || explode->boolean);
    bool escape = strcmp(in, "header") != 0;
    size_t n = 0;
    if (v->kind == JSON_OBJECT)
        return false;
    for (const struct json *m = v->kind == JSON_ARRAY ? v->first : v; m != NULL;
         m = v->kind == JSON_ARRAY ? m->next : NULL) {
        struct buf b;
        buf_init(&b, VALUE_MAX);
        bool good = scalar_text(m, &b);
        if (n++ > 0 && apart) {
            buf_char(out, '&');
            draft_add_percent(x->o->d, out, name, strlen(name));
            buf_char(out, '=');
        } else if (n > 1) {
            buf_char(out, ',');
        }
        if (escape)
            draft_add_percent(x->o->d, out, buf_text(&b), b.len);
        else
            buf_add(out, buf_text(&b), b.len);
        buf_done(&b);
        if (!good)
            return false;
    }
    return true;
}

static bool has_example(const struct json *p, const struct json *schema) {
    return json_get(p, "example") != NULL || json_get(p, "examples") != NULL ||
           json_get(schema, "example") != NULL || json_get(schema, "default") != NULL;
}

static void leave_out(struct operation *x, const char *name) {
    if (x->left.len < 300)
        buf_printf(&x->left, "%s%.60s", x->left.len > 0 ? ", " : "", name);
}

/* Appends the text of the parameter's value; false where it has none that can be written. */
static bool parameter_value(struct operation *x, const struct json *p, const char *in,
                            struct buf *out) {
    struct buf json;
    struct json_doc *doc = NULL;
    bool made = false;
    buf_init(&json, VALUE_MAX);
    parameter_json(x->o, p, &x->q->notes, &json, &made);
    bool good = buf_ok(&json) &&
                json_parse("example", buf_text(&json), json.len, &doc, NULL) == 0 &&
                put_value(x, p, json_root(doc), in, out);
    if (good && made)
        draft_note(x->o->d, &x->q->notes, "assumed: %.60s is %.80s", json_get_string(p, "name"),
                   draft_literal(x->o->d, buf_text(&json), json.len));
    json_free(doc);
    buf_done(&json);
    return good;
}

static void parameter(struct operation *x, const struct json *p) {
    struct openapi *o = x->o;
    const char *in = json_get_string(p, "in"), *name = json_get_string(p, "name");
    const struct json *schema = openapi_resolve(o, json_get(p, "schema"), &x->q->notes);
    struct buf value;
    bool needed = is_true(p, "required") || has_example(p, schema);
    if (strcmp(in, "path") == 0 || name[0] == '\0')
        return; /* with the path */
    if (strcmp(in, "header") == 0 &&
        (strcasecmp(name, "Accept") == 0 || strcasecmp(name, "Content-Type") == 0 ||
         strcasecmp(name, "Authorization") == 0))
        return; /* the specification says that these are ignored */
    if (!needed) {
        leave_out(x, name);
        return;
    }
    buf_init(&value, VALUE_MAX);
    if (!parameter_value(x, p, in, &value)) {
        leave_out(x, name);
    } else if (strcmp(in, "query") == 0) {
        if (x->query.len > 0)
            buf_char(&x->query, '&');
        draft_add_percent(o->d, &x->query, name, strlen(name));
        buf_printf(&x->query, "=%s", buf_text(&value));
    } else if (strcmp(in, "header") == 0) {
        draft_header(o->d, x->q, name, buf_text(&value), value.len);
    } else if (strcmp(in, "cookie") == 0) {
        buf_printf(&x->cookies, "%s%s=%s", x->cookies.len > 0 ? "; " : "", name, buf_text(&value));
    }
    buf_done(&value);
}

/* An operation's parameter of that name and place, else the path's; they may be $refs. */
static const struct json *find_parameter(struct operation *x, const char *name, size_t n) {
    const struct json *lists[] = {json_get_array(x->operation, "parameters"),
                                  json_get_array(x->path_item, "parameters")};
    for (size_t i = 0; i < 2; i++)
        for (const struct json *m = lists[i] == NULL ? NULL : lists[i]->first; m != NULL;
             m = m->next) {
            const struct json *p = openapi_resolve(x->o, m, &x->q->notes);
            const char *own = json_get_string(p, "name");
            if (p != NULL && strcmp(json_get_string(p, "in"), "path") == 0 && strlen(own) == n &&
                memcmp(own, name, n) == 0)
                return p;
        }
    return NULL;
}

static void parameters(struct operation *x) {
    const struct json *own = json_get_array(x->operation, "parameters"),
                      *shared = json_get_array(x->path_item, "parameters");
    size_t n = 0;
    for (const struct json *m = own == NULL ? NULL : own->first; m != NULL && n++ < PARAMETERS_MAX;
         m = m->next) {
        const struct json *p = openapi_resolve(x->o, m, &x->q->notes);
        if (p != NULL)
            parameter(x, p);
    }
    for (const struct json *m = shared == NULL ? NULL : shared->first;
         m != NULL && n++ < PARAMETERS_MAX; m = m->next) {
        const struct json *p = openapi_resolve(x->o, m, &x->q->notes);
        bool again = false;
        for (const struct json *k = own == NULL ? NULL : own->first; k != NULL && p != NULL;
             k = k->next) {
            const struct json *other = openapi_resolve(x->o, k, &x->q->notes);
            again =
                again || (other != NULL &&
                          strcmp(json_get_string(other, "name"), json_get_string(p, "name")) == 0 &&
                          strcmp(json_get_string(other, "in"), json_get_string(p, "in")) == 0);
        }
        if (p != NULL && !again)
            parameter(x, p);
    }
}

/* The path with a value for each {name}. */
static void path(struct operation *x, const char *prefix, const char *template) {
    struct buf b;
    buf_init(&b, VALUE_MAX);
    buf_str(&b, prefix);
    for (const char *p = template; *p != '\0';) {
        size_t n = strcspn(p, "{");
        draft_clean(&b, p, n);
        p += n;
        size_t end = strcspn(p, "}");
        if (*p == '\0' || p[end] == '\0')
            break;
        const struct json *found = find_parameter(x, p + 1, end - 1);
        if (found == NULL || !parameter_value(x, found, "path", &b)) {
            buf_char(&b, '1');
            draft_note(x->o->d, &x->q->notes,
                       "assumed: %.*s is 1, because the document does not describe it",
                       (int)(end < 60 ? end - 1 : 59), p + 1);
        }
        p += end + 1;
    }
    if (x->query.len > 0) {
        buf_char(&b, '?');
        buf_add(&b, x->query.data, x->query.len);
    }
    size_t n = b.len;
    const char *text = draft_take(x->o->d, &b);
    draft_path(x->o->d, x->q, text, n);
}

/* The media type to send, and its schema: JSON where there is one, else a form, else the first. */
static const struct json *media(const struct json *content) {
    static const char *const wanted[] = {
        "application/json", "+json", "application/x-www-form-urlencoded", "multipart/form-data"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        for (const struct json *m = content->first; m != NULL; m = m->next)
            if (strstr(m->key, wanted[i]) != NULL)
                return m;
    return content->first;
}

static void form_body(struct operation *x, const struct json *v, bool multipart) {
    struct draft *d = x->o->d;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        struct buf b;
        buf_init(&b, VALUE_MAX);
        if (m->kind == JSON_OBJECT || m->kind == JSON_ARRAY)
            json_copy(m, NULL, NULL, &b);
        else
            scalar_text(m, &b);
        if (!multipart) {
            draft_form_add(d, x->q, m->key, m->key_len, buf_text(&b), b.len);
        } else if (m->key_len > 0) {
            struct draft_part *part = draft_part_add(d, x->q, draft_literal(d, m->key, m->key_len));
            if (part != NULL)
                part->value = draft_value(d, m->key, buf_text(&b), b.len);
        }
        buf_done(&b);
    }
    if (multipart)
        draft_note(d, &x->q->notes,
                   "assumed: all fields are text; a file is {\"name\": ..., \"file\": ...}");
}

static void body_of(struct operation *x, const struct json *m, const struct json *v,
                    const struct buf *json) {
    struct draft *d = x->o->d;
    bool multipart = strstr(m->key, "multipart/form-data") != NULL;
    if (multipart || strstr(m->key, "x-www-form-urlencoded") != NULL) {
        if (v->kind == JSON_OBJECT)
            form_body(x, v, multipart);
        else
            draft_note(d, &x->q->notes, "left out: a form whose schema is not an object");
    } else if (strstr(m->key, "json") != NULL || strcmp(m->key, "*/*") == 0) {
        draft_body_json(d, x->q, v);
        if (strcmp(m->key, "application/json") != 0 && strcmp(m->key, "*/*") != 0)
            draft_header(d, x->q, "Content-Type", m->key, m->key_len);
    } else if (v->kind == JSON_STRING) {
        draft_body(d, x->q, v->text, v->len, m->key);
    } else {
        draft_body(d, x->q, buf_text(json), json->len, m->key);
    }
}

static void body(struct operation *x) {
    struct openapi *o = x->o;
    struct draft_notes *notes = &x->q->notes;
    const struct json *r = openapi_resolve(o, json_get(x->operation, "requestBody"), notes);
    const struct json *content = json_get(r, "content");
    struct buf json;
    struct json_doc *doc = NULL;
    bool made = false;
    if (content == NULL || content->kind != JSON_OBJECT || content->first == NULL)
        return;
    const struct json *m = media(content), *example = json_get(m, "example"),
                      *examples = json_get(m, "examples");
    if (example == NULL && examples != NULL && examples->kind == JSON_OBJECT &&
        examples->first != NULL)
        example = json_get(openapi_resolve(o, examples->first, notes), "value");
    buf_init(&json, VALUE_MAX);
    if (example != NULL)
        openapi_copy(example, &json);
    else
        openapi_example(o, json_get(m, "schema"), "", notes, &json, &made);
    if (!buf_ok(&json) || json_parse("example", buf_text(&json), json.len, &doc, NULL) != 0)
        draft_note(o->d, notes, "left out: a body for which no example could be created");
    else
        body_of(x, m, json_root(doc), &json);
    if (made)
        draft_note(o->d, notes,
                   "assumed: values of the body without an example are created from the schema");
    json_free(doc);
    buf_done(&json);
}

static void api_key(struct operation *x, const struct json *scheme) {
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
    else {
        if (x->query.len > 0)
            buf_char(&x->query, '&');
        draft_add_percent(x->o->d, &x->query, name, strlen(name));
        buf_printf(&x->query, "=%s", buf_text(&b));
    }
    buf_done(&b);
}

/* The first way in that the operation, else the document, asks for. */
static void security(struct operation *x) {
    struct openapi *o = x->o;
    struct draft *d = o->d;
    const struct json *list = json_get_array(x->operation, "security");
    if (list == NULL)
        list = json_get_array(o->root, "security");
    if (list == NULL || list->first == NULL || list->first->kind != JSON_OBJECT)
        return;
    const struct json *schemes = json_get(json_get(o->root, "components"), "securitySchemes");
    for (const struct json *m = list->first->first; m != NULL; m = m->next) {
        const struct json *s = openapi_resolve(o, json_get(schemes, m->key), &x->q->notes);
        const char *type = json_get_string(s, "type"), *scheme = json_get_string(s, "scheme");
        bool http = strcmp(type, "http") == 0;
        if (strcmp(type, "apiKey") == 0) {
            api_key(x, s);
        } else if (http && strcasecmp(scheme, "basic") == 0) {
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

static void operation(struct openapi *o, const struct json *item, const struct json *op,
                      const char *prefix) {
    struct draft *d = o->d;
    struct operation x = {.o = o, .path_item = item, .operation = op};
    char method[16];
    x.q = draft_single(d, 1);
    if (x.q == NULL)
        return;
    buf_init(&x.query, VALUE_MAX);
    buf_init(&x.cookies, VALUE_MAX);
    buf_init(&x.left, 1024);
    size_t n = strlen(op->key);
    for (size_t i = 0; i <= n && i < sizeof method; i++)
        method[i] =
            op->key[i] >= 'a' && op->key[i] <= 'z' ? (char)(op->key[i] - 'a' + 'A') : op->key[i];
    x.q->method = draft_copy(d, method, n);
    struct buf name;
    buf_init(&name, 4096);
    draft_clean(&name, item->key, item->key_len < 1000 ? item->key_len : 1000);
    x.q->name = draft_take(d, &name);
    if (is_true(op, "deprecated"))
        draft_note(d, &x.q->notes, "the document marks this operation as deprecated");
    if (json_get(op, "servers") != NULL || json_get(item, "servers") != NULL)
        draft_note(d, &x.q->notes,
                   "assumed: the document's server; the servers of this operation are left out");
    parameters(&x);
    security(&x);
    path(&x, prefix, item->key);
    if (x.cookies.len > 0)
        draft_header(d, x.q, "Cookie", x.cookies.data, x.cookies.len);
    body(&x);
    if (x.left.len > 0)
        draft_note(d, &x.q->notes, "left out: optional parameters without an example: %s",
                   buf_text(&x.left));
    d->failed = d->failed || x.query.failed || x.cookies.failed;
    buf_done(&x.query);
    buf_done(&x.cookies);
    buf_done(&x.left);
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

static void path_item(struct openapi *o, const struct json *item, const char *prefix) {
    const struct json *ref = json_get(item, "$ref");
    char what[100];
    if (ref != NULL)
        draft_lost(o->d, &o->d->next, 1, "left out: path %.100s, which is a $ref", item->key);
    if (item->key[0] != '/' && strncmp(item->key, "x-", 2) != 0)
        note_strange(o, item, "a path that does not begin with \"/\"");
    else if (item->key[0] == '/' && item->kind != JSON_OBJECT)
        note_strange(o, item, "a path without operations");
    if (item->key[0] != '/' || item->kind != JSON_OBJECT)
        return;
    for (const struct json *op = item->first; op != NULL; op = op->next) {
        snprintf(what, sizeof what, "an operation that is not an object but %s",
                 json_kind_text(op->kind));
        if (!is_method(op->key) && !is_no_operation(op->key))
            note_strange(o, op, "which is not a method; write methods in lower case");
        else if (is_method(op->key) && op->kind != JSON_OBJECT)
            note_strange(o, op, what);
        else if (is_method(op->key))
            operation(o, item, op, prefix);
    }
}

int openapi_read(struct draft *d, const struct json_doc *doc, struct err *e) {
    const struct json *root = json_root(doc), *paths = json_get(root, "paths");
    const struct json *version = json_get(root, "openapi");
    struct openapi o = {.d = d, .doc = doc, .root = root};
    const char *prefix;
    if (json_get(root, "swagger") != NULL)
        return json_fail(doc, json_get(root, "swagger")->at, e,
                         "this is OpenAPI 2 (Swagger); convert it to OpenAPI 3 first, for example "
                         "with swagger2openapi");
    if (version == NULL)
        return json_fail(doc, root->at, e,
                         "not an OpenAPI 3 document: \"openapi\": \"3.x.y\" is missing");
    /* YAML makes a number of 3.0 without quotes. */
    if ((version->kind != JSON_STRING && version->kind != JSON_NUMBER) || version->len < 2 ||
        memcmp(version->text, "3.", 2) != 0)
        return json_fail(doc, version->at, e,
                         "not an OpenAPI 3 document: \"openapi\" is not \"3.x.y\"");
    if (paths == NULL || paths->kind != JSON_OBJECT || paths->first == NULL)
        return json_fail(doc, paths != NULL ? paths->at : root->at, e,
                         "\"paths\" is missing or empty in this OpenAPI document");
    d->references = true;
    const char *title = json_get_string(json_get(root, "info"), "title");
    d->name = draft_literal(d, title, strlen(title));
    server_read(&o, &prefix);
    draft_note(d, &d->notes, "Assumed: all operations are called equally often.");
    for (const struct json *item = paths->first; item != NULL; item = item->next)
        path_item(&o, item, prefix);
    if (o.strange > STRANGE_MAX)
        draft_lost(d, &d->notes, o.strange - STRANGE_MAX,
                   "Left out: other members of \"paths\" that are not operations (%zu).",
                   o.strange - STRANGE_MAX);
    if (d->request_count == 0)
        return json_fail(doc, paths->at, e, "\"paths\" contains no operation");
    return 0;
}
