/* Parameters of an operation: in the path, the query, headers and cookies, in each style. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/from_openapi.h"
#include "convert/openapi_style.h"
#include "util/encode.h"

#define PARAMETERS_MAX 200

/* Version 2 describes the value in the parameter itself. */
static const struct json *schema_of(const struct openapi *o, const struct json *p) {
    const struct json *schema = json_get(p, "schema"), *content = json_get(p, "content");
    if (schema == NULL && content != NULL && content->kind == JSON_OBJECT)
        return json_get(content->first, "schema");
    return schema == NULL && o->swagger ? p : schema;
}

static const struct json *example_of(struct openapi *o, const struct json *p,
                                     struct draft_notes *notes) {
    const struct json *example = json_get(p, "example"), *examples = json_get(p, "examples");
    const struct json *content = json_get(p, "content");
    if (example == NULL && examples != NULL && examples->kind == JSON_OBJECT &&
        examples->first != NULL)
        example = json_get(openapi_resolve(o, examples->first, notes), "value");
    if (example == NULL && content != NULL && content->kind == JSON_OBJECT)
        example = json_get(content->first, "example");
    if (example == NULL)
        example = json_get(p, "x-example");
    return example;
}

/* A parameter's value as JSON: from examples, or made. */
static struct json_doc *value_of(struct openapi_operation *x, const struct json *p, bool *made) {
    struct openapi *o = x->o;
    struct draft_notes *notes = &x->q->notes;
    const struct json *schema = schema_of(o, p), *example = example_of(o, p, notes);
    struct json_doc *doc = NULL;
    struct buf json;
    buf_init(&json, OPENAPI_VALUE_MAX);
    o->looks = 0;
    if (example == NULL || !openapi_given(o, example, schema, notes, &json))
        openapi_example(o, schema, json_get_string(p, "name"), notes, &json, made);
    if (!buf_ok(&json) || json_parse("example", buf_text(&json), json.len, &doc, NULL) != 0)
        doc = NULL;
    buf_done(&json);
    return doc;
}

/* How the value is written: version 2 has other words for it. */
static struct openapi_style style_of(const struct openapi *o, const struct json *p) {
    const char *in = json_get_string(p, "in"), *format = json_get_string(p, "collectionFormat");
    if (!o->swagger)
        return openapi_style(json_get_string(p, "style"), in, json_get(p, "explode"));
    return openapi_style_2(format, in);
}

static void note_made(struct openapi_operation *x, const struct json *p, const struct json *v) {
    struct buf b;
    buf_init(&b, OPENAPI_VALUE_MAX);
    json_copy(v, NULL, NULL, &b);
    draft_note(x->o->d, &x->q->notes, "assumed: %.60s is %.80s", json_get_string(p, "name"),
               draft_literal(x->o->d, buf_text(&b), b.len));
    buf_done(&b);
}

static bool has_example(struct openapi *o, const struct json *p, struct draft_notes *notes) {
    static const char *const keys[] = {"example", "examples", "default"};
    const struct json *schema = openapi_resolve(o, schema_of(o, p), notes);
    bool has = example_of(o, p, notes) != NULL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        has = has || json_get(schema, keys[i]) != NULL;
    return has;
}

static void leave_out(struct openapi_operation *x, const char *name) {
    if (x->left.len < 300)
        buf_printf(&x->left, "%s%.60s", x->left.len > 0 ? ", " : "", name);
}

void openapi_query_add(struct openapi_operation *x, const char *name, const char *value, size_t n,
                       bool reserved) {
    if (x->query.len > 0)
        buf_char(&x->query, '&');
    draft_add_percent(x->o->d, &x->query, name, strlen(name));
    buf_char(&x->query, '=');
    openapi_escape(x->o->d, value, n, reserved, &x->query);
}

struct query {
    struct openapi_operation *x;
    bool reserved;
};

