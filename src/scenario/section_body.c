/* The bodies of requests, and the name=value pairs of queries and forms. */
#include <stdlib.h>
#include <string.h>

#include "scenario/section.h"

static const char *const body_keys[] = {"body", "body_file", "json", "form", "multipart"};

const struct json *body_find(const struct json *task) {
    for (const struct json *m = task->first; m != NULL; m = m->next)
        for (size_t i = 0; i < sizeof body_keys / sizeof *body_keys; i++)
            if (strcmp(m->key, body_keys[i]) == 0)
                return m;
    return NULL;
}

static int pair(struct loader *r, const struct json *m, const struct json *v, enum text_place place,
                struct buf *out) {
    if (out->len > 0)
        buf_char(out, '&');
    if (template_expand(r, m->key, m->key_len, m->key_at, place, out, NULL) != 0)
        return -1;
    buf_char(out, '=');
    if (v->kind == JSON_STRING)
        return template_expand(r, v->text, v->len, v->at, place, out, NULL);
    if (v->kind == JSON_BOOL)
        buf_str(out, v->boolean ? "true" : "false");
    else if (v->kind == JSON_NUMBER)
        return template_expand(r, v->text, v->len, v->at, place, out, NULL);
    else
        return loader_fail(r, v->at,
                           "\"%.70s\" must be a string, a number, true, false or an array of "
                           "these, not %s",
                           m->key, json_kind_text(v->kind));
    return 0;
}

int pairs_read(struct loader *r, const struct json *v, enum text_place place, struct buf *out) {
    if (loader_kind(r, v, JSON_OBJECT) != 0)
        return -1;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        if (m->kind != JSON_ARRAY) {
            if (pair(r, m, m, place, out) != 0)
                return -1;
            continue;
        }
        for (const struct json *element = m->first; element != NULL; element = element->next)
            if (pair(r, m, element, place, out) != 0)
                return -1;
    }
    return 0;
}

/* True for "${value(...)}": what is sent has no quotes. */
bool body_is_value(const char *text, size_t n) {
    static const char begin[] = "${value(", end[] = ")}";
    size_t b = sizeof begin - 1, e = sizeof end - 1;
    return n >= b + e && memcmp(text, begin, b) == 0 && memcmp(text + n - e, end, e) == 0;
}

static int json_string(void *context, const struct json_text *t, struct buf *out) {
    if (t->key || !body_is_value(t->text, t->len))
        return template_expand(context, t->text, t->len, t->at, PLACE_JSON, out, NULL);
    out->len -= out->len > 0; /* the quote */
    return template_expand(context, t->text, t->len, t->at, PLACE_VALUE, out, NULL) != 0
               ? -1
               : JSON_BARE;
}

/* Appends the body's bytes and says its type: a constant in *type, or a text of its own in
 * *own_type. */
static int content(struct loader *r, const struct json *v, struct buf *out, const char **type,
                   char **own_type) {
    if (strcmp(v->key, "json") == 0) {
        *type = "application/json";
        return json_copy(v, json_string, r, out);
    }
    if (strcmp(v->key, "form") == 0) {
        *type = "application/x-www-form-urlencoded";
        return pairs_read(r, v, PLACE_FORM, out);
    }
    if (strcmp(v->key, "multipart") == 0)
        return multipart_read(r, v, out, own_type);
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    if (strcmp(v->key, "body_file") == 0) {
        *type = "application/octet-stream";
        return template_file(r, v, out);
    }
    *type = "text/plain; charset=utf-8";
    return template_expand(r, v->text, v->len, v->at, PLACE_PLAIN, out, NULL);
}

int body_read(struct loader *r, const struct json *task, struct scenario_request *q,
              struct header_list *headers) {
    const struct json *v = body_find(task);
    const char *type = NULL;
    char *own_type = NULL;
    struct buf b;
    if (v == NULL)
        return 0;
    for (const struct json *m = v->next; m != NULL; m = m->next)
        for (size_t i = 0; i < sizeof body_keys / sizeof *body_keys; i++)
            if (strcmp(m->key, body_keys[i]) == 0)
                return loader_fail(r, m->key_at,
                                   "a second body: \"%s\" is also given; remove one of them",
                                   v->key);
    struct template_holes *before = r->holes, holes = {0};
    struct template *t = NULL;
    buf_init(&b, LOADER_BODY_MAX);
    r->holes = &holes;
    int result = content(r, v, &b, &type, &own_type);
    r->holes = before;
    if (result != 0) {
        buf_done(&b);
        template_holes_done(&holes);
        goto out;
    }
    result = template_make(r, v->at, &b, &holes, "the body", &t);
    if (result != 0)
        goto out;
    if (t->hole_count > 0)
        q->varying_body = t;
    else {
        q->body = t->text;
        q->body_bytes = t->len;
        t->text = NULL;
        template_free(t);
    }
    if (own_type != NULL) /* no other type would tell the boundary */
        result = headers_set(r, headers, "Content-Type", own_type, NULL);
    else if (headers_find(headers, "Content-Type") == NULL)
        result = headers_set(r, headers, "Content-Type", type, NULL);
out:
    free(own_type);
    return result;
}
