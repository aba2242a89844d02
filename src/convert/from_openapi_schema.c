/* Examples made from schemas (OpenAPI 3.0, and JSON Schema 2020-12 as in 3.1). */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "convert/from_openapi.h"

#define REFS_MAX 32
#define DEPTH_MAX 12
#define VALUES_MAX 5000
#define STRING_MAX 1000
#define ITEMS_MAX 20

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
};

/* One step of a JSON Pointer, its escapes decoded, in an object or array. */
static const struct json *child(const struct json *v, const char *word, size_t n) {
    char key[512];
    size_t len = 0;
    for (size_t i = 0; i < n && len < sizeof key - 1; i++) {
        char c = word[i];
        if (c == '~' && i + 1 < n)
            c = word[++i] == '1' ? '/' : '~';
        else if (c == '%' && i + 2 < n && strncmp(word + i, "%7B", 3) == 0)
            c = '{', i += 2;
        else if (c == '%' && i + 2 < n && strncmp(word + i, "%7D", 3) == 0)
            c = '}', i += 2;
        key[len++] = c;
    }
    key[len] = '\0';
    if (v->kind != JSON_ARRAY)
        return json_get(v, key);
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        if (key[i] < '0' || key[i] > '9' || at > 1000000)
            return NULL;
        at = at * 10 + (size_t)(key[i] - '0');
    }
    const struct json *m = v->first;
    while (m != NULL && at-- > 0)
        m = m->next;
    return m;
}

const struct json *openapi_resolve(struct openapi *o, const struct json *v,
                                   struct draft_notes *notes) {
    for (int i = 0; v != NULL; i++) {
        const struct json *ref = json_get(v, "$ref");
        if (ref == NULL || ref->kind != JSON_STRING)
            return v;
        if (i == REFS_MAX) {
            draft_note(o->d, notes, "left out: %.100s, which refers to itself", ref->text);
            return NULL;
        }
        if (strncmp(ref->text, "#/", 2) != 0) {
            draft_note(o->d, notes, "left out: %.100s, which is not in this document", ref->text);
            return NULL;
        }
        v = o->root;
        for (const char *p = ref->text + 2; v != NULL;) {
            size_t n = strcspn(p, "/");
            v = child(v, p, n);
            if (p[n] == '\0')
                break;
            p += n + 1;
        }
        if (v == NULL)
            draft_note(o->d, notes, "left out: %.100s, which refers to nothing", ref->text);
    }
    return NULL;
}

static int clean_string(void *context, const struct json_text *t, struct buf *out) {
    struct buf b;
    (void)context;
    buf_init(&b, DRAFT_BYTES_MAX);
    draft_clean(&b, t->text, t->len);
    json_escape(out, buf_text(&b), b.len);
    buf_done(&b);
    return 0;
}

void openapi_copy(const struct json *v, struct buf *out) {
    json_copy(v, clean_string, NULL, out);
}

/* The example that the schema has itself. */
static const struct json *given(const struct json *s) {
    const struct json *list = json_get(s, "examples"), *v = json_get(s, "example");
    if (v == NULL && list != NULL && list->kind == JSON_ARRAY)
        v = list->first;
    if (v == NULL)
        v = json_get(s, "default");
    if (v == NULL)
        v = json_get(s, "const");
    return v;
}

static double number(const struct json *s, const char *key, double otherwise) {
    const struct json *v = json_get(s, key);
    double x;
    return v != NULL && v->kind == JSON_NUMBER && json_double(v, &x) ? x : otherwise;
}

/* A number inside the bounds; exclusive ones are numbers in 3.1 and booleans in 3.0. */
static void make_number(struct maker *m, const struct json *s, bool integer) {
    double low = number(s, "minimum", -HUGE_VAL), high = number(s, "maximum", HUGE_VAL);
    double above = number(s, "exclusiveMinimum", -HUGE_VAL),
           below = number(s, "exclusiveMaximum", HUGE_VAL);
    double step = number(s, "multipleOf", integer ? 1 : 0), value = integer ? 1 : 1.5;
    const struct json *x = json_get(s, "exclusiveMinimum"), *y = json_get(s, "exclusiveMaximum");
    if (x != NULL && x->kind == JSON_BOOL && x->boolean)
        above = low;
    if (y != NULL && y->kind == JSON_BOOL && y->boolean)
        below = high;
    double unit = step > 0 ? step : integer ? 1 : 0.5;
    if (value < low)
        value = low;
    if (value <= above)
        value = above + unit;
    if (value > high)
        value = high;
    if (value >= below)
        value = below - unit;
    if (step > 0 && isfinite(value))
        value = ceil(value / step - 1e-9) * step;
    if (!isfinite(value))
        value = 1;
    if (integer && fabs(value) < 9e15)
        buf_printf(m->out, "%.0f", ceil(value - 1e-9));
    else
        buf_printf(m->out, "%.10g", value);
}

