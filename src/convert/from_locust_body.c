/* The statements of a task: requests by self.client, and assignments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/from_locust.h"
#include "convert/source_url.h"
#include "util/encode.h"
#include "util/json.h"

#define CALL_DEPTH_MAX 8
#define CALLS_MAX 1000 /* in one file: methods that call each other twice take eight levels far */
#define ARGUMENTS_MAX 40

/* One call's arguments: JSON by name, positional ones by their place in the method's own order. */
struct call {
    struct locust *l;
    const char *method; /* "get" */
    size_t line, end;   /* behind its closing bracket */
    struct {
        const char *name, *json; /* json NULL: it cannot be known */
    } arguments[ARGUMENTS_MAX];
    size_t count;
};

static bool is(const struct locust *l, size_t i, const char *text) {
    return l->tokens[i].kind != PY_END && py_is(&l->tokens[i], text);
}

bool locust_is_called(const struct locust *l, const struct locust_class *k, const char *name) {
    (void)k;
    for (size_t i = 0; l->tokens[i].kind != PY_END; i++)
        if (is(l, i, "self") && is(l, i + 1, ".") && is(l, i + 2, name) && is(l, i + 3, "("))
            return true;
    return false;
}

/* Behind the argument at i: its ',' or the call's ')'. */
static size_t skip_argument(const struct locust *l, size_t i) {
    int depth = 0;
    for (; l->tokens[i].kind != PY_END; i++) {
        if (depth == 0 && (is(l, i, ",") || is(l, i, ")")))
            return i;
        depth += is(l, i, "(") || is(l, i, "[") || is(l, i, "{");
        depth -= is(l, i, ")") || is(l, i, "]") || is(l, i, "}");
    }
    return i;
}

static const char *place_name(const char *method, size_t place) {
    static const char *const names[] = {"url", "data", "json"};
    bool request = strcmp(method, "request") == 0;
    if (request && place == 0)
        return "method";
    place -= request;
    if (place == 1 && (strcmp(method, "get") == 0 || strcmp(method, "delete") == 0 || request))
        return place == 1 && request ? "name" : "params";
    return place < 3 ? names[place] : "?";
}

/* "self.client.get(" at i; false where it is none. */
static bool call_read(struct locust *l, const struct py_scope *scope, size_t i, struct call *c) {
    static const char *const methods[] = {"get",    "post", "put",     "patch",
                                          "delete", "head", "options", "request"};
    size_t place = 0;
    *c = (struct call){.l = l, .line = l->tokens[i].line};
    if (!is(l, i, "self") || !is(l, i + 1, ".") || !is(l, i + 2, "client") || !is(l, i + 3, ".") ||
        !is(l, i + 5, "("))
        return false;
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
        if (is(l, i + 4, methods[m]))
            c->method = methods[m];
    if (c->method == NULL)
        return false;
    i += 6;
    while (l->tokens[i].kind != PY_END && !is(l, i, ")")) {
        const char *name;
        size_t behind = 0;
        if (l->tokens[i].kind == PY_NAME && is(l, i + 1, "=")) {
            name = l->tokens[i].text;
            i += 2;
        } else {
            name = is(l, i, "*") || is(l, i, "**") ? "?" : place_name(c->method, place++);
        }
        const char *json = locust_value(l, scope, i, &behind);
        if (json != NULL && !is(l, behind, ",") && !is(l, behind, ")"))
            json = NULL;
        if (c->count < ARGUMENTS_MAX) {
            c->arguments[c->count].name = name;
            c->arguments[c->count++].json = json;
        }
        i = json != NULL ? behind : skip_argument(l, i);
        i += is(l, i, ",");
    }
    c->end = i + (size_t)is(l, i, ")");
    return true;
}

static const char *argument(const struct call *c, const char *name, bool *given) {
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->arguments[i].name, name) == 0) {
            *given = true;
            return c->arguments[i].json;
        }
    }
    *given = false;
    return NULL;
}

/* The first argument that changes what is sent and cannot be read, or is not understood. */
static const char *strange(const struct call *c) {
    static const char *const read[] = {"url",    "path",    "method", "json",   "data",
                                       "params", "headers", "auth",   "cookies"};
    static const char *const harmless[] = {
        "name", "catch_response", "timeout", "verify", "allow_redirects", "stream", "context"};
    for (size_t i = 0; i < c->count; i++) {
        bool known = false, quiet = false;
        for (size_t k = 0; k < sizeof read / sizeof *read; k++)
            known = known || strcmp(c->arguments[i].name, read[k]) == 0;
        for (size_t k = 0; k < sizeof harmless / sizeof *harmless; k++)
            quiet = quiet || strcmp(c->arguments[i].name, harmless[k]) == 0;
        if (!quiet && (!known || c->arguments[i].json == NULL))
            return c->arguments[i].name;
    }
    return NULL;
}

