/* Bodies of operations: JSON, forms, parts with files, and texts. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/from_openapi.h"
#include "convert/openapi_style.h"

/* A body as version 3 describes it; version 2's parameters are made one. */
struct described {
    const char *type; /* media type */
    size_t type_bytes;
    const struct json *schema, *media; /* media: its example and encodings, or NULL */
};

static bool has(const char *type, const char *what) {
    return strcasestr(type, what) != NULL;
}

static bool is_xml(const char *type) {
    return has(type, "/xml") || has(type, "+xml");
}

/* The media type to send: JSON if there is one, else a form, else the first that is no XML. */
static const struct json *choose(const struct json *content) {
    static const char *const wanted[] = {"application/json", "+json", "/json",
                                         "x-www-form-urlencoded", "multipart/form-data"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        for (const struct json *m = content->first; m != NULL; m = m->next)
            if (has(m->key, wanted[i]))
                return m;
    for (const struct json *m = content->first; m != NULL; m = m->next)
        if (!is_xml(m->key))
            return m;
    return content->first;
}

static const struct json *example_of(struct openapi *o, const struct json *media,
                                     struct draft_notes *notes) {
    const struct json *example = json_get(media, "example"),
                      *examples = json_get(media, "examples");
    if (example == NULL && examples != NULL && examples->kind == JSON_OBJECT &&
        examples->first != NULL)
        example = json_get(openapi_resolve(o, examples->first, notes), "value");
    return example;
}

struct form {
    struct openapi_operation *x;
};

static void form_pair(void *context, const char *name, const struct openapi_piece *pieces,
                      size_t count) {
    struct openapi_operation *x = ((struct form *)context)->x;
    struct buf b;
    buf_init(&b, OPENAPI_VALUE_MAX);
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].before != '\0')
            buf_char(&b, pieces[i].before);
        buf_add(&b, pieces[i].text, pieces[i].n);
    }
    draft_form_add(x->o->d, x->q, name, strlen(name), buf_text(&b), b.len);
    buf_done(&b);
}

/* How version 2 writes a field, whose schema is its parameter. */
static struct openapi_style style_2(const struct described *b, const char *key) {
    const struct json *p = json_get(json_get(b->schema, "properties"), key);
    return openapi_style_2(json_get_string(p, "collectionFormat"), "query");
}

/* A list is repeated and an object is JSON, unless an encoding says otherwise. */
static void form_body(struct openapi_operation *x, const struct described *b,
                      const struct json *v) {
    const struct json *encodings = json_get(b->media, "encoding");
    struct form f = {x};
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        if (x->o->swagger) {
            openapi_pairs(x->o->d, style_2(b, m->key), m->key, m, form_pair, &f);
            continue;
        }
        const struct json *e = json_get(encodings, m->key);
        const char *style = json_get_string(e, "style");
        bool json = m->kind == JSON_OBJECT &&
                    (e == NULL || (style[0] == '\0' && json_get(e, "explode") == NULL));
        if (json) {
            struct buf text;
            buf_init(&text, OPENAPI_VALUE_MAX);
            json_copy(m, NULL, NULL, &text);
            draft_form_add(x->o->d, x->q, m->key, m->key_len, buf_text(&text), text.len);
            buf_done(&text);
        } else {
            openapi_pairs(x->o->d, openapi_style(style, "query", json_get(e, "explode")), m->key, m,
                          form_pair, &f);
        }
    }
}

static bool is_file(struct openapi *o, const struct json *schema, struct draft_notes *notes) {
    const struct json *format = openapi_find(o, schema, "format", notes);
    const char *type = openapi_type(o, schema, notes);
    if (strcmp(type, "file") == 0 || openapi_find(o, schema, "contentMediaType", notes) != NULL)
        return true;
    return format != NULL && format->kind == JSON_STRING &&
           (strcmp(format->text, "binary") == 0 || strcmp(format->text, "base64") == 0);
}

