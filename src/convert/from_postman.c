/* Postman collections, v2.0 and v2.1 (https://schema.getpostman.com/json/collection/v2.1.0/). */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/from.h"
#include "convert/from_postman.h"
#include "convert/source_url.h"
#include "util/encode.h"

static void add_joined(struct postman *p, const struct json *list, const char *between,
                       struct draft_notes *notes, struct buf *out) {
    for (const struct json *m = list->first; m != NULL; m = m->next) {
        size_t n;
        const struct json *value = m->kind == JSON_OBJECT ? json_get(m, "value") : m;
        const char *text;
        /* ":id" stands for a path variable of the URL. */
        const struct json *own =
            value != NULL && value->kind == JSON_STRING && value->text[0] == ':' && value->len > 1
                ? postman_entry(p->own, value->text + 1, value->len - 1)
                : NULL;
        text = postman_text(p, own != NULL ? json_get(own, "value") : value, notes, &n);
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
    const char *text = postman_text(p, json_get(url, "protocol"), notes, &n);
    if (n > 0)
        buf_printf(out, "%s://", text);
    if (host != NULL && host->kind == JSON_ARRAY) {
        add_joined(p, host, ".", notes, out);
    } else {
        text = postman_text(p, host, notes, &n);
        buf_add(out, text, n);
    }
    text = postman_text(p, json_get(url, "port"), notes, &n);
    if (n > 0)
        buf_printf(out, ":%s", text);
    if (path != NULL && path->kind == JSON_ARRAY) {
        buf_char(out, '/');
        add_joined(p, path, "/", notes, out);
    } else {
        text = postman_text(p, path, notes, &n);
        if (n > 0 && text[0] != '/')
            buf_char(out, '/');
        buf_add(out, text, n);
    }
    char between = '?';
    for (const struct json *m = query == NULL ? NULL : query->first; m != NULL; m = m->next) {
        if (!postman_is_on(m))
            continue;
        buf_char(out, between);
        between = '&';
        text = postman_text(p, json_get(m, "key"), notes, &n);
        buf_add(out, text, n);
        const struct json *value = json_get(m, "value");
        if (value == NULL || value->kind == JSON_NULL)
            continue;
        buf_char(out, '=');
        text = postman_text(p, value, notes, &n);
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
    buf_init(&b, POSTMAN_TEXT_MAX);
    p->own = json_get_array(url, "variable");
    if (url != NULL && url->kind == JSON_OBJECT && json_get(url, "host") != NULL)
        url_parts(p, url, &q->notes, &b);
    else {
        const char *text = postman_text(
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

/* "Name: value" in each line, as the schema allows; "//" begins one that is switched off. */
static void header_lines(struct postman *p, const struct json *text, struct draft_request *q) {
    size_t n;
    const char *line = postman_text(p, text, &q->notes, &n);
    for (const char *next; line[0] != '\0'; line = next) {
        size_t bytes = strcspn(line, "\r\n"), name = strcspn(line, ":\r\n");
        next = line + bytes + strspn(line + bytes, "\r\n");
        if (strncmp(line, "//", 2) == 0 || name == 0 || name == bytes)
            continue;
        size_t value = name + 1 + strspn(line + name + 1, " \t");
        const char *key = draft_copy(p->d, line, name);
        draft_header(p->d, q, key, line + value, value < bytes ? bytes - value : 0);
    }
}

static void headers(struct postman *p, const struct json *list, struct draft_request *q) {
    if (list != NULL && list->kind == JSON_STRING)
        header_lines(p, list, q);
    if (list == NULL || list->kind != JSON_ARRAY)
        return;
    for (const struct json *m = list->first; m != NULL; m = m->next) {
        size_t n, k;
        const char *key = postman_text(p, json_get(m, "key"), &q->notes, &k);
        const char *value = postman_text(p, json_get(m, "value"), &q->notes, &n);
        if (postman_is_on(m) && k > 0)
            draft_header(p->d, q, key, value, n);
    }
}

/* A field of a form without a name. Postman's editor leaves one without a value at the end. */
static void note_nameless(struct postman *p, const struct json *m, struct draft_request *q) {
    if (json_get_string(m, "value")[0] != '\0' || json_get(m, "src") != NULL)
        draft_note(p->d, &q->notes, "left out: a field of the form that has no name");
}

/* A part with this file, or (file NULL) with the field's text. Both may have a type and a name. */
static void add_part(struct postman *p, const struct json *m, struct draft_request *q,
                     const struct json *file) {
    struct draft *d = p->d;
    size_t n, k;
    const char *key = postman_text(p, json_get(m, "key"), &q->notes, &k);
    bool lacks = file == NULL && strcmp(json_get_string(m, "type"), "file") == 0;
    if (k == 0)
        note_nameless(p, m, q);
    struct draft_part *part = k > 0 ? draft_part_add(d, q, draft_literal(d, key, k)) : NULL;
    if (part == NULL)
        return;
    const struct json *content = file != NULL ? file : lacks ? NULL : json_get(m, "value");
    const char *value = postman_text(p, content, &q->notes, &n);
    if (file != NULL)
        part->file = draft_file_name(d, value);
    else
        part->value = draft_value(d, key, value, n);
    const char *type = postman_text(p, json_get(m, "contentType"), &q->notes, &n);
    part->type = strchr(type, '/') != NULL ? draft_literal(d, type, n) : NULL;
    const char *name = postman_text(p, json_get(m, "fileName"), &q->notes, &n);
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
        if (postman_is_on(m) && !has)
            add_part(p, m, q, NULL);
        for (; postman_is_on(m) && has && files != NULL && files->kind == JSON_STRING;
             files = src->kind == JSON_ARRAY ? files->next : NULL)
            add_part(p, m, q, files);
    }
}

static void graphql(struct postman *p, const struct json *v, struct draft_request *q) {
    struct buf b, object;
    size_t n, m;
    const char *query = postman_text(p, json_get(v, "query"), &q->notes, &n);
    const char *operation = postman_text(p, json_get(v, "operationName"), &q->notes, &m);
    const struct json *given = json_get(v, "variables");
    buf_init(&b, POSTMAN_TEXT_MAX);
    buf_init(&object, POSTMAN_TEXT_MAX);
    buf_str(&b, "{\"query\":\"");
    json_escape(&b, query, n);
    buf_str(&b, m > 0 ? "\",\"operationName\":\"" : "");
    json_escape(&b, operation, m);
    buf_str(&b, "\",\"variables\":");
    if (given != NULL && given->kind == JSON_OBJECT)
        json_copy(given, NULL, NULL, &object);
    else
        buf_str(&object, json_get_string(v, "variables"));
    postman_add(p, buf_text(&object), object.len, &q->notes, &b);
    buf_str(&b, object.len > 0 ? "}" : "{}}");
    draft_body(p->d, q, buf_text(&b), b.len, "application/json");
    buf_done(&object);
    buf_done(&b);
}

static void set_body(struct postman *p, const struct json *body, struct draft_request *q) {
    struct draft *d = p->d;
    const char *mode = json_get_string(body, "mode");
    size_t n, k;
    if (body == NULL || body->kind != JSON_OBJECT || !postman_is_on(body) || mode[0] == '\0')
        return;
    if (strcmp(mode, "raw") == 0) {
        const char *text = postman_text(p, json_get(body, "raw"), &q->notes, &n);
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
            const char *key = postman_text(p, json_get(m, "key"), &q->notes, &k);
            const char *value = postman_text(p, json_get(m, "value"), &q->notes, &n);
            if (postman_is_on(m) && k > 0)
                draft_form_add(d, q, key, k, value, n);
            else if (postman_is_on(m))
                note_nameless(p, m, q);
        }
    } else if (strcmp(mode, "formdata") == 0) {
        form_data(p, json_get_array(body, "formdata"), q);
        draft_header_remove(q, "Content-Type");
    } else if (strcmp(mode, "file") == 0) {
        const struct json *file = json_get(body, "file");
        const char *path = postman_text(
            p, file != NULL && file->kind == JSON_OBJECT ? json_get(file, "src") : file, &q->notes,
            &n);
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
        if (!empty && postman_is_on(m))
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
    if (postman_auth_is_refused(auth)) {
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
    const char *method = postman_text(p, json_get(r, "method"), &q->notes, &n);
    bool token = n > 0 && n <= 32 && strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == n &&
                 strcmp(method, "CONNECT") != 0;
    if (n > 0 && !token)
        draft_note(d, &q->notes, "assumed: GET instead of method \"%.40s\"", method);
    q->method = token ? method : "GET";
    if (!set_url(p, r != NULL && r->kind == JSON_STRING ? r : json_get(r, "url"), q, where)) {
        draft_single_drop(d);
        return;
    }
    headers(p, json_get(r, "header"), q);
    postman_auth(p, auth, q);
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
    postman_collect(&p, json_get_array(root, "variable"));
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
