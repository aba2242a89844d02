/* A request: method, path, headers, body, and what is done with its response. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scenario/capture.h"
#include "scenario/check.h"
#include "scenario/feeder.h"
#include "scenario/grpc_call.h"
#include "scenario/section.h"
#include "scenario/template_internal.h"
#include "stream/asked.h"
#include "util/host.h"

static int method_read(struct loader *r, const struct json *v, bool has_body, char **out) {
    static const char *const known[] = {"GET",   "HEAD",   "POST",    "PUT",
                                        "PATCH", "DELETE", "OPTIONS", "TRACE"};
    char *method = NULL;
    if (v == NULL) {
        *out = strdup(has_body ? "POST" : "GET");
        return *out == NULL ? loader_memory(r) : 0;
    }
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    if (v->len == 0 || v->len > 32 ||
        strspn(v->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                        "!#$%&'*+-.^_`|~") != v->len)
        return loader_fail(r, v->at, "\"method\" must be a word like GET or POST");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasecmp(known[i], v->text) == 0 && strcmp(known[i], v->text) != 0)
            return loader_fail(r, v->at, "methods are upper case; write \"%s\"", known[i]);
    if (strcasecmp(v->text, "CONNECT") == 0)
        return loader_fail(r, v->at, "CONNECT opens a tunnel; it cannot be a task");
    method = strdup(v->text);
    if (method == NULL)
        return loader_memory(r);
    *out = method;
    return 0;
}

/* The host of a whole URL, which becomes what is sent. Connections, certificates and the choice of
 * a transport depend on it, so it stays the same. */
static int host_write(struct loader *r, const struct json *v, struct buf *url,
                      struct template_holes *holes) {
    const char *text = buf_text(url);
    size_t scheme = strncmp(text, "http://", 7) == 0    ? 7
                    : strncmp(text, "https://", 8) == 0 ? 8
                                                        : 0;
    struct buf whole;
    struct err why;
    if (scheme == 0)
        return 0;
    size_t n = strcspn(text + scheme, "/?");
    if (holes->count > 0 && (text[scheme + n] != '/' || holes->items[0].at <= scheme + n))
        return loader_fail(r, v->at,
                           "the host of a URL cannot vary; ${...} is allowed only after its \"/\" "
                           "(except ${env.NAME})");
    buf_init(&whole, LOADER_TEXT_MAX);
    buf_add(&whole, text, scheme);
    if (host_authority(text + scheme, n, &whole, &why) != 0) {
        buf_done(&whole);
        return loader_fail(r, v->at, "invalid URL: %s", why.text);
    }
    size_t before = scheme + n, after = whole.len;
    for (size_t i = 0; i < holes->count; i++)
        holes->items[i].at = holes->items[i].at - before + after;
    buf_str(&whole, text + before);
    whole.failed = whole.failed || url->failed;
    buf_done(url);
    *url = whole;
    return 0;
}

static int query_add(struct loader *r, const struct json *query, struct buf *path) {
    struct template_holes *before = r->holes, holes = {0};
    struct buf pairs;
    buf_init(&pairs, LOADER_TEXT_MAX);
    r->holes = &holes;
    int result = pairs_read(r, query, PLACE_QUERY, &pairs);
    r->holes = before;
    if (result == 0 && pairs.len + holes.count > 0) {
        bool open = r->holes->count > 0 && (r->holes->items[0].place == PLACE_WHOLE ||
                                            r->holes->items[0].place == PLACE_SLASH);
        if (!open || strchr(buf_text(path), '?') != NULL)
            buf_char(path, strchr(buf_text(path), '?') == NULL ? '?' : '&');
        else /* the value may have a query already */
            result = template_hole_add(r, NULL, query->at, path->len, PLACE_JOIN,
                                       &(struct expr){.kind = EXPR_TEXT});
    }
    if (result == 0 && pairs.len + holes.count > 0) {
        result = template_holes_move(r, r->holes, &holes, path->len);
        buf_add(path, buf_text(&pairs), pairs.len);
    }
    path->failed = path->failed || pairs.failed;
    buf_done(&pairs);
    template_holes_done(&holes);
    return result;
}

