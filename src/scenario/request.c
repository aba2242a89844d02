/* A request: method, path, headers, body, and what is done with its answer. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scenario/capture.h"
#include "scenario/check.h"
#include "scenario/sections.h"
#include "scenario/target.h"
#include "scenario/template_internal.h"

static int method_read(struct reader *r, const struct json *v, bool has_body, char **out) {
    static const char *const known[] = {"GET",   "HEAD",   "POST",    "PUT",
                                        "PATCH", "DELETE", "OPTIONS", "TRACE"};
    char *method = NULL;
    if (v == NULL) {
        *out = strdup(has_body ? "POST" : "GET");
        return *out == NULL ? reader_memory(r) : 0;
    }
    if (reader_kind(r, v, JSON_STRING) != 0)
        return -1;
    if (v->len == 0 || v->len > 32 ||
        strspn(v->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                        "!#$%&'*+-.^_`|~") != v->len)
        return reader_fail(r, v->at, "\"method\" must be a word like GET or POST");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasecmp(known[i], v->text) == 0 && strcmp(known[i], v->text) != 0)
            return reader_fail(r, v->at, "methods are written in capitals; write \"%s\"", known[i]);
    if (strcasecmp(v->text, "CONNECT") == 0)
        return reader_fail(r, v->at, "CONNECT opens a tunnel and cannot be a task");
    method = strdup(v->text);
    if (method == NULL)
        return reader_memory(r);
    *out = method;
    return 0;
}

/* The host of a whole URL. Connections, certificates and the choice of a transport hang on it, so it stays the same. */
static int host_check(struct reader *r, const struct json *v, const char *text,
                      const struct template_holes *holes) {
    size_t scheme = strncmp(text, "http://", 7) == 0    ? 7
                    : strncmp(text, "https://", 8) == 0 ? 8
                                                        : 0;
    if (scheme == 0)
        return 0;
    size_t n = strcspn(text + scheme, "/?");
    if (holes->count > 0 && (text[scheme + n] != '/' || holes->items[0].at <= scheme + n))
        return reader_fail(r, v->at,
                           "the host of a URL cannot vary; only what follows its \"/\" can hold "
                           "${...} (but ${env.NAME})");
    const char *wrong = target_check_authority(text + scheme, n);
    return wrong == NULL ? 0 : reader_fail(r, v->at, "this URL is wrong: %s", wrong);
}

static int query_add(struct reader *r, const struct json *query, struct buf *path) {
    struct template_holes *before = r->holes, holes = {0};
    struct buf pairs;
    buf_init(&pairs, READER_TEXT_MAX);
    r->holes = &holes;
    int result = pairs_read(r, query, PLACE_QUERY, &pairs);
    r->holes = before;
    if (result == 0 && pairs.len + holes.count > 0) {
        buf_char(path, strchr(buf_text(path), '?') == NULL ? '?' : '&');
        result = template_holes_move(r, r->holes, &holes, path->len);
        buf_add(path, buf_text(&pairs), pairs.len);
    }
    path->failed = path->failed || pairs.failed;
    buf_done(&pairs);
    template_holes_done(&holes);
    return result;
}

static int path_write(struct reader *r, const struct json *v, const struct json *query,
                      struct buf *out) {
    if (v != NULL && reader_kind(r, v, JSON_STRING) != 0)
        return -1;
    if (v == NULL)
        buf_char(out, '/');
    else if (v->text[0] != '/' && strncmp(v->text, "http://", 7) != 0 &&
             strncmp(v->text, "https://", 8) != 0)
        return reader_fail(
            r, v->at, "\"path\" must begin with \"/\" (or be a whole http:// or https:// URL)");
    else if (reader_expand(r, v->text, v->len, v->at, PLACE_PATH, out, NULL) != 0 ||
             host_check(r, v, buf_text(out), r->holes) != 0)
        return -1;
    return query == NULL ? 0 : query_add(r, query, out);
}