/* The separators of a list are not escaped, except those that no URL has. */
static void query_pair(void *context, const char *name, const struct openapi_piece *pieces,
                       size_t count) {
    struct query *q = context;
    struct openapi_operation *x = q->x;
    if (x->query.len > 0)
        buf_char(&x->query, '&');
    draft_add_percent(x->o->d, &x->query, name, strlen(name));
    buf_char(&x->query, '=');
    for (size_t i = 0; i < count; i++) {
        char between = pieces[i].before;
        if (between == ',')
            buf_char(&x->query, ',');
        else if (between != '\0')
            encode_percent(&x->query, &between, 1);
        openapi_escape(x->o->d, pieces[i].text, pieces[i].n, q->reserved, &x->query);
    }
}

static bool is_json_content(const struct json *p) {
    const struct json *content = json_get(p, "content");
    return content != NULL && content->kind == JSON_OBJECT && content->first != NULL;
}

static void put_json(struct openapi_operation *x, const char *name, const struct json *v) {
    struct buf b;
    buf_init(&b, OPENAPI_VALUE_MAX);
    json_copy(v, NULL, NULL, &b);
    openapi_query_add(x, name, buf_text(&b), b.len, false);
    buf_done(&b);
}

/* A value in a header or a cookie. */
static void put_flat(struct openapi_operation *x, const struct json *p, const struct json *v) {
    struct draft *d = x->o->d;
    const char *in = json_get_string(p, "in"), *name = json_get_string(p, "name");
    struct buf b;
    buf_init(&b, OPENAPI_VALUE_MAX);
    if (is_json_content(p))
        json_copy(v, NULL, NULL, &b);
    else
        openapi_flat(style_of(x->o, p), v, &b);
    if (strcmp(in, "header") == 0)
        draft_header(d, x->q, name, buf_text(&b), b.len);
    else
        buf_printf(&x->cookies, "%s%s=%s", x->cookies.len > 0 ? "; " : "", name, buf_text(&b));
    buf_done(&b);
}

static void parameter(struct openapi_operation *x, const struct json *p, void *context) {
    struct openapi *o = x->o;
    const char *in = json_get_string(p, "in"), *name = json_get_string(p, "name");
    bool query = strcmp(in, "query") == 0, header = strcmp(in, "header") == 0,
         needed = openapi_is_true(p, "required"), made = false;
    (void)context;
    if ((!query && !header && strcmp(in, "cookie") != 0) || name[0] == '\0')
        return; /* with the path or the body */
    if (header && (strcasecmp(name, "Accept") == 0 || strcasecmp(name, "Content-Type") == 0 ||
                   strcasecmp(name, "Authorization") == 0))
        return; /* the specification says that these are ignored */
    if (!needed && !has_example(o, p, &x->q->notes)) {
        leave_out(x, name);
        return;
    }
    struct json_doc *doc = value_of(x, p, &made);
    if (doc == NULL) {
        draft_note(o->d, &x->q->notes, "left out: parameter %.60s, for which no value can be made",
                   name);
        return;
    }
    struct query q = {x, openapi_is_true(p, "allowReserved")};
    if (query && is_json_content(p))
        put_json(x, name, json_root(doc));
    else if (query)
        openapi_pairs(o->d, style_of(o, p), name, json_root(doc), query_pair, &q);
    else
        put_flat(x, p, json_root(doc));
    if (made)
        note_made(x, p, json_root(doc));
    json_free(doc);
}

static bool same_parameter(const struct json *a, const struct json *b) {
    return a != NULL && b != NULL &&
           strcmp(json_get_string(a, "name"), json_get_string(b, "name")) == 0 &&
           strcmp(json_get_string(a, "in"), json_get_string(b, "in")) == 0;
}

