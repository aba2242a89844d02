/* Examples made from schemas (OpenAPI 3.0, and JSON Schema 2020-12 as in 3.1). */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "convert/from_openapi.h"
#include "convert/sample_pattern.h"

#define DEPTH_MAX 12
#define VALUES_MAX 5000
#define LOOKS_MAX 200000
#define STRING_MAX 1000
#define ITEMS_MAX 20
#define PROPERTIES_MAX 200

/* Schemas in progress, from the outermost: one that is met again would go on for ever. */
struct path {
    const struct json *schema[DEPTH_MAX + 1];
    int depth;
};

struct maker {
    struct openapi *o;
    struct draft_notes *notes;
    struct buf *out;
    bool *made;
    struct path path;
    size_t variant; /* which of several different values is made, for an array's elements */
};

static const struct json *look(struct maker *m, const struct json *s, const char *key) {
    return openapi_find(m->o, s, key, m->notes);
}

static bool is_one_of(const struct json *list, const struct json *v) {
    struct buf a, b;
    bool found = false;
    buf_init(&a, OPENAPI_VALUE_MAX);
    buf_init(&b, OPENAPI_VALUE_MAX);
    openapi_scalar(v, &a);
    for (const struct json *x = list->first; x != NULL && !found; x = x->next) {
        buf_clear(&b);
        openapi_scalar(x, &b);
        found = strcmp(buf_text(&a), buf_text(&b)) == 0;
    }
    buf_done(&a);
    buf_done(&b);
    return found;
}

/* A text that holds what is asked for: "12", "true", "{...}". */
static bool put_parsed(const struct json *text, enum json_kind kind, struct buf *out) {
    struct json_doc *doc = NULL;
    bool good = json_parse("example", text->text, text->len, &doc, NULL) == 0 &&
                json_root(doc)->kind == kind;
    if (good)
        openapi_copy(json_root(doc), out);
    json_free(doc);
    return good;
}

static bool put_as_text(const struct json *v, struct buf *out) {
    struct buf b;
    buf_init(&b, OPENAPI_VALUE_MAX);
    bool good = openapi_scalar(v, &b);
    if (good) {
        buf_char(out, '"');
        json_escape(out, buf_text(&b), b.len);
        buf_char(out, '"');
    }
    buf_done(&b);
    return good;
}

static bool put_example(struct maker *m, const struct json *v, const struct json *schema,
                        int depth);

/* Whether a text is of a format whose mistakes are easy to see. */
static bool has_format(const char *format, const char *text) {
    size_t digits = strspn(text, "0123456789");
    if (strcmp(format, "date-time") == 0)
        return digits == 4 && strchr(text, 'T') != NULL &&
               (strchr(text, 'Z') != NULL || strrchr(text, '-') > text + 8 ||
                strchr(text, '+') != NULL);
    if (strcmp(format, "date") == 0)
        return digits == 4 && strlen(text) == 10;
    if (strcmp(format, "uri") == 0)
        return strchr(text, ':') != NULL;
    if (strcmp(format, "uuid") == 0)
        return strlen(text) == 36 && strspn(text, "0123456789abcdefABCDEF-") == 36;
    return true;
}

static bool is_of_format(struct maker *m, const struct json *v, const struct json *schema) {
    const struct json *format = openapi_find(m->o, schema, "format", m->notes);
    return v->kind != JSON_STRING || format == NULL || format->kind != JSON_STRING ||
           has_format(format->text, v->text);
}

/* The schema of a member, in any of the schemas that it is made of. */
static const struct json *schema_of(struct maker *m, const struct json *s, const char *key,
                                    int depth) {
    const struct json *all = json_get_array(s, "allOf"),
                      *found = json_get(json_get(s, "properties"), key);
    if (found != NULL || s == NULL || depth > DEPTH_MAX || ++m->o->looks > LOOKS_MAX)
        return found;
    for (const struct json *v = all == NULL ? NULL : all->first; v != NULL && found == NULL;
         v = v->next)
        found = schema_of(m, openapi_resolve(m->o, v, m->notes), key, depth + 1);
    const struct json *chosen = found == NULL ? openapi_alternative(m->o, s, m->notes) : NULL;
    return chosen == NULL || chosen == s ? found : schema_of(m, chosen, key, depth + 1);
}

static void put_key(struct maker *m, const struct json *v, size_t *count) {
    if ((*count)++ > 0)
        buf_char(m->out, ',');
    buf_char(m->out, '"');
    openapi_copy_text(v->key, v->key_len, m->out);
    buf_str(m->out, "\":");
}

static void make(struct maker *m, const struct json *schema, const char *name);

