/* What a schema says, together with the schemas that it is made of. */
#include <string.h>

#include "convert/from_openapi.h"

#define DEPTH_MAX 12
#define LOOKS_MAX 200000

static int clean_string(void *context, const struct json_text *t, struct buf *out) {
    struct buf b;
    (void)context;
    buf_init(&b, DRAFT_BYTES_MAX);
    draft_clean(&b, t->text, t->len);
    json_escape(out, buf_text(&b), b.len);
    buf_done(&b);
    return 0;
}

void openapi_copy_text(const char *text, size_t n, struct buf *out) {
    clean_string(NULL, &(struct json_text){.text = text, .len = n}, out);
}

void openapi_copy(const struct json *v, struct buf *out) {
    json_copy(v, clean_string, NULL, out);
}

bool openapi_is_true(const struct json *v, const char *key) {
    const struct json *m = json_get(v, key);
    return m != NULL && m->kind == JSON_BOOL && m->boolean;
}

bool openapi_scalar(const struct json *v, struct buf *out) {
    if (v->kind == JSON_STRING || v->kind == JSON_NUMBER)
        buf_add(out, v->text, v->len);
    else if (v->kind == JSON_BOOL)
        buf_str(out, v->boolean ? "true" : "false");
    else
        return v->kind == JSON_NULL;
    return true;
}

static bool is_null_type(const struct json *s) {
    const struct json *type = json_get(s, "type");
    return type != NULL && type->kind == JSON_STRING && strcmp(type->text, "null") == 0;
}

const struct json *openapi_alternative(struct openapi *o, const struct json *s,
                                       struct draft_notes *notes) {
    static const char *const keys[] = {"oneOf", "anyOf"};
    for (size_t i = 0; i < 2; i++) {
        const struct json *list = json_get_array(s, keys[i]);
        for (const struct json *v = list == NULL ? NULL : list->first; v != NULL; v = v->next) {
            const struct json *p = openapi_resolve(o, v, notes);
            if (p != NULL && p->kind == JSON_OBJECT && !is_null_type(p))
                return p;
        }
    }
    return NULL;
}

static const struct json *find(struct openapi *o, const struct json *s, const char *key,
                               struct draft_notes *notes, int depth) {
    const struct json *v = json_get(s, key), *all = json_get_array(s, "allOf");
    if (v != NULL || s == NULL || s->kind != JSON_OBJECT || depth > DEPTH_MAX ||
        ++o->looks > LOOKS_MAX)
        return v;
    for (const struct json *part = all == NULL ? NULL : all->first; part != NULL && v == NULL;
         part = part->next) {
        const struct json *p = openapi_resolve(o, part, notes);
        if (p != NULL && p != s)
            v = find(o, p, key, notes, depth + 1);
    }
    const struct json *chosen = v == NULL ? openapi_alternative(o, s, notes) : NULL;
    return chosen == NULL || chosen == s ? v : find(o, chosen, key, notes, depth + 1);
}

const struct json *openapi_find(struct openapi *o, const struct json *schema, const char *key,
                                struct draft_notes *notes) {
    return find(o, openapi_resolve(o, schema, notes), key, notes, 0);
}

const char *openapi_type(struct openapi *o, const struct json *schema, struct draft_notes *notes) {
    static const char *const hints[][2] = {
        {"properties", "object"}, {"additionalProperties", "object"},
        {"required", "object"},   {"items", "array"},
        {"prefixItems", "array"}, {"minimum", "number"},
        {"maximum", "number"},    {"multipleOf", "number"}};
    const struct json *s = openapi_resolve(o, schema, notes),
                      *type = s == NULL ? NULL : find(o, s, "type", notes, 0);
    if (type != NULL && type->kind == JSON_ARRAY) {
        for (const struct json *v = type->first; v != NULL; v = v->next)
            if (v->kind == JSON_STRING && strcmp(v->text, "null") != 0)
                return v->text;
        return "null";
    }
    if (type != NULL && type->kind == JSON_STRING)
        return type->text;
    for (size_t i = 0; i < sizeof hints / sizeof *hints && s != NULL; i++)
        if (find(o, s, hints[i][0], notes, 0) != NULL)
            return hints[i][1];
    return "";
}