static void scalar(const struct json *v, struct buf *out) {
    if (v->kind == JSON_STRING || v->kind == JSON_NUMBER)
        buf_add(out, v->text, v->len);
    else if (v->kind == JSON_BOOL)
        buf_str(out, v->boolean ? "True" : "False"); /* as requests writes it */
    else if (v->kind != JSON_NULL)
        json_copy(v, NULL, NULL, out);
}

static void form_value(struct draft *d, struct draft_request *q, const struct json *m,
                       const struct json *v) {
    struct buf b;
    if (v->kind == JSON_NULL)
        return; /* requests leaves None out */
    buf_init(&b, DRAFT_BYTES_MAX);
    scalar(v, &b);
    draft_form_add(d, q, m->key, m->key_len, buf_text(&b), b.len);
    buf_done(&b);
}

static void query_value(struct draft *d, const struct json *m, const struct json *v,
                        struct buf *out) {
    struct buf b;
    if (v->kind == JSON_NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_char(out, memchr(buf_text(out), '?', out->len) == NULL ? '?' : '&');
    encode_percent(out, m->key, m->key_len);
    buf_char(out, '=');
    scalar(v, &b);
    draft_add_percent(d, out, buf_text(&b), b.len);
    buf_done(&b);
}

/* Path and query: "/x", a whole URL, and what params adds. False, with a note, where it cannot
 * be. */
static bool set_url(struct call *c, struct draft_request *q, struct draft_notes *notes,
                    const struct json *url, const struct json *params) {
    struct draft *d = c->l->d;
    struct url u;
    struct buf b;
    bool whole = strncmp(url->text, "http://", 7) == 0 || strncmp(url->text, "https://", 8) == 0;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_add(&b, url->text, url->len);
    for (const struct json *m = params == NULL || params->kind != JSON_OBJECT ? NULL
                                                                              : params->first;
         m != NULL; m = m->next) {
        if (m->kind != JSON_ARRAY)
            query_value(d, m, m, &b);
        for (const struct json *v = m->kind == JSON_ARRAY ? m->first : NULL; v != NULL; v = v->next)
            query_value(d, m, v, &b);
    }
    size_t n = b.len;
    const char *text = draft_take(d, &b), *wrong = NULL;
    if (whole)
        wrong = source_url(text, n, c->l->d, &u);
    if (wrong != NULL)
        locust_left_out(c->l, notes, c->line, wrong);
    else if (whole)
        draft_url(d, q, &u);
    else
        draft_path(d, q, text, n);
    return wrong == NULL;
}

static void set_headers(struct call *c, struct draft_request *q, const struct json *v,
                        const struct json *cookies) {
    struct buf b;
    for (const struct json *m = v == NULL || v->kind != JSON_OBJECT ? NULL : v->first; m != NULL;
         m = m->next) {
        buf_init(&b, DRAFT_BYTES_MAX);
        scalar(m, &b);
        draft_header(c->l->d, q, m->key, buf_text(&b), b.len);
        buf_done(&b);
    }
    if (cookies == NULL || cookies->kind != JSON_OBJECT || cookies->first == NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    for (const struct json *m = cookies->first; m != NULL; m = m->next) {
        buf_printf(&b, "%s%s=", m == cookies->first ? "" : "; ", m->key);
        scalar(m, &b);
    }
    draft_header(c->l->d, q, "Cookie", buf_text(&b), b.len);
    buf_done(&b);
}

static void set_body(struct call *c, struct draft_request *q, const struct json *json,
                     const struct json *data) {
    struct draft *d = c->l->d;
    if (json != NULL && json->kind != JSON_NULL && (data == NULL || data->kind == JSON_NULL)) {
        draft_body_json(d, q, json);
    } else if (data != NULL && data->kind == JSON_STRING) {
        draft_body(d, q, data->text, data->len, draft_header_get(q, "Content-Type"));
    } else if (data != NULL && data->kind == JSON_OBJECT) {
        for (const struct json *m = data->first; m != NULL; m = m->next) {
            if (m->kind != JSON_ARRAY)
                form_value(d, q, m, m);
            for (const struct json *v = m->kind == JSON_ARRAY ? m->first : NULL; v != NULL;
                 v = v->next)
                form_value(d, q, m, v);
        }
    } else if (data != NULL && data->kind != JSON_NULL) {
        draft_note(d, &q->notes, "left out: data that is neither text nor a dict");
    }
}

static void set_auth(struct call *c, struct draft_request *q, const struct json *v) {
    struct draft *d = c->l->d;
    const struct json *user = v == NULL ? NULL : v->first,
                      *password = user == NULL ? NULL : user->next;
    if (v == NULL || v->kind == JSON_NULL)
        return;
    if (v->kind != JSON_ARRAY || v->count != 2 || user == NULL || password == NULL ||
        user->kind != JSON_STRING || password->kind != JSON_STRING) {
        draft_note(d, &q->notes, "left out: auth, which is not a pair of user and password");
        return;
    }
    draft_header_remove(q, "Authorization");
    q->auth = (struct draft_auth){
        .user = draft_secret(d, "AUTH_USER", user->text, user->len, "user of basic authentication"),
        .password = draft_secret(d, "AUTH_PASSWORD", password->text, password->len,
                                 "password of basic authentication")};
}

/* Arguments that are the whole scenario's, or nothing's. */
static void set_rest(struct call *c, struct draft_request *q) {
    struct draft *d = c->l->d;
    bool given;
    const char *json = argument(c, "verify", &given);
    if (json != NULL && strcmp(json, "false") == 0)
        d->no_verify = true;
    json = argument(c, "allow_redirects", &given);
    if (json != NULL && strcmp(json, "false") == 0)
        draft_note(d, &q->notes,
                   "left out: allow_redirects=False; the scenario follows all redirects or none");
    argument(c, "timeout", &given);
    if (given)
        draft_note(d, &q->notes,
                   "left out: timeout of this request; \"timeout\" of the scenario applies to all "
                   "requests");
    json = argument(c, "catch_response", &given);
    if (json != NULL && strcmp(json, "true") == 0)
        draft_note(d, &q->notes, "left out: code that handles the response (catch_response)");
}

struct parsed {
    struct json_doc *url, *params, *headers, *cookies, *json, *data, *auth, *name, *method;
};

static void parse(const struct call *c, const char *name, struct json_doc **out) {
    bool given;
    const char *json = argument(c, name, &given);
    if (json != NULL && *out == NULL && json_parse(name, json, strlen(json), out, NULL) != 0)
        *out = NULL; /* a key twice: the caller sees that it was given and is not there */
}

static const struct json *root(const struct json_doc *doc) {
    return doc == NULL ? NULL : json_root(doc);
}

static void fill(struct call *c, struct draft_requests *to, struct draft_notes *notes,
                 const struct parsed *p) {
    struct locust *l = c->l;
    char method[16];
    const struct json *url = root(p->url), *name = root(p->name), *verb = root(p->method);
    const char *word = verb != NULL && verb->kind == JSON_STRING ? verb->text : c->method;
    if (url == NULL || url->kind != JSON_STRING) {
        locust_left_out(l, notes, c->line, "its path cannot be read");
        return;
    }
    size_t n = strlen(word);
    if (n == 0 || n >= sizeof method || strcmp(word, "request") == 0) {
        locust_left_out(l, notes, c->line, "its method cannot be read");
        return;
    }
    for (size_t i = 0; i <= n; i++)
        method[i] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 'a' + 'A') : word[i];
    if (strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != n || strcmp(method, "CONNECT") == 0) {
        locust_left_out(l, notes, c->line, "its method cannot be sent");
        return;
    }
    struct draft_request made = {.path = "/"};
    if (!set_url(c, &made, notes, url, root(p->params)))
        return;
    struct draft_request *q = draft_request_add(l->d, to);
    if (q == NULL)
        return;
    *q = made;
    q->method = draft_copy(l->d, method, n);
    q->pause_s = 0;
    if (name != NULL && name->kind == JSON_STRING)
        q->name = draft_literal(l->d, name->text, name->len);
    set_headers(c, q, root(p->headers), root(p->cookies));
    set_auth(c, q, root(p->auth));
    set_body(c, q, root(p->json), root(p->data));
    set_rest(c, q);
}

static void request(struct call *c, struct draft_requests *to, struct draft_notes *notes) {
    struct parsed p = {0};
    static const char *const names[] = {"params", "headers", "cookies", "json", "data", "auth"};
    struct json_doc **const docs[] = {&p.params, &p.headers, &p.cookies, &p.json, &p.data, &p.auth};
    const char *odd = strange(c);
    char why[120];
    parse(c, "url", &p.url);
    parse(c, "path", &p.url);
    parse(c, "name", &p.name);
    parse(c, "method", &p.method);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool given;
        parse(c, names[i], docs[i]);
        argument(c, names[i], &given);
        if (given && *docs[i] == NULL && odd == NULL)
            odd = names[i];
    }
    if (odd != NULL) {
        snprintf(why, sizeof why, "its argument %.60s cannot be read",
                 strcmp(odd, "?") == 0 ? "*" : odd);
        locust_left_out(c->l, notes, c->line, why);
    } else {
        fill(c, to, notes, &p);
    }
    json_free(p.url);
    json_free(p.name);
    json_free(p.method);
    for (size_t i = 0; i < sizeof docs / sizeof *docs; i++)
        json_free(*docs[i]);
}