void openapi_each_parameter(struct openapi_operation *x, openapi_parameter_fn *fn, void *context) {
    const struct json *own = json_get_array(x->operation, "parameters"),
                      *shared = json_get_array(x->path_item, "parameters");
    size_t n = 0;
    for (const struct json *m = own == NULL ? NULL : own->first; m != NULL && n++ < PARAMETERS_MAX;
         m = m->next) {
        const struct json *p = openapi_resolve(x->o, m, &x->q->notes);
        if (p != NULL)
            fn(x, p, context);
    }
    for (const struct json *m = shared == NULL ? NULL : shared->first;
         m != NULL && n++ < PARAMETERS_MAX; m = m->next) {
        const struct json *p = openapi_resolve(x->o, m, &x->q->notes);
        bool again = p == NULL;
        for (const struct json *k = own == NULL ? NULL : own->first; k != NULL && !again;
             k = k->next)
            again = same_parameter(openapi_resolve(x->o, k, &x->q->notes), p);
        if (!again)
            fn(x, p, context);
    }
}

void openapi_parameters(struct openapi_operation *x) {
    openapi_each_parameter(x, parameter, NULL);
}

struct wanted {
    const char *name;
    size_t n;
    const struct json *found;
};

static void match(struct openapi_operation *x, const struct json *p, void *context) {
    struct wanted *w = context;
    const char *own = json_get_string(p, "name");
    (void)x;
    if (w->found == NULL && strcmp(json_get_string(p, "in"), "path") == 0 && strlen(own) == w->n &&
        memcmp(own, w->name, w->n) == 0)
        w->found = p;
}

static bool put_in_path(struct openapi_operation *x, const struct json *p, struct buf *out) {
    bool made = false;
    struct json_doc *doc = value_of(x, p, &made);
    if (doc == NULL)
        return false;
    size_t before = out->len;
    if (is_json_content(p)) {
        struct buf b;
        buf_init(&b, OPENAPI_VALUE_MAX);
        json_copy(json_root(doc), NULL, NULL, &b);
        draft_add_percent(x->o->d, out, buf_text(&b), b.len);
        buf_done(&b);
    } else {
        openapi_in_path(x->o->d, style_of(x->o, p), json_get_string(p, "name"), json_root(doc),
                        out);
    }
    bool good = out->len > before; /* an empty segment is another path */
    if (good && made)
        note_made(x, p, json_root(doc));
    json_free(doc);
    return good;
}

/* One {name}. Some documents write RFC 6570's operators into it: {;name}, {?name}, {name*}. */
static void put_hole(struct openapi_operation *x, const char *name, size_t n, struct buf *out) {
    char operator= '\0';
    struct wanted w = {.name = name, .n = n};
    openapi_each_parameter(x, match, &w);
    if (w.found == NULL && n > 1 && strchr("?&#;./+", name[0]) != NULL) {
        operator= name[0];
        w = (struct wanted){.name = name + 1, .n = n - 1 - (name[n - 1] == '*')};
        openapi_each_parameter(x, match, &w);
    }
    if (operator== '?' || operator== '&' || operator== '#')
        return; /* no part of the path */
    if (w.found != NULL && put_in_path(x, w.found, out))
        return;
    if (operator== '/' || operator== '.' || operator== ';')
        buf_char(out, operator);
    if (operator== ';')
        buf_printf(out, "%.*s=", (int)(w.n < 200 ? w.n : 200), w.name);
    buf_char(out, '1');
    draft_note(x->o->d, &x->q->notes,
               "assumed: %.*s is 1, because the document does not describe it",
               (int)(w.n < 60 ? w.n : 60), w.name);
}

void openapi_path(struct openapi_operation *x, const char *template, struct buf *out) {
    const char *stop =
        template + strcspn(template, "#"); /* a fragment only tells operations apart */
    for (const char *p = template; p < stop;) {
        size_t n = strcspn(p, "{#");
        draft_clean(out, p, n);
        p += n;
        size_t end = strcspn(p, "}");
        if (p >= stop || p[end] == '\0')
            break;
        put_hole(x, p + 1, end - 1, out);
        p += end + 1;
    }
}
