/* "tasks": the requests and how often each is drawn. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scenario/sections.h"
#include "scenario/target.h"

#define TASKS_MAX 10000
#define WEIGHT_MAX 1000000

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

/* Where the path begins in a whole URL; 0 where the text is none, -1 where something is wrong with
 * its host. */
static int url_check(struct reader *r, const struct json *v, const char *text) {
    size_t scheme = strncmp(text, "http://", 7) == 0    ? 7
                    : strncmp(text, "https://", 8) == 0 ? 8
                                                        : 0;
    if (scheme == 0)
        return 0;
    const char *wrong = target_check_authority(text + scheme, strcspn(text + scheme, "/?"));
    return wrong == NULL ? 0 : reader_fail(r, v->at, "this URL is wrong: %s", wrong);
}

static int path_read(struct reader *r, const struct json *v, const struct json *query, char **out) {
    struct buf b, pairs;
    int result = -1;
    buf_init(&b, READER_TEXT_MAX);
    buf_init(&pairs, READER_TEXT_MAX);
    if (v != NULL && reader_kind(r, v, JSON_STRING) != 0)
        goto out;
    if (v == NULL) {
        buf_char(&b, '/');
    } else if (v->text[0] != '/' && strncmp(v->text, "http://", 7) != 0 &&
               strncmp(v->text, "https://", 8) != 0) {
        reader_fail(r, v->at,
                    "\"path\" must begin with \"/\" (or be a whole http:// or https:// URL)");
        goto out;
    } else if (reader_expand(r, v->text, v->len, v->at, PLACE_PATH, &b, NULL) != 0 ||
               url_check(r, v, buf_text(&b)) != 0) {
        goto out;
    }
    if (query != NULL && pairs_read(r, query, PLACE_QUERY, &pairs) != 0)
        goto out;
    if (pairs.len > 0) {
        buf_char(&b, strchr(buf_text(&b), '?') == NULL ? '?' : '&');
        buf_add(&b, pairs.data, pairs.len);
    }
    b.failed = b.failed || pairs.failed;
    result = reader_take(r, v != NULL ? v->at : query != NULL ? query->at : 0, &b, out);
out:
    buf_done(&b);
    buf_done(&pairs);
    return result;
}

static int name_read(struct reader *r, const struct json *v, const struct json *path, char **out) {
    if (v != NULL)
        return reader_name(r, v, out);
    *out = strdup(path == NULL ? "/" : path->text);
    return *out == NULL ? reader_memory(r) : 0;
}

static int request_headers(struct reader *r, const struct json *v, const struct header_list *common,
                           struct scenario_request *q) {
    const struct json *own = json_get(v, "headers"), *body = body_find(v);
    struct header_list l = {0};
    int result = 0;
    if (own != NULL && own->kind == JSON_OBJECT && body != NULL &&
        strcmp(body->key, "multipart") == 0)
        for (const struct json *m = own->first; m != NULL; m = m->next)
            if (strcasecmp(m->key, "Content-Type") == 0)
                return reader_fail(
                    r, m->key_at,
                    "\"multipart\" sets Content-Type, with its boundary; remove this");
    for (size_t i = 0; i < common->count && result == 0; i++)
        result = headers_set(r, &l, common->items[i].name, common->items[i].value);
    if (result == 0)
        result = headers_read(r, own, json_get(v, "auth"), &l);
    if (result == 0)
        result = body_read(r, v, q, &l);
    q->headers = l.items; /* the request owns them, whatever happened */
    q->header_count = l.count;
    return result;
}

static int task_read(struct reader *r, const struct json *v, const struct header_list *common,
                     struct scenario_task *t) {
    struct scenario_request *q = &t->request;
    t->weight = 1;
    if (reader_section(r, v, SECTION_TASK) != 0)
        return -1;
    const struct json *path = json_get(v, "path");
    if (reader_integer(r, json_get(v, "weight"), 0, WEIGHT_MAX, &t->weight) != 0 ||
        method_read(r, json_get(v, "method"), body_find(v) != NULL, &q->method) != 0 ||
        path_read(r, path, json_get(v, "query"), &q->path) != 0 ||
        name_read(r, json_get(v, "name"), path, &q->name) != 0)
        return -1;
    return request_headers(r, v, common, q);
}

int tasks_read(struct reader *r, const struct json *v, const struct header_list *common) {
    struct scenario *s = r->s;
    uint64_t sum = 0;
    if (reader_kind(r, v, JSON_ARRAY) != 0)
        return -1;
    if (v->count == 0 || v->count > TASKS_MAX)
        return reader_fail(r, v->at, "\"tasks\" must hold 1 to %d tasks, not %zu", TASKS_MAX,
                           v->count);
    s->tasks = calloc(v->count, sizeof *s->tasks);
    if (s->tasks == NULL)
        return reader_memory(r);
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        struct scenario_task *t = &s->tasks[s->task_count++];
        if (task_read(r, m, common, t) != 0)
            return -1;
        sum += t->weight;
    }
    if (sum == 0)
        return reader_fail(r, v->at, "every task has weight 0, so none is ever drawn; raise one");
    if (sum > UINT32_MAX)
        return reader_fail(r, v->at, "the weights together are above %lu; make them smaller",
                           (unsigned long)UINT32_MAX);
    return 0;
}