static void part(struct openapi_operation *x, const struct json *key, const struct json *v,
                 struct openapi_style style, const char *type, bool file) {
    struct draft *d = x->o->d;
    struct draft_part *p = draft_part_add(d, x->q, draft_literal(d, key->key, key->key_len));
    struct buf b;
    if (p == NULL)
        return;
    buf_init(&b, OPENAPI_VALUE_MAX);
    if (x->o->swagger && v->kind == JSON_ARRAY) {
        openapi_flat(style, v, &b);
    } else if (v->kind == JSON_OBJECT || v->kind == JSON_ARRAY) {
        json_copy(v, NULL, NULL, &b);
        type = type[0] == '\0' ? "application/json" : type;
    } else {
        openapi_scalar(v, &b);
    }
    p->value = draft_value(d, key->key, buf_text(&b), b.len);
    buf_done(&b);
    if (file)
        p->filename = draft_literal(d, key->key, key->key_len);
    size_t n = strcspn(type, ", ");
    if (n > 0 && memchr(type, '*', n) == NULL)
        p->type = draft_literal(d, type, n);
    else if (file)
        p->type = "application/octet-stream";
}

static void parts_body(struct openapi_operation *x, const struct described *b,
                       const struct json *v) {
    struct openapi *o = x->o;
    struct draft_notes *notes = &x->q->notes;
    const struct json *properties = openapi_find(o, b->schema, "properties", notes);
    bool files = false;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        const struct json *schema = json_get(properties, m->key), *items = NULL;
        const char *type =
            json_get_string(json_get(json_get(b->media, "encoding"), m->key), "contentType");
        if (m->key_len == 0)
            continue;
        if (m->kind == JSON_ARRAY && schema != NULL)
            items = openapi_find(o, schema, "items", notes);
        const struct json *media =
            openapi_find(o, items != NULL ? items : schema, "contentMediaType", notes);
        if (type[0] == '\0' && media != NULL && media->kind == JSON_STRING)
            type = media->text;
        bool file = schema != NULL && is_file(o, items != NULL ? items : schema, notes);
        files = files || file;
        struct openapi_style style = style_2(b, m->key);
        bool each = m->kind == JSON_ARRAY && (!x->o->swagger || style.explode || file);
        if (!each)
            part(x, m, m, style, type, file);
        for (const struct json *k = each ? m->first : NULL; k != NULL; k = k->next)
            part(x, m, k, style, type, file);
    }
    if (files)
        draft_note(o->d, notes,
                   "assumed: files contain \"data\"; write \"file\" instead of \"value\" to send "
                   "another");
}

static void put(struct openapi_operation *x, const struct described *b, const struct json *v) {
    struct draft *d = x->o->d;
    bool parts = has(b->type, "multipart/form-data");
    struct buf json;
    if (parts || has(b->type, "x-www-form-urlencoded")) {
        if (v->kind != JSON_OBJECT)
            draft_note(d, &x->q->notes, "left out: a form whose schema is not an object");
        else if (parts)
            parts_body(x, b, v);
        else
            form_body(x, b, v);
    } else if (has(b->type, "json") || strcmp(b->type, "*/*") == 0) {
        draft_body_json(d, x->q, v);
        if (strcmp(b->type, "application/json") != 0 && strcmp(b->type, "*/*") != 0)
            draft_header(d, x->q, "Content-Type", b->type, b->type_bytes);
    } else if (v->kind == JSON_STRING) {
        draft_body(d, x->q, v->text, v->len, b->type);
    } else if (v->kind == JSON_NULL) { /* 3.1 gives no schema to bytes */
        draft_body(d, x->q, "data", 4, b->type);
        draft_note(d, &x->q->notes,
                   "assumed: the body is \"data\"; write \"body_file\" instead of \"body\" to send "
                   "another");
    } else {
        buf_init(&json, OPENAPI_VALUE_MAX);
        json_copy(v, NULL, NULL, &json);
        draft_body(d, x->q, buf_text(&json), json.len, b->type);
        buf_done(&json);
    }
}

/* Version 2: "in: body", or fields "in: formData". */
struct version2 {
    const struct json *body;
    struct buf properties;
    bool form, file;
};

static void collect(struct openapi_operation *x, const struct json *p, void *context) {
    struct version2 *w = context;
    const char *in = json_get_string(p, "in");
    struct buf json;
    (void)x;
    if (strcmp(in, "body") == 0)
        w->body = w->body == NULL ? p : w->body;
    if (strcmp(in, "formData") != 0)
        return;
    w->form = true;
    w->file = w->file || strcmp(json_get_string(p, "type"), "file") == 0;
    buf_init(&json, OPENAPI_VALUE_MAX);
    openapi_copy(p, &json);
    buf_printf(&w->properties, "%s\"", w->properties.len > 0 ? "," : "");
    json_escape(&w->properties, json_get_string(p, "name"), strlen(json_get_string(p, "name")));
    buf_printf(&w->properties, "\":%s", buf_text(&json));
    buf_done(&json);
}