/* An object, its members in the form that the schema asks for. What it requires and the example
 * lacks is made. */
static void put_object(struct maker *m, const struct json *v, const struct json *s, int depth) {
    const struct json *required = json_get_array(s, "required");
    size_t count = 0;
    buf_char(m->out, '{');
    for (const struct json *x = v->first; x != NULL; x = x->next) {
        const struct json *schema = schema_of(m, s, x->key, 0);
        put_key(m, x, &count);
        if (schema == NULL)
            openapi_copy(x, m->out);
        else if (!put_example(m, x, schema, depth + 1))
            make(m, schema, x->key); /* the example contradicts the schema */
    }
    for (const struct json *r = required == NULL ? NULL : required->first; r != NULL; r = r->next) {
        const struct json *list = json_get(s, "properties"),
                          *p = r->kind == JSON_STRING ? json_get(list, r->text) : NULL;
        const struct json *schema = openapi_resolve(m->o, p, m->notes);
        if (p == NULL || schema == NULL || json_get(v, r->text) != NULL ||
            openapi_is_true(schema, "readOnly"))
            continue;
        put_key(m, p, &count);
        make(m, p, p->key);
    }
    buf_char(m->out, '}');
}

static bool put_array(struct maker *m, const struct json *v, const struct json *s, int depth) {
    const struct json *items = openapi_find(m->o, s, "items", m->notes);
    buf_char(m->out, '[');
    for (const struct json *x = v->first; x != NULL; x = x->next) {
        if (x != v->first)
            buf_char(m->out, ',');
        if (items == NULL || !put_example(m, x, items, depth + 1))
            openapi_copy(x, m->out);
    }
    buf_char(m->out, ']');
    return true;
}

/* A value of another type than the schema asks for. */
static bool put_other(struct maker *m, const struct json *v, enum json_kind wanted) {
    if (wanted == JSON_STRING)
        return v->kind != JSON_NULL && put_as_text(v, m->out);
    if (v->kind == JSON_STRING && put_parsed(v, wanted, m->out))
        return true;
    if (wanted != JSON_ARRAY || v->kind == JSON_OBJECT || v->kind == JSON_NULL)
        return false;
    buf_char(m->out, '['); /* one element instead of a list */
    openapi_copy(v, m->out);
    buf_char(m->out, ']');
    return true;
}

static bool put_example(struct maker *m, const struct json *v, const struct json *schema,
                        int depth) {
    static const struct {
        const char *type;
        enum json_kind kind;
    } kinds[] = {{"string", JSON_STRING}, {"integer", JSON_NUMBER}, {"number", JSON_NUMBER},
                 {"boolean", JSON_BOOL},  {"array", JSON_ARRAY},    {"object", JSON_OBJECT},
                 {"null", JSON_NULL}};
    const struct json *s = openapi_resolve(m->o, schema, m->notes);
    const char *type = openapi_type(m->o, s, m->notes);
    const struct json *values = s == NULL ? NULL : openapi_find(m->o, s, "enum", m->notes);
    bool scalar = v->kind != JSON_ARRAY && v->kind != JSON_OBJECT;
    if (scalar && values != NULL && values->kind == JSON_ARRAY && values->first != NULL &&
        !is_one_of(values, v))
        return false;
    if (!is_of_format(m, v, s))
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(type, kinds[i].type) == 0 && v->kind != kinds[i].kind)
            return put_other(m, v, kinds[i].kind);
    if (v->kind == JSON_OBJECT && s != NULL && depth < DEPTH_MAX)
        put_object(m, v, s, depth);
    else if (v->kind == JSON_ARRAY && s != NULL && depth < DEPTH_MAX)
        put_array(m, v, s, depth);
    else
        openapi_copy(v, m->out);
    return true;
}

bool openapi_given(struct openapi *o, const struct json *example, const struct json *schema,
                   struct draft_notes *notes, struct buf *out) {
    bool made = false;
    struct maker m = {.o = o, .notes = notes, .out = out, .made = &made};
    o->values = 0;
    if (schema == NULL) {
        openapi_copy(example, out);
        return true;
    }
    return put_example(&m, example, schema, 0);
}

/* Appends the example that the schema has itself; of an object only one for all of it. */
static bool put_given(struct maker *m, const struct json *s, bool object) {
    static const char *const keys[] = {"example", "examples", "default", "const", "x-example"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct json *v = object ? json_get(s, keys[i]) : look(m, s, keys[i]);
        if (v != NULL && strcmp(keys[i], "examples") == 0)
            v = v->kind == JSON_ARRAY ? v->first : NULL;
        if (v != NULL && put_example(m, v, s, m->path.depth))
            return true;
    }
    return false;
}

