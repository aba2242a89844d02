/* The variables of a Postman collection, and texts with their values. */
#include <string.h>

#include "convert/from_postman.h"
#include "convert/postman_dynamic.h"

#define VARIABLES_MAX 10000
#define RESOLVE_DEPTH 8

bool postman_is_on(const struct json *v) {
    const struct json *m = json_get(v, "disabled");
    return m == NULL || m->kind != JSON_BOOL || !m->boolean;
}

const struct json *postman_entry(const struct json *list, const char *name, size_t n) {
    size_t seen = 0;
    for (const struct json *m = list == NULL ? NULL : list->first;
         m != NULL && seen++ < VARIABLES_MAX; m = m->next) {
        const struct json *key = json_get(m, "key");
        if (key == NULL)
            key = json_get(m, "id"); /* v2.0 */
        if (key != NULL && key->kind == JSON_STRING && key->len == n &&
            memcmp(key->text, name, n) == 0 && postman_is_on(m))
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

void postman_collect(struct postman *p, const struct json *list) {
    for (struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next)
        if (postman_is_on(m) && !pointer_map_add(&p->by_name, key_of(m), strlen(key_of(m)), m))
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

void postman_add(struct postman *p, const char *text, size_t n, struct draft_notes *notes,
                 struct buf *out) {
    resolve_into(p, text, n, notes, 0, out);
}

const char *postman_text(struct postman *p, const struct json *v, struct draft_notes *notes,
                         size_t *n) {
    struct buf b;
    buf_init(&b, POSTMAN_TEXT_MAX);
    if (v != NULL && (v->kind == JSON_STRING || v->kind == JSON_NUMBER))
        resolve_into(p, v->text, v->len, notes, 0, &b);
    else if (v != NULL && v->kind == JSON_BOOL)
        buf_str(&b, v->boolean ? "true" : "false");
    *n = b.len;
    return draft_take(p->d, &b);
}