static const char *consumes(const struct openapi_operation *x, const char *wanted,
                            const char *otherwise) {
    const struct json *list = json_get_array(x->operation, "consumes");
    if (list == NULL)
        list = json_get_array(x->o->root, "consumes");
    const struct json *first = list == NULL ? NULL : list->first;
    for (const struct json *m = first; m != NULL; m = m->next)
        if (m->kind == JSON_STRING && has(m->text, wanted))
            return m->text;
    return first != NULL && first->kind == JSON_STRING && otherwise == NULL ? first->text
           : otherwise == NULL                                              ? "application/json"
                                                                            : otherwise;
}

/* An example that is the text of a JSON object or list, for a body whose schema is not known. */
static bool example_text(const struct described *b, const struct json *example, struct buf *out) {
    struct json_doc *doc = NULL;
    if (b->schema != NULL || example == NULL || example->kind != JSON_STRING ||
        !has(b->type, "json") || strspn(example->text, "{[ \t\r\n") == 0 ||
        json_parse("example", example->text, example->len, &doc, NULL) != 0)
        return false;
    json_free(doc);
    buf_add(out, example->text, example->len);
    return true;
}

static const char *make(struct openapi_operation *x, const struct described *b) {
    struct openapi *o = x->o;
    struct draft_notes *notes = &x->q->notes;
    const struct json *example = example_of(o, b->media, notes);
    struct json_doc *doc = NULL;
    struct buf json;
    bool made = false, parts = has(b->type, "multipart/") && !has(b->type, "multipart/form-data");
    if ((is_xml(b->type) && (example == NULL || example->kind != JSON_STRING)) || parts)
        return b->type;
    buf_init(&json, OPENAPI_VALUE_MAX);
    o->looks = 0;
    if (example_text(b, example, &json))
        made = false;
    else if (example == NULL ||
             !openapi_given(o, example, is_xml(b->type) ? NULL : b->schema, notes, &json))
        openapi_example(o, b->schema, "", notes, &json, &made);
    if (!buf_ok(&json) || json_parse("example", buf_text(&json), json.len, &doc, NULL) != 0)
        draft_note(o->d, notes, "left out: a body for which no example could be created");
    else
        put(x, b, json_root(doc));
    if (made)
        draft_note(o->d, notes,
                   "assumed: values of the body without an example are created from the schema");
    json_free(doc);
    buf_done(&json);
    return NULL;
}

static const char *version2_body(struct openapi_operation *x) {
    struct version2 w = {.body = NULL};
    const char *refused = NULL;
    buf_init(&w.properties, OPENAPI_VALUE_MAX);
    openapi_each_parameter(x, collect, &w);
    if (w.body != NULL) {
        const char *type = consumes(x, "json", NULL);
        refused =
            make(x, &(struct described){type, strlen(type), json_get(w.body, "schema"), NULL});
    } else if (w.form) {
        const char *type = w.file ? "multipart/form-data"
                                  : consumes(x, "form", "application/x-www-form-urlencoded");
        struct json_doc *doc = NULL;
        struct buf schema;
        buf_init(&schema, 2 * OPENAPI_VALUE_MAX);
        buf_printf(&schema, "{\"type\":\"object\",\"properties\":{%s}}", buf_text(&w.properties));
        if (buf_ok(&schema) && json_parse("form", buf_text(&schema), schema.len, &doc, NULL) == 0)
            refused = make(x, &(struct described){type, strlen(type), json_root(doc), NULL});
        json_free(doc);
        buf_done(&schema);
    }
    buf_done(&w.properties);
    return refused;
}

const char *openapi_body(struct openapi_operation *x) {
    struct openapi *o = x->o;
    if (o->swagger)
        return version2_body(x);
    const struct json *r = openapi_resolve(o, json_get(x->operation, "requestBody"), &x->q->notes);
    const struct json *content = json_get(r, "content");
    if (content == NULL || content->kind != JSON_OBJECT || content->first == NULL)
        return NULL;
    const struct json *m = choose(content), *media = openapi_resolve(o, m, &x->q->notes);
    return make(x, &(struct described){m->key, m->key_len, json_get(media, "schema"), media});
}