static void make_string(struct maker *m, const struct json *s, const char *name) {
    static const char *const formats[][2] = {
        {"date", "2024-01-31"},          {"date-time", "2024-01-31T12:00:00Z"},
        {"time", "12:00:00Z"},           {"uuid", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"},
        {"email", "user@example.com"},   {"uri", "https://example.com/"},
        {"url", "https://example.com/"}, {"hostname", "example.com"},
        {"ipv4", "192.0.2.1"},           {"ipv6", "2001:db8::1"},
        {"byte", "Y29sZHN3YXJt"},        {"binary", "data"}};
    const char *format = json_get_string(s, "format"), *text = "string";
    if (strcmp(format, "password") == 0 || draft_is_secret_name(name, strlen(name))) {
        struct draft *d = m->o->d;
        buf_char(m->out, '"');
        draft_add_variable(
            d, m->out,
            draft_variable(d, name[0] != '\0' ? name : "PASSWORD", "\"%.80s\" in a body", name));
        buf_char(m->out, '"');
        return;
    }
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(format, formats[i][0]) == 0)
            text = formats[i][1];
    double low = number(s, "minLength", 0), high = number(s, "maxLength", STRING_MAX);
    size_t len = strlen(text), least = low > STRING_MAX ? STRING_MAX : low > 0 ? (size_t)low : 0;
    if (high >= 0 && high < (double)len)
        len = (size_t)high;
    if (json_get(s, "pattern") != NULL)
        draft_note(m->o->d, m->notes,
                   "assumed: \"%.60s\" as %.60s, which may not match its pattern %.80s", text, name,
                   json_get_string(s, "pattern"));
    buf_char(m->out, '"');
    buf_add(m->out, text, len);
    for (; len < least; len++)
        buf_char(m->out, 'x');
    buf_char(m->out, '"');
}

static void make(struct maker *m, const struct json *schema, const char *name);

static bool is_required(const struct json *s, const char *name) {
    const struct json *list = json_get(s, "required");
    for (const struct json *v = list != NULL && list->kind == JSON_ARRAY ? list->first : NULL;
         v != NULL; v = v->next)
        if (v->kind == JSON_STRING && strcmp(v->text, name) == 0)
            return true;
    return false;
}

static bool is_under_way(const struct maker *m, const struct json *s) {
    for (int i = 0; i < m->path.depth; i++)
        if (m->path.schema[i] == s)
            return true;
    return false;
}

static bool is_true(const struct json *v, const char *key) {
    const struct json *m = json_get(v, key);
    return m != NULL && m->kind == JSON_BOOL && m->boolean;
}

static bool was_written(const struct json *const *seen, size_t n, const char *key) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(seen[i]->key, key) == 0)
            return true;
    return false;
}

/* The properties of one schema and of all that it is made of (allOf). */
static void properties(struct maker *m, const struct json *s, const struct json **seen, size_t *n,
                       size_t most, int depth) {
    const struct json *all = json_get(s, "allOf"), *list = json_get(s, "properties");
    for (const struct json *v =
             all != NULL && all->kind == JSON_ARRAY && depth < DEPTH_MAX ? all->first : NULL;
         v != NULL; v = v->next) {
        const struct json *part = openapi_resolve(m->o, v, m->notes);
        if (part != NULL && part != s)
            properties(m, part, seen, n, most, depth + 1);
    }
    for (const struct json *v = list != NULL && list->kind == JSON_OBJECT ? list->first : NULL;
         v != NULL; v = v->next) {
        const struct json *p = openapi_resolve(m->o, v, m->notes);
        if (p == NULL || is_true(p, "readOnly") || *n == most || was_written(seen, *n, v->key))
            continue;
        bool deep = is_under_way(m, p) || m->path.depth >= DEPTH_MAX;
        if (deep && !is_required(s, v->key))
            continue;
        if (*n > 0)
            buf_char(m->out, ',');
        seen[(*n)++] = v;
        buf_char(m->out, '"');
        clean_string(NULL, &(struct json_text){.text = v->key, .len = v->key_len}, m->out);
        buf_str(m->out, "\":");
        make(m, v, v->key);
    }
}