/* "x = ", "with ", "x: T = " in front of a call: where the call begins, or i. */
static size_t call_begins(const struct locust *l, size_t i, bool *kept) {
    *kept = false;
    if (is(l, i, "with"))
        return i + 1;
    if (l->tokens[i].kind == PY_NAME && is(l, i + 1, "=")) {
        *kept = true;
        return i + 2;
    }
    if (is(l, i, "self") && is(l, i + 1, ".") && l->tokens[i + 2].kind == PY_NAME &&
        is(l, i + 3, "=")) {
        *kept = true;
        return i + 4;
    }
    return i;
}

static bool self_call(struct locust *l, struct locust_class *k, size_t i, struct draft_requests *to,
                      struct draft_notes *notes, int depth) {
    if (!is(l, i, "self") || !is(l, i + 1, ".") || l->tokens[i + 2].kind != PY_NAME ||
        !is(l, i + 3, "(") || !is(l, i + 4, ")") || l->tokens[i + 5].kind != PY_NEWLINE)
        return false;
    for (const struct locust_method *m = k->methods; m != NULL; m = m->next) {
        if (strcmp(m->name, l->tokens[i + 2].text) != 0)
            continue;
        if (depth >= CALL_DEPTH_MAX || ++l->calls > CALLS_MAX)
            return false;
        locust_body(l, k, m->body, to, notes, depth + 1);
        return true;
    }
    return false;
}