static int path_read(struct reader *r, const struct json *v, const struct json *query,
                     struct scenario_request *q) {
    struct template_holes *before = r->holes, holes = {0};
    struct template *t = NULL;
    struct buf b;
    size_t at = v != NULL ? v->at : query != NULL ? query->at : 0;
    buf_init(&b, READER_TEXT_MAX);
    r->holes = &holes;
    int result = path_write(r, v, query, &b);
    r->holes = before;
    if (result != 0) {
        buf_done(&b);
        template_holes_done(&holes);
        return -1;
    }
    if (template_make(r, at, &b, &holes, "the path", &t) != 0)
        return -1;
    if (t->hole_count == 0) {
        q->path = t->text;
        t->text = NULL;
        template_free(t);
        return 0;
    }
    q->varying_path = t;
    q->path = strdup(v == NULL ? "/" : v->text);
    return q->path == NULL ? reader_memory(r) : 0;
}

static int name_read(struct reader *r, const struct json *v, const struct json *path, char **out) {
    if (v != NULL)
        return reader_name(r, v, out);
    *out = strdup(path == NULL ? "/" : path->text);
    return *out == NULL ? reader_memory(r) : 0;
}

static int request_headers(struct reader *r, const struct json *v, struct scenario_request *q) {
    const struct json *own = json_get(v, "headers"), *body = body_find(v);
    struct header_list l = {0};
    if (own != NULL && own->kind == JSON_OBJECT && body != NULL &&
        strcmp(body->key, "multipart") == 0)
        for (const struct json *m = own->first; m != NULL; m = m->next)
            if (strcasecmp(m->key, "Content-Type") == 0)
                return reader_fail(
                    r, m->key_at,
                    "\"multipart\" sets Content-Type, with its boundary; remove this");
    int result = headers_read(r, r->headers, r->auth, &l);
    if (result == 0)
        result = headers_read(r, own, json_get(v, "auth"), &l);
    if (result == 0)
        result = body_read(r, v, q, &l);
    q->headers = l.items; /* the request owns them, whatever happened */
    q->header_count = l.count;
    return result;
}

static int answer_read(struct reader *r, const struct json *v, struct scenario_request *q) {
    const struct json *capture = json_get(v, "capture"), *checks = json_get(v, "checks");
    if (capture != NULL) {
        q->captures = calloc(1, sizeof *q->captures);
        if (q->captures == NULL)
            return reader_memory(r);
        /* The scope is the loader's own, and holds these names already. */
        if (captures_read(r, capture, (struct scope *)(uintptr_t)r->scope, q->captures) != 0)
            return -1;
    }
    if (checks != NULL) {
        q->checks = calloc(1, sizeof *q->checks);
        if (q->checks == NULL)
            return reader_memory(r);
        if (checks_read(r, checks, q->checks) != 0)
            return -1;
    }
    return 0;
}

int request_read(struct reader *r, const struct json *v, struct scenario_request *q) {
    const struct json *path = json_get(v, "path");
    if (method_read(r, json_get(v, "method"), body_find(v) != NULL, &q->method) != 0 ||
        path_read(r, path, json_get(v, "query"), q) != 0 ||
        name_read(r, json_get(v, "name"), path, &q->name) != 0 || request_headers(r, v, q) != 0 ||
        answer_read(r, v, q) != 0)
        return -1;
    q->feeders = (q->varying_path == NULL ? 0 : q->varying_path->feeders) |
                 (q->varying_body == NULL ? 0 : q->varying_body->feeders);
    for (size_t i = 0; i < q->header_count; i++)
        q->feeders |= q->headers[i].varying == NULL ? 0 : q->headers[i].varying->feeders;
    return 0;
}

void request_done(struct scenario_request *q) {
    struct header_list l = {q->headers, q->header_count};
    headers_free(&l);
    free(q->name);
    free(q->method);
    free(q->path);
    free(q->body);
    template_free(q->varying_path);
    template_free(q->varying_body);
    if (q->captures != NULL)
        captures_done(q->captures);
    if (q->checks != NULL)
        checks_done(q->checks);
    free(q->captures);
    free(q->checks);
    for (size_t i = 0; i < q->tag_count; i++)
        free(q->tags[i]);
    free(q->tags);
    *q = (struct scenario_request){0};
}