static void make_object(struct maker *m, const struct json *s) {
    const struct json *seen[200];
    size_t n = 0;
    buf_char(m->out, '{');
    properties(m, s, seen, &n, sizeof seen / sizeof *seen, 0);
    buf_char(m->out, '}');
}

static void make_array(struct maker *m, const struct json *s, const char *name) {
    double least = number(s, "minItems", 1), most = number(s, "maxItems", ITEMS_MAX);
    size_t n = least > ITEMS_MAX ? ITEMS_MAX : least < 1 ? 1 : (size_t)least;
    const struct json *items = json_get(s, "items"), *p = openapi_resolve(m->o, items, m->notes);
    if (most < 1 || p == NULL || is_under_way(m, p) || m->path.depth >= DEPTH_MAX)
        n = 0;
    buf_char(m->out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_char(m->out, ',');
        make(m, items, name);
    }
    buf_char(m->out, ']');
}

/* "string", of a schema whose type may be a list, or only follow from what else it says. */
static const char *type_of(const struct json *s) {
    const struct json *type = json_get(s, "type");
    if (type != NULL && type->kind == JSON_ARRAY) {
        for (const struct json *v = type->first; v != NULL; v = v->next)
            if (v->kind == JSON_STRING && strcmp(v->text, "null") != 0)
                return v->text;
        return "null";
    }
    if (type != NULL && type->kind == JSON_STRING)
        return type->text;
    if (json_get(s, "properties") != NULL || json_get(s, "allOf") != NULL)
        return "object";
    return json_get(s, "items") != NULL     ? "array"
           : json_get(s, "minimum") != NULL ? "number"
                                            : "string";
}

/* allOf of one schema that is no object is that schema. */
static const struct json *choice(const struct json *s) {
    static const char *const keys[] = {"oneOf", "anyOf", "allOf"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct json *list = json_get(s, keys[i]);
        bool one = list != NULL && list->kind == JSON_ARRAY && list->count > 0;
        if (one && (i < 2 || (list->count == 1 && json_get(s, "properties") == NULL)))
            return list->first;
    }
    return NULL;
}

static void make_by_type(struct maker *m, const struct json *s, const char *name) {
    const char *type = type_of(s);
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

static void make(struct maker *m, const struct json *schema, const char *name) {
    const struct json *s = openapi_resolve(m->o, schema, m->notes);
    if (s == NULL || s->kind != JSON_OBJECT || m->path.depth > DEPTH_MAX ||
        ++m->o->values > VALUES_MAX || is_under_way(m, s)) {
        if (m->o->values > VALUES_MAX)
            draft_note(m->o->d, m->notes, "left out: everything after %d values of this schema",
                       VALUES_MAX);
        buf_str(m->out, "null");
        *m->made = true;
        return;
    }
    const struct json *example = given(s), *values = json_get(s, "enum"), *chosen = choice(s);
    if (example != NULL) {
        openapi_copy(example, m->out);
        return;
    }
    *m->made = true;
    if (values != NULL && values->kind == JSON_ARRAY && values->first != NULL) {
        openapi_copy(values->first, m->out);
        return;
    }
    m->path.schema[m->path.depth++] = s;
    if (chosen != NULL)
        make(m, chosen, name);
    else
        make_by_type(m, s, name);
    m->path.depth--;
}

void openapi_example(struct openapi *o, const struct json *schema, const char *name,
                     struct draft_notes *notes, struct buf *out, bool *made) {
    struct maker m = {.o = o, .notes = notes, .out = out, .made = made};
    o->values = 0;
    make(&m, schema, name);
}