static void statement(struct locust *l, struct locust_class *k, struct py_scope *scope, size_t i,
                      size_t end, struct draft_requests *to, struct draft_notes *notes, int depth) {
    struct call c;
    bool kept;
    size_t at = call_begins(l, i, &kept), line = l->tokens[i].line;
    if (l->tokens[i].kind == PY_STRING || is(l, i, "pass") || is(l, i, "return") ||
        l->tokens[i].kind == PY_NEWLINE)
        return;
    if (call_read(l, scope, at, &c)) {
        request(&c, to, notes);
        if (kept) {
            size_t name = at == i + 4 ? i + 2 : i;
            py_remember(l->d, scope, l->tokens[name].text, NULL);
            draft_note(l->d, notes, "left out: code that uses %.40s, the response of line %zu",
                       l->tokens[name].text, line);
        }
        size_t block = locust_line_end(l, i);
        if (is(l, i, "with") && l->tokens[block].kind == PY_INDENT && block + 1 < end)
            draft_note(l->d, notes, "left out: lines %zu to %zu, code that handles the response",
                       l->tokens[block].line, l->tokens[end - 2 > block ? end - 2 : block].line);
        return;
    }
    if (self_call(l, k, i, to, notes, depth) || locust_assignment(l, scope, i))
        return;
    bool block = l->tokens[locust_line_end(l, i)].kind == PY_INDENT;
    locust_left_out(l, notes, line, block ? "with everything in it" : "");
}

void locust_body(struct locust *l, struct locust_class *k, size_t body, struct draft_requests *to,
                 struct draft_notes *notes, int depth) {
    struct py_scope scope = {.outer = &k->scope};
    size_t i = body, end;
    if (l->tokens[i].kind != PY_NEWLINE) { /* "def f(self): self.client.get(...)" */
        statement(l, k, &scope, i, locust_line_end(l, i), to, notes, depth);
        return;
    }
    if (l->tokens[++i].kind != PY_INDENT)
        return;
    for (i++; l->tokens[i].kind != PY_DEDENT && l->tokens[i].kind != PY_END; i = end) {
        end = locust_statement_end(l, i);
        if (end == i)
            end = i + 1;
        if (l->d->failed)
            return;
        statement(l, k, &scope, i, end, to, notes, depth);
        if (is(l, i, "return"))
            return;
    }
}