static double number(struct maker *m, const struct json *s, const char *key, double otherwise) {
    const struct json *v = look(m, s, key);
    double x;
    return v != NULL && v->kind == JSON_NUMBER && json_double(v, &x) ? x : otherwise;
}

/* A number inside the bounds; exclusive ones are numbers in 3.1 and booleans in 3.0. */
static void make_number(struct maker *m, const struct json *s, bool integer) {
    double low = number(m, s, "minimum", -HUGE_VAL), high = number(m, s, "maximum", HUGE_VAL);
    double above = number(m, s, "exclusiveMinimum", -HUGE_VAL),
           below = number(m, s, "exclusiveMaximum", HUGE_VAL);
    double step = number(m, s, "multipleOf", integer ? 1 : 0), value = integer ? 1 : 1.5;
    const struct json *x = look(m, s, "exclusiveMinimum"), *y = look(m, s, "exclusiveMaximum");
    if (x != NULL && x->kind == JSON_BOOL && x->boolean)
        above = low;
    if (y != NULL && y->kind == JSON_BOOL && y->boolean)
        below = high;
    double unit = step > 0 ? step : integer ? 1 : 0.5;
    if (value < low)
        value = low;
    if (value <= above)
        value = above + unit;
    value += (double)m->variant * unit;
    if (value > high)
        value = high;
    if (value >= below)
        value = below - (below - unit > above || above == -HUGE_VAL ? unit : (below - above) / 2);
    if (step > 0 && isfinite(value))
        value = ceil(value / step - 1e-9) * step;
    if (step > 0 && (value > high || value >= below))
        value -= step;
    if (!isfinite(value))
        value = 1;
    if (integer && fabs(value) < 9e15)
        buf_printf(m->out, "%.0f", ceil(value - 1e-9));
    else
        buf_printf(m->out, "%.10g", value);
}