static int path_write(struct loader *r, const struct json *v, const struct json *query,
                      struct buf *out) {
    if (v != NULL && loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    if (v == NULL)
        buf_char(out, '/');
    else if (v->text[0] != '/' && strncmp(v->text, "http://", 7) != 0 &&
             strncmp(v->text, "https://", 8) != 0 && strncmp(v->text, "${", 2) != 0)
        return loader_fail(r, v->at,
                           "\"path\" must begin with \"/\", or be a full http:// or https:// URL, "
                           "or begin with a value that holds one, like ${feeder.column}");
    else if (template_expand(r, v->text, v->len, v->at, PLACE_PATH, out, NULL) != 0 ||
             host_write(r, v, out, r->holes) != 0)
        return -1;
    return query == NULL ? 0 : query_add(r, query, out);
}

static int path_read(struct loader *r, const struct json *v, const struct json *query,
                     struct scenario_request *q) {
    struct template_holes *before = r->holes, holes = {0};
    struct template *t = NULL;
    struct buf b;
    size_t at = v != NULL ? v->at : query != NULL ? query->at : 0;
    buf_init(&b, LOADER_TEXT_MAX);
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
    q->whole_path = t->holes[0].place == PLACE_WHOLE;
    q->written_path = q->whole_path || t->holes[0].place == PLACE_SLASH;
    q->path = strdup(v == NULL ? "/" : v->text);
    return q->path == NULL ? loader_memory(r) : 0;
}

static int name_read(struct loader *r, const struct json *v, const struct json *path, char **out) {
    if (v != NULL)
        return loader_name(r, v, out);
    *out = strdup(path == NULL ? "/" : path->text);
    return *out == NULL ? loader_memory(r) : 0;
}

static int request_headers(struct loader *r, const struct json *v, struct scenario_request *q) {
    const struct json *own = json_get(v, "headers"), *body = body_find(v);
    struct header_list l = {0};
    if (own != NULL && own->kind == JSON_OBJECT && body != NULL &&
        strcmp(body->key, "multipart") == 0)
        for (const struct json *m = own->first; m != NULL; m = m->next)
            if (strcasecmp(m->key, "Content-Type") == 0)
                return loader_fail(
                    r, m->key_at,
                    "\"multipart\" sets Content-Type with its boundary; remove this header");
    int result = headers_read(r, r->headers, r->auth, &l);
    if (result == 0)
        result = headers_read(r, own, json_get(v, "auth"), &l);
    if (result == 0)
        result = body_read(r, v, q, &l);
    q->headers = l.items; /* the request owns them, whatever happened */
    q->header_count = l.count;
    return result;
}

static int answer_read(struct loader *r, const struct json *v, struct scenario_request *q) {
    const struct json *capture = json_get(v, "capture"), *checks = json_get(v, "checks");
    if (capture != NULL) {
        q->captures = calloc(1, sizeof *q->captures);
        if (q->captures == NULL)
            return loader_memory(r);
        /* The scope is the loader's own, and holds these names already. */
        if (captures_read(r, capture, (struct scope *)(uintptr_t)r->scope, q->captures) != 0)
            return -1;
    }
    if (checks != NULL) {
        q->checks = calloc(1, sizeof *q->checks);
        if (q->checks == NULL)
            return loader_memory(r);
        if (checks_read(r, checks, q->checks) != 0)
            return -1;
        if (q->grpc == NULL && checks_have_grpc_status(q->checks))
            return loader_fail(r, checks->key_at,
                               "\"grpc_status\" checks gRPC calls; this request is none");
    }
    return 0;
}

/* There is a text only where there is a stream. `v` has the source, or its members have. */
static int text_read(struct loader *r, const struct json *v, const struct scenario_request *q) {
    for (const struct json *m = v == NULL ? NULL : v->first; m != NULL; m = m->next) {
        const struct json *text = m->kind == JSON_OBJECT ? json_get(m, "text") : NULL;
        if (text != NULL && q->stream == NULL)
            return loader_fail(r, text->key_at,
                               "\"text\" is that of a stream; add \"stream\" to the request, or "
                               "use \"body\"");
    }
    return 0;
}

/* What varies besides the prompt may have words too, as in a conversation, which has what was said
 * before: then nothing is known of the length. */
static void note_asked(const struct scenario *s, const struct scenario_request *q) {
    struct scenario_stream *x = q->stream;
    x->asked_tokens = q->grpc != NULL ? asked_tokens((struct bytes){NULL, 0})
                                      : asked_tokens((struct bytes){q->body, q->body_bytes});
    for (size_t i = 0; i < s->feeder_count && q->varying_body != NULL && !x->has_prompt; i++)
        if ((q->varying_body->feeders >> i & 1) != 0 &&
            feeder_kind(s->feeders[i]) == FEEDER_PROMPTS && template_has_only(q->varying_body, i)) {
            x->has_prompt = feeder_find_column(s->feeders[i], "words", 5, &x->prompt_words);
            x->prompt = i;
        }
}

static int plain_read(struct loader *r, const struct json *v, struct scenario_request *q) {
    const struct json *path = json_get(v, "path");
    if (method_read(r, json_get(v, "method"), body_find(v) != NULL, &q->method) != 0 ||
        path_read(r, path, json_get(v, "query"), q) != 0 ||
        name_read(r, json_get(v, "name"), path, &q->name) != 0 || request_headers(r, v, q) != 0)
        return -1;
    return stream_read(r, json_get(v, "stream"), q->method, &q->stream);
}

int request_read(struct loader *r, const struct json *v, struct scenario_request *q) {
    bool grpc = json_get(v, "grpc") != NULL;
    if (grpc_check_keys(r, v) != 0 || (grpc ? grpc_read(r, v, q) : plain_read(r, v, q)) != 0 ||
        answer_read(r, v, q) != 0 || text_read(r, json_get(v, "capture"), q) != 0 ||
        text_read(r, json_get(v, "checks"), q) != 0)
        return -1;
    q->feeders |= (q->varying_path == NULL ? 0 : q->varying_path->feeders) |
                  (q->varying_body == NULL ? 0 : q->varying_body->feeders);
    for (size_t i = 0; i < q->header_count; i++)
        q->feeders |= q->headers[i].varying == NULL ? 0 : q->headers[i].varying->feeders;
    if (q->stream != NULL)
        note_asked(r->s, q);
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
    stream_done(q->stream);
    grpc_call_free(q->grpc);
    for (size_t i = 0; i < q->tag_count; i++)
        free(q->tags[i]);
    free(q->tags);
    *q = (struct scenario_request){0};
}