/* A text of the schema's format, or NULL. */
static const char *of_format(const char *format) {
    static const char *const formats[][2] = {{"date", "2024-01-31"},
                                             {"date-time", "2024-01-31T12:00:00Z"},
                                             {"time", "12:00:00Z"},
                                             {"duration", "PT1H"},
                                             {"uuid", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"},
                                             {"guid", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"},
                                             {"email", "user@example.com"},
                                             {"idn-email", "user@example.com"},
                                             {"uri", "https://example.com/"},
                                             {"url", "https://example.com/"},
                                             {"iri", "https://example.com/"},
                                             {"uri-reference", "/path"},
                                             {"iri-reference", "/path"},
                                             {"uri-template", "/path/{id}"},
                                             {"json-pointer", "/a/0"},
                                             {"relative-json-pointer", "0"},
                                             {"regex", "a+"},
                                             {"hostname", "example.com"},
                                             {"idn-hostname", "example.com"},
                                             {"ipv4", "192.0.2.1"},
                                             {"ip", "192.0.2.1"},
                                             {"ipv6", "2001:db8::1"},
                                             {"byte", "Y29sZHN3YXJt"},
                                             {"binary", "data"}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(format, formats[i][0]) == 0)
            return formats[i][1];
    return NULL;
}

static void make_secret(struct maker *m, const char *name) {
    struct draft *d = m->o->d;
    buf_char(m->out, '"');
    draft_add_variable(
        d, m->out,
        draft_variable(d, name[0] != '\0' ? name : "PASSWORD", "\"%.80s\" in a body", name));
    buf_char(m->out, '"');
}

static void make_string(struct maker *m, const struct json *s, const char *name) {
    const struct json *f = look(m, s, "format"), *p = look(m, s, "pattern");
    const char *format = f != NULL && f->kind == JSON_STRING ? f->text : "";
    const char *pattern = p != NULL && p->kind == JSON_STRING ? p->text : NULL,
               *text = of_format(format);
    if (strcmp(format, "password") == 0 ||
        (pattern == NULL && text == NULL && draft_is_secret_name(name, strlen(name)))) {
        make_secret(m, name);
        return;
    }
    double low = number(m, s, "minLength", 0), high = number(m, s, "maxLength", STRING_MAX);
    size_t least = low > STRING_MAX ? STRING_MAX : low > 0 ? (size_t)low : 0;
    size_t most = high >= 0 && high < STRING_MAX ? (size_t)high : STRING_MAX;
    struct buf b;
    if (strcmp(openapi_type(m->o, s, m->notes), "file") == 0)
        text = of_format("binary"); /* version 2 */
    buf_init(&b, OPENAPI_VALUE_MAX);
    if (pattern == NULL || !sample_pattern(pattern, least, most, &b)) {
        buf_str(&b, text == NULL ? "string" : text);
        if (m->variant > 0 && text == NULL)
            buf_printf(&b, "%zu", m->variant + 1);
        if (pattern != NULL)
            draft_note(m->o->d, m->notes,
                       "assumed: \"%.60s\" as %.60s, which may not match its pattern %.80s",
                       buf_text(&b), name, pattern);
        for (size_t i = b.len; i < least; i++)
            buf_char(&b, 'x');
        b.len = b.len > most ? most : b.len;
    }
    if (draft_is_secret_name(name, strlen(name)))
        draft_made(m->o->d, buf_text(&b), b.len);
    buf_char(m->out, '"');
    json_escape(m->out, buf_text(&b), b.len);
    buf_char(m->out, '"');
    buf_done(&b);
}

static bool has_word(const struct json *list, const char *word) {
    for (const struct json *v = list != NULL && list->kind == JSON_ARRAY ? list->first : NULL;
         v != NULL; v = v->next)
        if (v->kind == JSON_STRING && strcmp(v->text, word) == 0)
            return true;
    return false;
}

static bool is_in_progress(const struct maker *m, const struct json *s) {
    for (int i = 0; i < m->path.depth; i++)
        if (m->path.schema[i] == s)
            return true;
    return false;
}

/* An object that is being written. */
struct members {
    const struct json *seen[PROPERTIES_MAX];
    size_t count;
    const struct json *without; /* names that the chosen alternative excludes, see excluded() */
};

static bool was_written(const struct members *x, const char *key) {
    for (size_t i = 0; i < x->count; i++)
        if (strcmp(x->seen[i]->key, key) == 0)
            return true;
    return false;
}

/* oneOf of alternatives that only require members: whether another one than the first requires
 * this member, so that it may not be there. */
static bool excluded(struct maker *m, const struct json *s, const char *key) {
    const struct json *list = json_get_array(s, "oneOf");
    const struct json *first = list == NULL ? NULL : list->first;
    if (first == NULL || has_word(json_get(first, "required"), key))
        return false;
    for (const struct json *v = first; v != NULL; v = v->next)
        if (json_get(v, "required") == NULL || json_get(v, "$ref") != NULL ||
            look(m, v, "properties") != NULL)
            return false;
    for (const struct json *v = first->next; v != NULL; v = v->next)
        if (has_word(json_get(v, "required"), key))
            return true;
    return false;
}

static void property(struct maker *m, const struct json *s, const struct json *v,
                     struct members *x) {
    const struct json *p = openapi_resolve(m->o, v, m->notes);
    if (p == NULL || openapi_is_true(p, "readOnly") || openapi_is_true(v, "readOnly") ||
        x->count == PROPERTIES_MAX || was_written(x, v->key) ||
        (x->without != NULL && excluded(m, x->without, v->key)))
        return;
    bool deep = is_in_progress(m, p) || m->path.depth >= DEPTH_MAX;
    if (deep && !has_word(json_get(s, "required"), v->key))
        return;
    if (x->count > 0)
        buf_char(m->out, ',');
    x->seen[x->count++] = v;
    buf_char(m->out, '"');
    openapi_copy_text(v->key, v->key_len, m->out);
    buf_str(m->out, "\":");
    make(m, v, v->key);
}

/* The properties of one schema and of all that it is made of. */
static void properties(struct maker *m, const struct json *s, struct members *x, int depth) {
    const struct json *all = json_get_array(s, "allOf"), *list = json_get(s, "properties");
    if (depth > DEPTH_MAX || ++m->o->looks > LOOKS_MAX)
        return;
    const struct json *outside = x->without;
    x->without = json_get(s, "oneOf") != NULL ? s : outside;
    for (const struct json *v = all == NULL ? NULL : all->first; v != NULL; v = v->next) {
        const struct json *part = openapi_resolve(m->o, v, m->notes);
        if (part != NULL && part != s)
            properties(m, part, x, depth + 1);
    }
    const struct json *chosen = openapi_alternative(m->o, s, m->notes);
    if (chosen != NULL && chosen != s)
        properties(m, chosen, x, depth + 1);
    for (const struct json *v = list != NULL && list->kind == JSON_OBJECT ? list->first : NULL;
         v != NULL; v = v->next)
        property(m, s, v, x);
    x->without = outside;
}

static void make_object(struct maker *m, const struct json *s) {
    struct members x = {.count = 0};
    const struct json *more = look(m, s, "additionalProperties");
    buf_char(m->out, '{');
    properties(m, s, &x, 0);
    if (x.count == 0 && number(m, s, "minProperties", 0) >= 1) {
        buf_str(m->out, "\"key\":");
        if (more != NULL && more->kind == JSON_OBJECT)
            make(m, more, "key");
        else
            buf_str(m->out, "\"string\"");
    }
    buf_char(m->out, '}');
}

static void make_array(struct maker *m, const struct json *s, const char *name) {
    double least = number(m, s, "minItems", 1), most = number(m, s, "maxItems", ITEMS_MAX);
    size_t n = least > ITEMS_MAX ? ITEMS_MAX : least < 1 ? 1 : (size_t)least;
    const struct json *items = look(m, s, "items"), *p = openapi_resolve(m->o, items, m->notes);
    const struct json *unique = look(m, s, "uniqueItems"), *each = look(m, s, "prefixItems");
    bool differ = unique != NULL && unique->kind == JSON_BOOL && unique->boolean;
    size_t outside = m->variant;
    if (most < 1 || (p != NULL && (is_in_progress(m, p) || m->path.depth >= DEPTH_MAX)))
        n = 0;
    each = each != NULL && each->kind == JSON_ARRAY ? each->first : NULL;
    if (p == NULL && each == NULL)
        n = least >= 1 && json_get(s, "minItems") != NULL ? n : 0;
    buf_char(m->out, '[');
    for (size_t i = 0; i < n || (each != NULL && i < ITEMS_MAX && n > 0); i++) {
        if (i > 0)
            buf_char(m->out, ',');
        m->variant = differ ? i : outside;
        if (each != NULL || p != NULL)
            make(m, each != NULL ? each : items, name);
        else
            buf_str(m->out, "\"string\"");
        each = each == NULL ? NULL : each->next;
    }
    m->variant = outside;
    buf_char(m->out, ']');
}

/* The element of an enum that this variant takes: not null, if there is another. */
static const struct json *chosen_value(const struct maker *m, const struct json *list) {
    const struct json *found = list->first;
    size_t left = m->variant;
    for (const struct json *v = list->first; v != NULL; v = v->next) {
        if (v->kind == JSON_NULL)
            continue;
        found = v;
        if (left-- == 0)
            break;
    }
    return found;
}

static void make_by_type(struct maker *m, const struct json *s, const char *type,
                         const char *name) {
    if (strcmp(type, "object") == 0)
        make_object(m, s);
    else if (strcmp(type, "array") == 0)
        make_array(m, s, name);
    else if (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0)
        make_number(m, s, type[0] == 'i');
    else if (strcmp(type, "boolean") == 0)
        buf_str(m->out, "true");
    else if (strcmp(type, "null") == 0)
        buf_str(m->out, "null");
    else
        make_string(m, s, name);
}

/* `schema` may be a reference to s, with an example next to it (3.1). */
static void make_known(struct maker *m, const struct json *schema, const struct json *s,
                       const char *name) {
    const struct json *beside = schema != s ? json_get(schema, "example") : NULL;
    const char *type = openapi_type(m->o, s, m->notes);
    bool object = strcmp(type, "object") == 0;
    if (beside != NULL && put_example(m, beside, s, m->path.depth))
        return;
    if (m->variant == 0 && put_given(m, s, object))
        return;
    *m->made = true;
    const struct json *values = look(m, s, "enum");
    if (!object && values != NULL && values->kind == JSON_ARRAY && values->first != NULL)
        openapi_copy(chosen_value(m, values), m->out);
    else
        make_by_type(m, s, type, name);
}

static void make(struct maker *m, const struct json *schema, const char *name) {
    const struct json *s = openapi_resolve(m->o, schema, m->notes);
    if (s == NULL || s->kind != JSON_OBJECT || m->path.depth > DEPTH_MAX ||
        ++m->o->values > VALUES_MAX || is_in_progress(m, s)) {
        if (m->o->values > VALUES_MAX)
            draft_note(m->o->d, m->notes, "left out: everything after %d values of this schema",
                       VALUES_MAX);
        buf_str(m->out, s != NULL && s->kind == JSON_BOOL ? "\"string\"" : "null");
        *m->made = true;
        return;
    }
    m->path.schema[m->path.depth++] = s;
    make_known(m, schema, s, name);
    m->path.depth--;
}

void openapi_example(struct openapi *o, const struct json *schema, const char *name,
                     struct draft_notes *notes, struct buf *out, bool *made) {
    struct maker m = {.o = o, .notes = notes, .out = out, .made = made};
    o->values = o->looks = 0;
    make(&m, schema, name);
}
